package sluice.examples.show;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// A server in a process of its own, so that what it uses is not mixed with what its clients use.
final class Child implements AutoCloseable {
  static final int TIMEOUT_MILLIS = 20_000;

  /// The whole heap is resident from the start: what comes is other memory.
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms64m",
          "-Xmx64m",
          "-XX:+AlwaysPreTouch",
          "--enable-native-access=ALL-UNNAMED");

  /// For figures of memory: the optimizing compiler takes megabytes whenever it finds something to
  /// do, which would hide what connections cost.
  static final String QUICK_COMPILER_ONLY = "-XX:TieredStopAtLevel=1";

  private static final int WAIT_MILLIS = 10_000;

  private final Process process;
  private final BufferedReader output;
  private final Thread atExit;
  final InetSocketAddress address;

  private Child(String backend, List<String> options, String main, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(OPTIONS);
    command.addAll(options);
    command.addAll(List.of("-cp", classPath(backend), main));
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    atExit = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(atExit);
    output = process.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    if (line == null || !line.startsWith("listening on ")) {
      throw new IOException(main + " says " + line);
    }
    int port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  static Child server(String backend, int loops, String handler, String... options)
      throws IOException {
    return new Child(
        backend,
        List.of(options),
        ServerProcess.class.getName(),
        backend,
        Integer.toString(loops),
        handler);
  }

  static Child proxy(String backend, int targetPort) throws IOException {
    String port = Integer.toString(targetPort);
    return new Child(
        backend,
        List.of(QUICK_COMPILER_ONLY),
        "sluice.examples.TcpProxy",
        "127.0.0.1",
        "0",
        "127.0.0.1",
        port);
  }

  /// The class path of this program, for NIO without the module of the better backend, so that
  /// programs which do not choose take it.
  private static String classPath(String backend) {
    String linux = File.separator + "linux" + File.separator;
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(path -> !(backend.equals("nio") && path.contains(linux)))
        .collect(Collectors.joining(File.pathSeparator));
  }

  Socket connect() throws IOException {
    return connect(new Socket());
  }

  Socket connect(Socket client) throws IOException {
    client.setSoTimeout(TIMEOUT_MILLIS);
    client.connect(address, TIMEOUT_MILLIS);
    return client;
  }

  private String ask(String question) throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).append(question).append('\n').flush();
    String answer = output.readLine();
    if (answer == null) {
      throw new IOException("the server has ended");
    }
    return answer;
  }

  /// See [sluice.server.Server#clientsPerLoop].
  List<Integer> clientsPerLoop() throws IOException {
    return Arrays.stream(ask("clients").split(" ")).map(Integer::valueOf).toList();
  }

  /// Waits until it has as many clients, and returns how many each loop has; or after a while,
  /// whatever there is.
  List<Integer> clientsPerLoop(int clients) throws Exception {
    for (int waited = 0; ; waited += 10) {
      List<Integer> now = clientsPerLoop();
      if (now.stream().mapToInt(Integer::intValue).sum() == clients || waited > WAIT_MILLIS) {
        return now;
      }
      Thread.sleep(10);
    }
  }

  /// Returns the bytes of its heap in use, after a garbage collection, and of its direct buffers.
  long memoryBytes() throws IOException {
    return Long.parseLong(ask("memory"));
  }

  /// Returns the resident bytes of its process.
  long residentBytes() throws IOException {
    return status("VmRSS:");
  }

  /// Returns the most resident bytes it has had.
  long peakResidentBytes() throws IOException {
    return status("VmHWM:");
  }

  private long status(String key) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("no " + key);
  }

  Duration processorTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
    Runtime.getRuntime().removeShutdownHook(atExit);
  }
}
