package sluice.testkit.simulation;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/// Everything that happened at the kernel's boundary, folded into one number; equal runs have equal
/// numbers. Prints the events if asked to.
@SuppressWarnings("EnumOrdinal") // folded into the hash, for speed
final class Trace {
  /// What happened.
  enum Event {
    CONNECT,
    ACCEPT,
    READ,
    WRITE,
    SHUTDOWN,
    CLOSE,
    RESET,
    CLIENT_READ,
    CLIENT_WRITE,
    CLIENT_SHUTDOWN,
    CLIENT_CLOSE,
    CLIENT_RESET,
    CLIENT_VANISH,
    ARRIVED,
    FIN_ARRIVED,
    RST_ARRIVED,
    WATCH,
    UNWATCH,
    READY,
    SUBMIT,
    COMPLETE,
    SLEEP,
    STALL,
    PAUSE,
    STOP,
    CALM
  }

  private final @Nullable PrintStream out;
  private long hash;

  Trace(@Nullable PrintStream out) {
    this.out = out;
  }

  /// Notes an event.
  ///
  /// @param who the connection, or -1
  void note(long now, Event event, int who, long value) {
    long folded = hash ^ (now + event.ordinal()) * 0x9E3779B97F4A7C15L;
    folded = Long.rotateLeft(folded, 27) + value * 0xBF58476D1CE4E5B9L;
    hash = (folded ^ (folded >>> 29)) * 0x94D049BB133111EBL + who;
    PrintStream to = out;
    if (to != null) {
      to.printf(
          "%12.3f us  %-15s %s %d%n", now / 1e3, event, who < 0 ? "-" : "connection=" + who, value);
    }
  }

  long hash() {
    return SplitMix.mix(hash);
  }
}
