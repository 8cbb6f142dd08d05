package sluice.program;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Stream;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Limits;

/// What `sluice serve` can do with clients.
enum Handler {
  /// Sends back what it gets.
  ECHO,

  /// Reads and forgets.
  DISCARD,

  /// Prints each line.
  LINES,

  /// Passes each line on to all but its speaker.
  CHAT;

  /// The longest line if nothing else is said, in bytes.
  static final int LINE_BYTES_MAX = 64 * 1024;

  /// All of them by their names on the command line.
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(values()).map(Handler::toString).iterator();
    }
  }

  /// Makes the handler; it is shared by all clients.
  ConnectionHandler open(Limits limits) {
    int line = limits.maxLine() > 0 ? limits.maxLine() : LINE_BYTES_MAX;
    return switch (this) {
      case ECHO -> Connection::write;
      case DISCARD -> (_, _) -> {};
      case LINES -> Frames.lines(line, new LinesHandler());
      case CHAT -> Frames.lines(line, new ChatHandler());
    };
  }

  /// Tells a client what it did wrong.
  static void complain(Connection connection, String problem) {
    connection.write(ByteBuffer.wrap(Text.utf8("error: " + problem + "\n")));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
