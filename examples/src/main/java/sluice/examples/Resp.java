package sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1; // any bytes, unchanged

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import sluice.server.*;

/// A store that speaks RESP2, the protocol of Redis: enough for `redis-cli` and `redis-benchmark`.
/// What it stores has no limit. A handler serves one client.
final class Resp implements ConnectionHandler {
  private static final int BATCH_BYTES = 64 * 1024;

  private final Map<String, String> store;
  private final Input input = new Input();
  private final RespReader commands = new RespReader(input);
  private StringBuilder answers = new StringBuilder();

  private Resp(Map<String, String> store) {
    this.store = store;
  }

  @Override
  public void onData(Connection client, ByteBuffer data) {
    input.add(data);
    answer(client);
  }

  @Override
  public void onWritable(Connection client) {
    client.resumeReading();
    answer(client);
  }

  /// Answers the commands that have come, all with one write unless the answers are long.
  private void answer(Connection client) {
    try {
      for (var command = commands.next(); command != null; command = commands.next()) {
        if (command.getFirst().equalsIgnoreCase("QUIT")) {
          close(client, "+OK");
          return;
        }
        answers.append(run(command)).append("\r\n");
        if (answers.length() > BATCH_BYTES && !send(client)) {
          client.pauseReading(); // a short command may have a long answer: not all of them at once
          return;
        }
      }
      send(client);
    } catch (ProtocolException e) {
      close(client, "-ERR Protocol error: " + e.getMessage());
    }
  }

  private boolean send(Connection client) {
    if (answers.isEmpty()) {
      return true;
    }
    byte[] bytes = answers.toString().getBytes(ISO_8859_1);
    answers = new StringBuilder();
    return client.write(ByteBuffer.wrap(bytes));
  }

  private void close(Connection client, String lastAnswer) {
    answers.append(lastAnswer).append("\r\n");
    send(client);
    client.close();
  }

  private String run(List<String> command) {
    String last = command.getLast();
    return switch (command.getFirst().toUpperCase(Locale.ROOT) + " " + (command.size() - 1)) {
      case "PING 0" -> "+PONG";
      case "PING 1", "ECHO 1" -> bulk(last);
      case "GET 1" -> bulk(store.get(last));
      case "SET 2" -> {
        store.put(command.get(1), last);
        yield "+OK";
      }
      case "INCR 1" -> increment(last);
      case "CONFIG 2" -> "*2\r\n" + bulk(last) + "\r\n" + bulk(""); // redis-benchmark asks first
      case "COMMAND 0", "COMMAND 1" -> "*0"; // and so does redis-cli
      default -> "-ERR unknown command or wrong number of arguments";
    };
  }

  private static String bulk(@Nullable String value) {
    return value == null ? "$-1" : "$" + value.length() + "\r\n" + value;
  }

  private String increment(String key) {
    try {
      return ":" + store.merge(key, "1", (old, _) -> "" + Math.incrementExact(Long.parseLong(old)));
    } catch (NumberFormatException | ArithmeticException _) {
      return "-ERR value is not an integer or out of range";
    }
  }

  public static void main(String[] args) throws Exception {
    String[] at = args.length == 2 ? args : new String[] {"127.0.0.1", "8000"};
    Map<String, String> store = new ConcurrentHashMap<>();
    try (var server =
        Server.builder()
            .listen(at[0], Integer.parseInt(at[1]))
            .handlerPerConnection(() -> new Resp(store))
            .start()) {
      System.out.println("listening on " + server.addresses().getFirst());
      server.join();
    }
  }
}
