package sluice.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `./sluice connect` as a process, between pipes, files and sockets.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectIT {
  private static final int MEBIBYTE = 1 << 20;

  /// What the buffers of two sockets, a pipe and the program may hold together.
  private static final int BUFFERED_BYTES_MAX = 24 * MEBIBYTE;

  /// Far more than that.
  private static final int MANY_BYTES = 64 * MEBIBYTE;

  @TempDir Path folder;

  private static ServerSocket listen() throws IOException {
    ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    server.setSoTimeout(60_000);
    return server;
  }

  private static String address(ServerSocket server) {
    return "127.0.0.1:" + server.getLocalPort();
  }

  private static void send(Socket peer, String text) throws IOException {
    peer.getOutputStream().write(text.getBytes(UTF_8));
  }

  /// Reads exactly as many bytes as `text` has.
  private static void expect(InputStream in, String text) throws IOException {
    assertThat(new String(in.readNBytes(text.getBytes(UTF_8).length), UTF_8)).isEqualTo(text);
  }

  private static void expectCleanEnd(Program program) throws InterruptedException {
    assertThat(program.exitCode()).isZero();
    assertThat(program.remainingLines()).isEmpty();
  }

  @Test
  void endOfInputIsPassedOnAndTheAnswersAreWaitedFor() throws Exception {
    try (ServerSocket server = listen();
        Program program = Program.startPiped("connect", address(server));
        Socket peer = server.accept()) {
      program.standardInput().write("question".getBytes(UTF_8));
      program.standardInput().flush();
      expect(peer.getInputStream(), "question");
      send(peer, "not yet");
      expect(program.standardOutputBytes(), "not yet");
      program.standardInput().close();
      assertThat(peer.getInputStream().read()).isEqualTo(-1);
      send(peer, "\u001b answer");
      peer.shutdownOutput();
      assertThat(program.standardOutputBytes().readAllBytes()).isEqualTo(bytes("\u001b answer"));
      expectCleanEnd(program);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void peerThatEndsFirstEndsItAlthoughInputGoesOn() throws Exception {
    byte[] random = new byte[4 * MEBIBYTE];
    new Random(1).nextBytes(random);
    try (ServerSocket server = listen();
        Program program = Program.startPiped("connect", address(server));
        Socket peer = server.accept()) {
      Thread.ofVirtual()
          .start(() -> {
            try (peer) {
              peer.getOutputStream().write(random);
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(program.standardOutputBytes().readAllBytes()).isEqualTo(random);
      expectCleanEnd(program);
    }
  }

  /// What was taken from the input before the peer's end is sent, if it still reads: as much as the
  /// position of the file says, which the shell shares.
  @RepeatedTest(3) // whether anything waits at that moment is chance
  void peerThatOnlyEndsItsOutputGetsWhatWasTaken() throws Exception {
    Path in = randomFile(16 * MEBIBYTE);
    try (ServerSocket server = listen();
        Program program =
            Program.runPiped(
                Program.within("\"$@\"; grep pos: /proc/self/fdinfo/0", "connect", address(server))
                    .redirectInput(in.toFile()));
        Socket peer = server.accept()) {
      int received = peer.getInputStream().readNBytes(Conversation.BUFFER_BYTES).length;
      peer.shutdownOutput();
      received += peer.getInputStream().readAllBytes().length;
      assertThat(program.standardOutput().readLine()).matches("pos:\\s+" + received);
    }
  }

  private Path randomFile(int size) throws IOException {
    byte[] random = new byte[size];
    new Random(2).nextBytes(random);
    return Files.write(folder.resolve("in"), random);
  }

  private static Program serve(String address) throws IOException {
    return Program.start("serve", "echo", "--listen", address);
  }

  @Test
  void fileGoesThroughEchoByteForByte() throws Exception {
    Path in = randomFile(MEBIBYTE);
    Path out = folder.resolve("out");
    try (Program server = serve("127.0.0.1:0");
        Program program =
            Program.runPiped(
                Program.sluice("connect", "localhost:" + server.port())
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile()))) {
      expectCleanEnd(program);
      assertThat(Files.mismatch(in, out)).isEqualTo(-1);
    }
  }

  @Test
  void unixSocketGoesThroughEcho() throws Exception {
    String address = "unix:" + folder.resolve("socket");
    Path in = randomFile(MEBIBYTE);
    try (Program server = serve(address)) {
      assertThat(server.line()).contains("server.ready").contains(address);
      try (Program program =
          Program.runPiped(Program.sluice("connect", address).redirectInput(in.toFile()))) {
        assertThat(program.standardOutputBytes().readAllBytes()).isEqualTo(Files.readAllBytes(in));
        expectCleanEnd(program);
      }
    }
  }

  @Test
  void clientsOfAChatHearEachOther() throws Exception {
    try (Program server = Program.start("serve", "chat", "--listen", "127.0.0.1:0")) {
      String address = "127.0.0.1:" + server.port();
      try (Program one = Program.start("connect", address);
          Program two = Program.start("connect", address)) {
        do { // what is said before the other one is connected reaches nobody
          say(one, "안녕, 둘");
        } while (two.lineWithin(Duration.ofMillis(50)) == null);
        say(two, "안녕, 하나");
        assertThat(one.line()).isEqualTo("안녕, 하나");
        server.signal("TERM");
        assertThat(one.exitCode()).isZero();
        assertThat(two.exitCode()).isZero();
        assertThat(two.remainingLines()).allMatch("안녕, 둘"::equals);
      }
    }
  }

  private static void say(Program program, String line) throws IOException {
    program.standardInput().write(bytes(line + "\n"));
    program.standardInput().flush();
  }

  /// The peer sends until nothing moves any more; then everything is read.
  @Test
  void slowReaderSlowsDownThePeerAndMissesNothing() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open();
        Selector selector = Selector.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (Program program = Program.startPiped("connect", address(server.socket()));
          SocketChannel peer = server.accept()) {
        peer.configureBlocking(false);
        peer.register(selector, SelectionKey.OP_WRITE);
        Numbers sent = new Numbers();
        while (selector.select(1000) > 0) {
          sent.writeTo(peer);
          selector.selectedKeys().clear();
          assertThat(sent.count).isLessThan(BUFFERED_BYTES_MAX);
        }
        assertThat(sent.count).isGreaterThan(Conversation.BUFFER_BYTES);
        long kibibytesThen = program.peakKibibytes();
        peer.keyFor(selector).cancel();
        selector.selectNow();
        peer.configureBlocking(true);
        Thread.ofVirtual()
            .start(() -> {
              try {
                while (sent.count < MANY_BYTES) {
                  sent.writeTo(peer);
                }
                peer.shutdownOutput();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
        assertThat(readNumbers(program.standardOutputBytes())).isEqualTo(MANY_BYTES);
        expectCleanEnd(program);
        assertThat(kibibytesThen).isLessThan(300_000);
      }
    }
  }

  /// A file is always ready to be read; its position tells how far it was.
  @Test
  void slowPeerSlowsDownTheInputAndMissesNothing() throws Exception {
    Path in = folder.resolve("in");
    try (RandomAccessFile file = new RandomAccessFile(in.toFile(), "rw")) {
      Numbers numbers = new Numbers();
      while (numbers.count < MANY_BYTES) {
        numbers.writeTo(file.getChannel());
      }
    }
    try (ServerSocket server = listen();
        Program program =
            Program.runPiped(
                Program.sluice("connect", address(server)).redirectInput(in.toFile()));
        Socket peer = server.accept()) {
      byte[] block = new byte[MEBIBYTE];
      int received = 0;
      while (received < MANY_BYTES) {
        int count = peer.getInputStream().readNBytes(block, 0, block.length);
        assertThat(count).isEqualTo(block.length);
        Numbers.check(block, count, received);
        received += count;
        long position = Long.parseLong(program.proc("fdinfo/0", "pos"));
        assertThat(position - received).isLessThan(BUFFERED_BYTES_MAX);
      }
      assertThat(peer.getInputStream().read()).isEqualTo(-1);
      peer.shutdownOutput();
      expectCleanEnd(program);
    }
  }

  /// Bytes whose place can be told from them.
  private static final class Numbers {
    private static final int PERIOD = 251;
    private final ByteBuffer block = ByteBuffer.allocate(PERIOD * 256);
    int count;

    void writeTo(WritableByteChannel to) throws IOException {
      block.clear();
      int length = Math.min(block.capacity(), MANY_BYTES - count);
      for (int i = 0; i < length; i++) {
        block.put((byte) ((count + i) % PERIOD));
      }
      int written = to.write(block.flip());
      count += written;
    }

    static void check(byte[] block, int length, int place) {
      for (int i = 0; i < length; i++) {
        if (block[i] != (byte) ((place + i) % PERIOD)) {
          throw new AssertionError("byte " + (place + i) + " differs");
        }
      }
    }
  }

  private static int readNumbers(InputStream in) throws IOException {
    byte[] block = new byte[MEBIBYTE];
    int received = 0;
    for (int count = in.read(block); count >= 0; count = in.read(block)) {
      Numbers.check(block, count, received);
      received += count;
    }
    return received;
  }

  @Test
  void endsQuietlyWhenNobodyReadsItsOutput() throws Exception {
    try (ServerSocket server = listen();
        Program program = Program.startPiped("connect", address(server));
        Socket peer = server.accept()) {
      send(peer, "first\n");
      BufferedReader output = program.standardOutput();
      assertThat(output.readLine()).isEqualTo("first");
      output.close();
      send(peer, "second\n");
      assertThat(program.exitCode()).isEqualTo(ExitCode.BROKEN_PIPE);
      assertThat(program.remainingLines()).isEmpty();
    }
  }

  /// The other holders of the same pipes would find their reads failing.
  @Test
  void sharedPipesKeepTheirMode() throws Exception {
    try (ServerSocket server = listen();
        Program program =
            Program.runPiped(
                Program.within(
                    "\"$@\"; cat /proc/self/fdinfo/0 /proc/self/fdinfo/1",
                    "connect",
                    address(server)));
        Socket peer = server.accept()) {
      program.standardInput().write(bytes("x"));
      program.standardInput().flush();
      expect(peer.getInputStream(), "x");
      send(peer, "y");
      BufferedReader output = program.standardOutput();
      assertThat(output.read()).isEqualTo('y');
      assertBlocks(program.proc("fdinfo/0", "flags"));
      assertBlocks(program.proc("fdinfo/1", "flags"));
      peer.shutdownOutput();
      assertThat(output.lines().filter(l -> l.startsWith("flags:")))
          .hasSize(2)
          .allSatisfy(ConnectIT::assertBlocks);
      assertThat(program.exitCode()).isZero();
    }
  }

  static void assertBlocks(String flags) {
    int nonBlocking = 04000; // O_NONBLOCK
    assertThat(Integer.parseInt(flags.replaceAll("\\D", ""), 8) & nonBlocking).isZero();
  }

  /// The number of a closed stream goes to the next file that is opened, which must not be used.
  @ParameterizedTest
  @CsvSource({"<&-", ">&-", "2>&-", "<&- >&- 2>&-"})
  void closedStandardStreamIsEmpty(String redirections) throws Exception {
    try (ServerSocket server = listen();
        Program program = Program.startRedirected(redirections, "connect", address(server));
        Socket peer = server.accept()) {
      send(peer, "text");
      program.standardInput().close();
      assertThat(peer.getInputStream().readAllBytes()).isEmpty();
      peer.shutdownOutput();
      assertThat(program.exitCode()).isZero();
      assertThat(program.remainingLines())
          .isEqualTo(redirections.matches("(.* )?>&-.*") ? List.of() : List.of("text"));
    }
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void signalEndsIt(String signal, int exitCode) throws Exception {
    try (ServerSocket server = listen();
        Program program = Program.startPiped("connect", address(server));
        Socket peer = server.accept()) {
      send(peer, "x");
      assertThat(program.standardOutputBytes().read()).isEqualTo('x');
      program.signal(signal);
      assertThat(program.exitCode()).isEqualTo(exitCode);
      assertThat(program.remainingLines()).isEmpty();
    }
  }

  /// What came before is printed.
  @Test
  void resetIsOneLineAnd69() throws Exception {
    try (ServerSocket server = listen();
        Program program = Program.startPiped("connect", address(server));
        Socket peer = server.accept()) {
      send(peer, "last words");
      expect(program.standardOutputBytes(), "last words");
      reset(peer);
      assertThat(program.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(program.remainingLines())
          .containsExactly(
              "sluice: the connection to "
                  + address(server)
                  + " failed: connection reset by peer; the log of the server may say why");
    }
  }

  private static void reset(Socket peer) throws SocketException, IOException {
    peer.setSoLinger(true, 0);
    peer.close();
  }
}
