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
  /// A client was refused.
  @Name("sluice.ConnectionRefused")
  @Label("Connection Refused")
  @Category("Sluice")
  @StackTrace(false)
  static final class Refused extends Event {
    @Label("Remote")
    String remote = "";

    @Label("Reason")
    String reason = "";
  }

  /// A connection has ended.
  @Name("sluice.ConnectionClosed")
  @Label("Connection Closed")
  @Category("Sluice")
  @StackTrace(false)
  static final class Closed extends Event {
    @Label("Remote")
    String remote = "";

    @Label("Reason")
    String reason = "";
  }

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
      event.remote = Printable.of(String.valueOf(socket.peer()));
      event.reason = why.toString();
      event.commit();
    }
  }

  static void closed(ServerConnection connection, CloseReason why) {
    Closed event = new Closed();
    if (event.isEnabled()) {
      event.remote = Printable.of(connection.remoteAddress().toString());
      event.reason = why.toString();
      event.commit();
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
