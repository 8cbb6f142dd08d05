package sluice.testkit.differential;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The table of states: what `select` says of a source, each reached from nothing.
///
/// The answers are those of Linux 6.18. They are compared with the control as well, so that a table
/// that has become wrong is noticed.
final class Rows {
  /// One state.
  ///
  /// @param steps bring the source `t` there
  /// @param answer of `select` for `t` in all three sets: `0` in each part that has it
  /// @param onNio the answer of NIO, where that is permitted to differ
  record Row(String state, String steps, String answer, @Nullable String onNio) {
    Row(String state, String steps, String answer) {
      this(state, steps, answer, null);
    }

    /// Tells whether a backend can reach it that knows sockets and no urgent data.
    boolean portable() {
      return Stream.of(steps.split("; "))
          .allMatch(step -> PORTABLE.contains(step.substring(0, step.indexOf(' '))));
    }
  }

  /// Not `sendempty`: a `DatagramChannel` that is connected sends no empty datagram, and does not
  /// tell.
  private static final Set<String> PORTABLE =
      Set.of(
          "tcp", "unix", "udp", "listen", "connect", "refused", "unheard", "write", "read", "fill",
          "send", "end", "reset", "close", "await");

  private static final String PAIR = "tcp t p; ";
  private static final String INLINE = PAIR + "inline t; write p 2; urgent p; await x t";

  static final List<Row> ALL =
      List.of(
          new Row("idle connected TCP", "tcp t p", "|0|"),
          new Row("data pending", PAIR + "write p 3; await r t", "0|0|"),
          new Row("data read", PAIR + "write p 3; read t 3", "|0|"),
          new Row("no room to write", PAIR + "fill t", "||"),
          new Row("peer closed", PAIR + "close p; await r t", "0|0|"),
          new Row("peer ended its output", PAIR + "end p; await r t", "0|0|"),
          new Row("both ended their output", PAIR + "end p; await r t; end t", "0|0|"),
          new Row("own input shut", PAIR + "shutread t", "0|0|"),
          new Row("reset by the peer", PAIR + "reset p; await r t", "0|0|"),
          new Row("urgent byte, no data before it", PAIR + "urgent p; await x t", "|0|0"),
          new Row("urgent byte taken", PAIR + "urgent p; await x t; takeurgent t", "|0|"),
          new Row("abc, then an urgent byte", PAIR + "write p 3; urgent p; await x t", "0|0|0"),
          new Row(
              "abc read, at the mark", PAIR + "write p 3; urgent p; await x t; read t 3", "|0|0"),
          new Row("inline, ab and an urgent byte", INLINE, "0|0|0"),
          new Row("inline, ab read, at the mark", INLINE + "; read t 2", "0|0|0"),
          new Row("inline, all read", INLINE + "; read t 2; read t 1", "|0|"),
          new Row("listener, idle", "listen t tcp", "||"),
          new Row("listener, a connection waits", "listen t tcp; connect c t; await r t", "0||"),
          new Row("TCP, never connected", "socket t", "0|0|"),
          new Row("connect refused", "refused t; await w t", "0|0|"),
          new Row("UDP, idle", "udp t p", "|0|"),
          new Row("UDP, a datagram waits", "udp t p; send p 3; await r t", "0|0|"),
          new Row("UDP, an empty datagram waits", "udp t p; sendempty p; await r t", "0|0|"),
          new Row("UDP, an ICMP error waits", "unheard t; await r t", "0|0|"),
          new Row("Unix, peer closed", "unix t p; close p; await r t", "0|0|"),
          // Hung up, which alone is not writable. NIO makes every interest of it.
          new Row(
              "Unix, no room, both ended",
              "unix t p; fill t; end p; await r t; end t",
              "0||",
              "0|0|-"),
          // Asked so often that it is remembered, while it has hung up and is not ready.
          new Row(
              "Unix, both ended, room again",
              "unix t p; fill t; end p; await r t; end t; "
                  + "select 0 - t -; ".repeat(10)
                  + "drain p t; await w t; select 0 - t -",
              "0|0|"),
          new Row("pipe to read, writer closed", "pipe t w; close w; await r t", "0||"),
          new Row("pipe to write, reader closed", "pipe r t; close r; await r t", "0|0|"),
          new Row("FIFO to read, writer closed", "fifo t w; close w; await r t", "0||"),
          new Row("terminal, master closed", "pty m t; close m; await r t", "0|0|"),
          new Row("regular file", "open t file", "0|0|"),
          new Row("directory", "open t directory", "0|0|"),
          new Row("/dev/null", "open t null", "0|0|"),
          new Row("/dev/urandom", "open t random", "0|0|"),
          new Row("sysfs attribute", "open t sysfs", "0|0|0"),
          new Row("process, running", "process t", "||"),
          new Row("process, ended", "process t; endprocess t; await r t", "0||"),
          new Row("event at 0", "event t 0", "|0|"),
          new Row("event at its maximum", "event t max", "0||"),
          new Row("closed", PAIR + "close t", "closed"),
          new Row("number closed by its owner", "pipe r w; borrow t r; close r", "closed"));

  private Rows() {}
}
