package sluice.testkit.differential;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Event;
import sluice.Interest;
import sluice.Listener;
import sluice.Pollable;
import sluice.StreamSocket;
import sluice.UdpSocket;

/// Runs scripts on one backend. `select_control.py` does the same with CPython's `select`.
///
/// Only `select`, `row`, `read`, `receive` and `takeurgent` give answers. `await` waits until
/// `select` shows an effect; when it does not in time, the script has failed.
final class Interpreter implements AutoCloseable {
  static final int NOBODY = 1; // no server is at this port

  private static final Map<String, String> PATHS =
      Map.of(
          "file", "/proc/self/exe",
          "directory", "/",
          "null", "/dev/null",
          "random", "/dev/urandom",
          "sysfs", "/sys/kernel/uevent_seqnum");

  private final Backend backend;
  private final Asker asker;
  private final Path folder;
  private final Listener tcp;
  private final Listener unix;
  private int listeners;

  // Of the script that is being run.
  private final Map<String, Pollable> sources = new HashMap<>();
  private final Map<String, Integer> filled = new HashMap<>();
  private final List<String> answers = new ArrayList<>();
  private @Nullable Process child;

  Interpreter(Backend backend) throws IOException, InterruptedException {
    this.backend = backend;
    asker = new Asker(backend);
    folder = Files.createTempDirectory("sluice-differential-");
    tcp = backend.listen(localhost(0), 128);
    unix = backend.listen(UnixDomainSocketAddress.of(folder.resolve("unix")), 128);
    new ProcessBuilder("mkfifo", fifo().toString()).start().waitFor();
  }

  private static InetSocketAddress localhost(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private Path fifo() {
    return folder.resolve("fifo");
  }

  @Override
  public void close() throws IOException {
    tcp.close();
    unix.close();
    Files.delete(fifo());
    Files.delete(folder);
  }

  Asker asker() {
    return asker;
  }

  /// Runs one and returns its answers.
  String run(Script script, Duration limit) throws InterruptedException {
    asker.limit(limit);
    try {
      for (String step : script.steps()) {
        try {
          run(step.split(" "));
        } catch (IOException | RuntimeException e) {
          answers.add("failed: " + step + ": " + e);
          break;
        }
      }
      return String.join("; ", answers);
    } finally {
      for (Pollable source : sources.values()) {
        discard(source);
      }
      sources.clear();
      filled.clear();
      answers.clear();
      if (child != null) {
        child.destroyForcibly().waitFor();
        child = null;
      }
    }
  }

  private static void discard(Pollable source) {
    if (source instanceof StreamSocket socket) {
      socket.abort(); // leaves no port in TIME_WAIT
    } else {
      source.close();
    }
  }

  private void run(String[] words) throws IOException, InterruptedException {
    String name = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "tcp" -> pair(tcp, name, words[2]);
      case "unix" -> pair(unix, name, words[2]);
      case "listen" -> sources.put(name, backend.listen(address(words[2]), 128));
      case "connect" -> sources.put(name, backend.connect(listener(words[2]).localAddress()));
      case "finish" -> finish(stream(name));
      case "accept" -> accept(listener(name), words[2]);
      case "refused" -> sources.put(name, backend.connect(localhost(NOBODY)));
      case "udp" -> udp(name, words[2]);
      case "unheard" -> unheard(name);
      case "send" -> send((UdpSocket) source(name), Integer.parseInt(words[2]));
      case "receive" -> {
        asker.await("r", source(name));
        answers.add(String.valueOf(((UdpSocket) source(name)).receive(ByteBuffer.allocate(100))));
      }
      case "write" -> write(source(name), Integer.parseInt(words[2]));
      case "read" -> {
        read(source(name), Integer.parseInt(words[2]));
        answers.add(words[2]);
      }
      case "fill" -> filled.put(name, fill(source(name)));
      case "drain" -> read(source(name), Objects.requireNonNull(filled.get(words[2])));
      case "urgent" -> stream(name).sendUrgent((byte) '!');
      case "takeurgent" -> answers.add(String.valueOf(stream(name).receiveUrgent()));
      case "end" -> stream(name).shutdownOutput();
      case "reset" -> stream(name).abort();
      case "close" -> source(name).close();
      case "await" -> asker.await(words[1], source(words[2]));
      case "select" ->
          answers.add(asker.select(words[1], all(words[2]), all(words[3]), all(words[4])));
      case "row" -> answers.add(asker.select("0", all(name), all(name), all(name)));
      case "sendempty" -> send((UdpSocket) source(name), 0);
      default -> runOnDescriptors(words, name);
    }
  }

