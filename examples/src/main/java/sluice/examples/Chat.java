package sluice.examples;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import sluice.server.*;

/// A chat for `nc`: each line goes to all the others, with the address of who said it.
final class Chat implements ConnectionHandler {
  @Override
  public void onOpen(Connection client) {
    say(client, "has come");
  }

  @Override
  public void onData(Connection client, ByteBuffer line) {
    say(client, "says: " + StandardCharsets.UTF_8.decode(line));
  }

  @Override
  public void onClose(Connection client, CloseReason reason) {
    say(client, "has left (" + reason + ")");
  }

  private static void say(Connection speaker, String text) {
    // Control characters and reversals of direction would play tricks on the others' terminals.
    String safe = text.replaceAll("[\\p{Cc}\u2028-\u202E\u2066-\u2069]", "?");
    byte[] line = (speaker.remoteAddress() + " " + safe + "\n").getBytes(StandardCharsets.UTF_8);
    speaker.server().broadcast(ByteBuffer.wrap(line), listener -> !listener.equals(speaker));
  }

  public static void main(String[] args) throws Exception {
    String[] at = args.length == 2 ? args : new String[] {"127.0.0.1", "8000"};
    var chat = Server.builder().handler(Frames.lines(1_000, new Chat()));
    chat.limits(Limits.builder().firstFrame(java.time.Duration.ZERO).build()); // may only listen
    try (var server = chat.listen(at[0], Integer.parseInt(at[1])).start()) {
      System.out.println("listening on " + server.addresses().getFirst());
      server.join();
    }
  }
}
