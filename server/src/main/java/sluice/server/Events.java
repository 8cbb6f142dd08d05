package sluice.server;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import sluice.spi.Printable;
import sluice.spi.StreamBase;

/// What a Flight Recorder is told. An event that nobody records costs a look at a flag.
final class Events {
  /// Something ended for a client, for a reason.
  @Category("Sluice")
  @StackTrace(false)
  abstract static class End extends Event {
    @Label("Remote")
    String remote = "";

    @Label("Reason")
    String reason = "";

    final void commit(String itsRemote, Object why) {
      remote = itsRemote;
      reason = why.toString();
      commit();
    }
  }

  /// A client was refused.
  @Name("sluice.ConnectionRefused")
  @Label("Connection Refused")
  static final class Refused extends End {}

  /// A connection has ended.
  @Name("sluice.ConnectionClosed")
  @Label("Connection Closed")
  static final class Closed extends End {}

  /// A handler or a task holds up its loop.
  @Name("sluice.LoopBlocked")
  @Label("Loop Blocked")
  @Category("Sluice")
  @StackTrace(false)
  static final class Blocked extends Event {
    @Label("Loop")
    String loop = "";

    @Label("Remote")
    String remote = "";

    @Label("Where")
    String at = "";

    @Label("For")
    @Timespan(Timespan.NANOSECONDS)
    long nanos;
  }

  private Events() {}

  /// Loads the classes of the events, which would hold up the loop that has the first one.
  static void prepare() {
    Event[] _ = {new Refused(), new Closed(), new Blocked()};
  }

  static void refused(StreamBase socket, Refusal why) {
    Refused event = new Refused();
    if (event.isEnabled()) {
      event.commit(Printable.of(String.valueOf(socket.peer())), why);
    }
  }

  static void closed(ServerConnection connection, CloseReason why) {
    Closed event = new Closed();
    if (event.isEnabled()) {
      event.commit(connection.printableRemote(), why);
    }
  }

  static void blocked(String loop, String remote, String at, long nanos) {
    Blocked event = new Blocked();
    if (event.isEnabled()) {
      event.loop = loop;
      event.remote = remote;
      event.at = at;
      event.nanos = nanos;
      event.commit();
    }
  }
}