  private void runOnDescriptors(String[] words, String name) throws IOException {
    Kernel kernel = new Kernel(backend.descriptors());
    switch (words[0]) {
      case "pipe" -> {
        var pipe = backend.descriptors().openPipe();
        sources.put(name, pipe.source());
        sources.put(words[2], pipe.sink());
      }
      case "fifo" -> {
        sources.put(name, backend.descriptors().open(fifo(), Interest.READ));
        sources.put(words[2], backend.descriptors().open(fifo(), Interest.WRITE));
      }
      case "open" -> {
        Path path = Path.of(Objects.requireNonNull(PATHS.get(words[2])));
        sources.put(name, backend.descriptors().open(path, Interest.READ));
      }
      case "event" -> {
        Event event = backend.descriptors().openEvent();
        sources.put(name, event);
        if (words[2].equals("max")) { // 2^64 - 2
          event.add(Long.MAX_VALUE);
          event.add(Long.MAX_VALUE);
        }
      }
      case "process" -> {
        child = new ProcessBuilder("cat").start();
        sources.put(name, backend.descriptors().openProcess(child.toHandle()));
      }
      case "endprocess" -> Objects.requireNonNull(child).outputWriter().close();
      case "borrow" ->
          sources.put(name, backend.descriptors().borrow(Kernel.number(source(words[2]))));
      case "socket" -> sources.put(name, kernel.socket());
      case "pty" -> {
        Descriptor[] ends = kernel.terminal();
        sources.put(name, ends[0]);
        sources.put(words[2], ends[1]);
      }
      case "inline" -> Kernel.receiveUrgentInline(source(name));
      case "shutread" -> Kernel.shutdownInput(source(name));
      default -> throw new IllegalArgumentException("no such step");
    }
  }

  private Pollable source(String name) {
    Pollable source = sources.get(name);
    if (source == null) {
      throw new IllegalArgumentException("nothing is called " + name);
    }
    return source;
  }

  private StreamSocket stream(String name) {
    return (StreamSocket) source(name);
  }

  private Listener listener(String name) {
    return (Listener) source(name);
  }

  private List<Pollable> all(String names) {
    return names.equals("-")
        ? List.of()
        : List.of(names.split(",")).stream().map(this::source).toList();
  }

  private SocketAddress address(String family) {
    return family.equals("tcp")
        ? localhost(0)
        : UnixDomainSocketAddress.of(folder.resolve(String.valueOf(++listeners)));
  }

  private void pair(Listener listener, String client, String server) throws IOException {
    StreamSocket connecting = backend.connect(listener.localAddress());
    sources.put(client, connecting);
    asker.await("w", connecting);
    finish(connecting);
    accept(listener, server);
  }

  private static void finish(StreamSocket socket) throws IOException {
    if (!socket.finishConnect()) {
      throw new IOException("not connected");
    }
  }

  private void accept(Listener listener, String name) throws IOException {
    asker.await("r", listener);
    sources.put(name, Objects.requireNonNull(listener.accept()));
  }

  private UdpSocket udp(String name) throws IOException {
    UdpSocket socket = backend.bindUdp(localhost(0));
    sources.put(name, socket);
    return socket;
  }

  private void udp(String a, String b) throws IOException {
    UdpSocket one = udp(a);
    UdpSocket other = udp(b);
    one.connect(other.localAddress());
    other.connect(one.localAddress());
  }

  private void unheard(String name) throws IOException {
    UdpSocket socket = udp(name);
    socket.connect(localhost(NOBODY));
    send(socket, 1);
  }

  private static void send(UdpSocket socket, int count) throws IOException {
    if (!socket.send(ByteBuffer.allocate(count))) {
      throw new IOException("no room");
    }
  }

  private static int write(Pollable source, ByteBuffer data) throws IOException {
    return source instanceof StreamSocket socket
        ? socket.write(data)
        : ((Descriptor) source).write(data);
  }

  private static void write(Pollable source, int count) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(count);
    while (data.hasRemaining()) {
      if (write(source, data) == 0) {
        throw new IOException("no room");
      }
    }
  }

  private void read(Pollable source, int count) throws IOException {
    int left = count;
    while (left > 0) {
      asker.await("r", source);
      ByteBuffer data = ByteBuffer.allocate(Math.min(left, 65_536));
      int got =
          source instanceof StreamSocket socket
              ? socket.read(data)
              : ((Descriptor) source).read(data);
      if (got <= 0) {
        throw new IOException(left + " bytes are missing: " + got);
      }
      left -= got;
    }
  }

  /// What the peer's system takes makes room, a little later.
  private static int fill(Pollable source) throws IOException, InterruptedException {
    ByteBuffer block = ByteBuffer.allocateDirect(65_536);
    int total = 0;
    for (int quiet = 0; quiet < 3; quiet++) {
      while (write(source, block) > 0) {
        quiet = 0;
        total += block.position();
        block.clear();
      }
      if (source instanceof StreamSocket socket
          && socket.localAddress() instanceof InetSocketAddress) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
    }
    return total;
  }
}
