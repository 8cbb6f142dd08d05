package sluice.program;

import java.nio.ByteBuffer;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.spi.Printable;

/// Passes each line on to all but its speaker, with nothing in it that could play tricks on their
/// terminals.
final class ChatHandler implements ConnectionHandler {
  @Override
  public void onData(Connection speaker, ByteBuffer line) {
    ByteBuffer safe = ByteBuffer.wrap(Text.utf8(Printable.ofUtf8(line) + "\n"));
    speaker.server().broadcast(safe, listener -> !listener.equals(speaker));
  }

  @Override
  public void onBadFrame(Connection connection, String problem) {
    Handler.complain(connection, problem);
  }
}
