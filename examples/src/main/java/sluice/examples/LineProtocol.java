package sluice.examples;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets; // Latin-1 keeps all bytes as they are
import java.util.concurrent.ConcurrentHashMap;
import sluice.server.*;

/// A store that speaks lines: `GET key`, `SET key value`, `DEL key`, `QUIT`. It has no limit.
record LineProtocol(ConcurrentHashMap<String, String> store) implements ConnectionHandler {
  @Override
  public void onData(Connection client, ByteBuffer line) {
    String[] words = StandardCharsets.ISO_8859_1.decode(line).toString().split(" ", 3);
    switch (words[0] + " " + words.length) {
      case "GET 2" -> say(client, store.getOrDefault(words[1], "NONE"));
      case "SET 3" -> say(client, store.put(words[1], "VALUE " + words[2]) == null ? "NEW" : "OLD");
      case "DEL 2" -> say(client, store.remove(words[1]) == null ? "NONE" : "GONE");
      case "QUIT 1" -> client.close();
      default -> onBadFrame(client, "expected GET key, SET key value, DEL key or QUIT");
    }
  }

  @Override
  public void onBadFrame(Connection client, String problem) {
    say(client, "ERROR " + problem);
  }

  private static void say(Connection client, String text) {
    client.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.ISO_8859_1)));
  }

  public static void main(String[] args) throws Exception {
    String[] at = args.length == 2 ? args : new String[] {"127.0.0.1", "8000"};
    var lines = Frames.lines(1_000, new LineProtocol(new ConcurrentHashMap<>()));
    try (var server =
        Server.builder().listen(at[0], Integer.parseInt(at[1])).handler(lines).start()) {
      System.out.println("listening on " + server.addresses().getFirst());
      server.join();
    }
  }
}
