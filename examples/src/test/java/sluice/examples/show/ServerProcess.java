package sluice.examples.show;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import sluice.Backend;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Server;

/// A server in a process of its own: `BACKEND LOOPS HANDLER`. It answers questions on its standard
/// input, and ends with that.
final class ServerProcess {
  /// What [AnswerAndClose] gets.
  static final int ANSWER_BYTES = 1024 * 1024;

  private ServerProcess() {}

  public static void main(String[] args) throws Exception {
    Server server =
        Server.builder()
            .backend(Backend.of(args[0]))
            .loops(Integer.parseInt(args[1]))
            .listen("127.0.0.1", 0)
            .handler(handler(args[2]))
            .start();
    System.out.println("listening on " + server.addresses().getFirst());
    BufferedReader questions =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      System.out.println(line.equals("clients") ? clients(server) : Long.toString(memory()));
    }
    System.exit(0);
  }

  private static ConnectionHandler handler(String name) {
    return switch (name) {
      case "echo" -> Connection::write;
      case "answer" ->
          (client, _) -> {
            client.write(ByteBuffer.wrap(answer()));
            client.close();
          };
      case "loop" ->
          (client, _) -> {
            String thread = Thread.currentThread().getName();
            client.write(StandardCharsets.US_ASCII.encode(thread.substring(thread.length() - 1)));
          };
      case "chat" -> Frames.lines(1_000, ServerProcess::broadcast);
      default -> throw new IllegalArgumentException(name);
    };
  }

  static byte[] answer() {
    byte[] answer = new byte[ANSWER_BYTES];
    for (int i = 0; i < answer.length; i++) {
      answer[i] = (byte) (i + (i >> 8) + (i >> 16));
    }
    return answer;
  }

  private static void broadcast(Connection speaker, ByteBuffer line) {
    ByteBuffer copy = ByteBuffer.allocate(line.remaining() + 1);
    speaker.server().broadcast(copy.put(line).put((byte) '\n').flip());
  }

  private static String clients(Server server) {
    return server.clientsPerLoop().toString().replaceAll("[\\[\\],]", "");
  }

  /// Returns the bytes of objects that are reachable, and of direct buffers.
  private static long memory() {
    for (int i = 0; i < 2; i++) { // what the first one finds unreachable is freed by the second
      System.gc();
    }
    long direct =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return direct + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
