package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The handlers of `sluice serve`, under a locale that has no Korean.
class HandlersIT {
  @TempDir Path folder;

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(60_000);
    return socket;
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  /// Sends one byte at a time, so that every character arrives in pieces.
  private static void sendByteByByte(Socket socket, String text) throws IOException {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      socket.getOutputStream().write(b);
      socket.getOutputStream().flush();
    }
  }

  @Test
  void linesPrintsTheAddressAndTheText() throws Exception {
    try (Program program = Program.startIn("C", "serve", "lines", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      try (Socket client = connect(port)) {
        sendByteByByte(client, "안녕하세요\r\n");
        String address = "127.0.0.1:" + client.getLocalPort() + " ";
        assertThat(program.line()).isEqualTo(address + "안녕하세요");
        sendByteByByte(client, "a\tb\u001b[31mred\u202e\u2028x\n");
        assertThat(program.line()).isEqualTo(address + "a\\u{9}b\\u{1b}[31mred\\u{202e}\\u{2028}x");
        client.getOutputStream().write(new byte[] {'x', (byte) 0xFF, (byte) 0xC0, 0, 0x7F, '\n'});
        assertThat(program.line()).isEqualTo(address + "x\\xFF\\xC0\\u{0}\\u{7f}");
        client.getOutputStream().write("last, without an end".getBytes(StandardCharsets.UTF_8));
        client.shutdownOutput();
        assertThat(program.line()).isEqualTo(address + "last, without an end");
        assertThat(client.getInputStream().read()).isEqualTo(-1);
      }
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void endlessLineGetsOneErrorAndTheEnd() throws Exception {
    try (Program program = Program.start("serve", "lines", "--listen", "127.0.0.1:0");
        Socket client = connect(program.port())) {
      byte[] zeros = new byte[70_000];
      client.getOutputStream().write(zeros);
      assertThat(reader(client).readLine()).startsWith("error: ").contains("longer");
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void chatPassesEachLineToAllButItsSpeaker() throws Exception {
    try (Program program = Program.startIn("C", "serve", "chat", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      List<Socket> clients = new ArrayList<>();
      List<BufferedReader> readers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(connect(port));
        readers.add(reader(clients.get(i)));
      }
      // A line of each in turn: whoever has seen it knows that its speaker is being served.
      sendByteByByte(clients.get(0), "안녕하세요\n");
      assertThat(readers.get(1).readLine()).isEqualTo("안녕하세요");
      assertThat(readers.get(2).readLine()).isEqualTo("안녕하세요");
      sendByteByByte(clients.get(1), "\u001b[2Jgone\n");
      assertThat(readers.get(0).readLine()).isEqualTo("\\u{1b}[2Jgone");
      assertThat(readers.get(2).readLine()).isEqualTo("\\u{1b}[2Jgone");
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  @Test
  void discardReadsAllAndAnswersNothing() throws Exception {
    try (Program program = Program.start("serve", "discard", "--listen", "127.0.0.1:0");
        Socket client = connect(program.port())) {
      client.getOutputStream().write(new byte[10_000_000]);
      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("Mine.java"), text);
  }

  @Test
  void javaFileWithAProcessMethodIsAHandler() throws Exception {
    Path file =
        file(
            """
            static void process(byte[] data) {
              System.out.println("got " + new String(data, java.nio.charset.StandardCharsets.UTF_8));
            }
            """);
    try (Program program = Program.start("serve", file.toString(), "--listen", "127.0.0.1:0");
        Socket client = connect(program.port())) {
      client.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
      assertThat(program.line()).isEqualTo("got hello");
    }
  }

  @Test
  void javaFileWithAConnectionHandlerIsAHandler() throws Exception {
    Path file =
        file(
            """
            import java.nio.ByteBuffer;
            import sluice.server.*;

            class Mine implements ConnectionHandler {
              public void onData(Connection connection, ByteBuffer data) {
                connection.write(ByteBuffer.wrap("mine\\n".getBytes()));
                connection.close();
              }
            }
            """);
    try (Program program = Program.start("serve", file.toString(), "--listen", "127.0.0.1:0");
        Socket client = connect(program.port())) {
      client.getOutputStream().write(1);
      assertThat(reader(client).readLine()).isEqualTo("mine");
    }
  }

  @Test
  void brokenJavaFileIsNamedWithWhatIsWrong() throws Exception {
    expect78("class Mine {}", "neither a class");
    String handler =
        "implements sluice.server.ConnectionHandler { public void onData("
            + "sluice.server.Connection c, java.nio.ByteBuffer d) {} ";
    expect78("class Mine " + handler + "Mine(int x) {} }", "without arguments");
    expect78(
        "class Mine " + handler + "{ if (true) throw new RuntimeException(\"boom\"); } }", "boom");
    expect78("class Mine " + handler + "static int x = 1 / 0; }", "by zero");
  }

  private void expect78(String source, String named) throws Exception {
    expect78(file(source), named);
  }

  private static void expect78(Path file, String named) throws Exception {
    try (Program program = Program.start("serve", file.toString())) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.remainingLines()).hasSize(1);
      assertThat(program.line()).startsWith("sluice: ").contains(file.toString()).contains(named);
    }
  }

  @Test
  void compileErrorsAreThoseOfJavacWithTheLinesOfTheFile() throws Exception {
    Path file = file("static void process(byte[] data) {\n  int x = \"no\";\n  y();\n}\n");
    try (Program program = Program.start("serve", file.toString())) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.line()).isEqualTo("sluice: the handler does not compile");
      assertThat(program.line()).startsWith(file + ":2: error: incompatible types");
      assertThat(program.line()).isEqualTo("  int x = \"no\";");
      assertThat(String.join("\n", program.remainingLines()))
          .contains(file + ":3: error: cannot find symbol")
          .doesNotContain("main");
    }
  }

  @Test
  void handlerThatCannotBeReadIsNamed() throws Exception {
    expect78(folder.resolve("no.java"), "there is no such file");
    expect78(Files.createDirectory(folder.resolve("folder.java")), "cannot read the handler");
    expect78(Files.write(folder.resolve("binary.java"), new byte[] {(byte) 0xFF}), "not UTF-8");
    try (Program program = Program.startIn("C", "serve", "\ud55c.java")) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.line()).contains("cannot read the handler");
    }
  }

  /// On a runtime without a compiler, a handler that was compiled before is served all the same.
  @Test
  void secondStartNeedsNoCompiler() throws Exception {
    String file = file("static void process(byte[] data) {}\n").toString();
    ProcessBuilder with = Program.sluice("serve", file, "--listen", "127.0.0.1:0");
    with.environment().put("XDG_CACHE_HOME", folder.toString());
    ProcessBuilder without = Program.sluice("serve", file, "--listen", "127.0.0.1:0");
    without.environment().putAll(with.environment());
    without
        .environment()
        .put(
            "SLUICE_JAVA_OPTS",
            "--limit-modules=sluice.program,sluice.linux,org.slf4j.jdk.platform.logging");
    try (Program program = Program.run(without)) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.line()).contains("needs a JDK");
    }
    for (ProcessBuilder start : List.of(with, without)) {
      try (Program program = Program.run(start)) {
        assertThat(program.line()).contains("server.ready").contains("handler=" + file);
      }
    }
  }

  /// A reader that stops makes the clients wait; it loses no line and stops no other client.
  @Test
  void linesLosesNothingWhenTheReaderIsSlow() throws Exception {
    int lines = 200_000;
    try (Program program = Program.startPiped("serve", "lines", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try (Socket client = connect(port)) {
                  ByteArrayOutputStream all = new ByteArrayOutputStream();
                  for (int i = 0; i < lines; i++) {
                    all.writeBytes((i + "\n").getBytes(StandardCharsets.US_ASCII));
                  }
                  client.getOutputStream().write(all.toByteArray());
                  client.shutdownOutput();
                  int _ = client.getInputStream().read();
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      BufferedReader output = program.standardOutput();
      for (int i = 0; i < lines; i++) {
        assertThat(output.readLine()).endsWith(" " + i);
      }
      sender.join();
    }
  }
}
