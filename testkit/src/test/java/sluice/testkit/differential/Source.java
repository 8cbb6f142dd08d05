package sluice.testkit.differential;

import org.jspecify.annotations.Nullable;

/// What a generator of scripts knows of one source, so that it writes only steps that can be done
/// and waits for every effect that a step has.
final class Source {
  /// What can be done with it.
  enum Kind {
    TCP,
    UNIX,
    UDP,
    PIPE_SOURCE,
    PIPE_SINK,
    LISTENER,
    /// Another name of a number.
    BORROWED
  }

  final String name;
  final Kind kind;

  /// The other end.
  @Nullable Source peer;

  /// Of a listener: what it accepts.
  boolean tcp;

  boolean open = true;

  /// False while it waits in the queue of a listener.
  boolean accepted = true;

  /// Bytes sent to it and not read, or datagrams.
  int pending;

  /// The peer has ended its output, or is closed.
  boolean ended;

  /// Its own output has ended.
  boolean silent;

  /// Nothing more can be written to it.
  boolean full;

  /// An urgent byte was sent to it and not taken.
  boolean urgent;

  boolean everUrgent;

  /// It is looked at and closed, and nothing else: what else it would do depends on when.
  boolean dead;

  Source(String name, Kind kind) {
    this.name = name;
    this.kind = kind;
  }

  boolean isStream() {
    return kind == Kind.TCP || kind == Kind.UNIX;
  }

  /// Tells whether closing it resets its peer: not all that was sent to it has been read.
  boolean hasUnread() {
    return pending > 0 || everUrgent || (peer != null && peer.full);
  }

  /// Tells whether a wait for room in it ends for sure.
  boolean isWritable() {
    return open && !full && (isStream() || kind == Kind.UDP || kind == Kind.PIPE_SINK);
  }
}
