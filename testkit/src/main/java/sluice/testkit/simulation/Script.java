package sluice.testkit.simulation;

import java.util.Arrays;

/// What one client does, drawn from the seed: at least [#OPERATIONS_MIN] operations, the last of
/// which ends the connection.
final class Script {
  static final int OPERATIONS_MIN = 18;

  private static final int OPERATIONS_MORE = 14;
  private static final int DEAF_FLOOD_SENDS = 6;
  private static final int DEAF_PAUSE_NANOS = 10_000_000;
  private static final int PAUSE_NANOS_MAX = 50_000_000;
  private static final int STOP_NANOS_MAX = 2_000_000_000;
  private static final int LONG_MILLIS_MIN = 300;
  private static final long LONG_NANOS_MAX = 300_000_000_000L;
  private static final long MILLI = 1_000_000;
  private static final int TRICKLED_BYTES = 20;
  private static final int TRICKLE_NANOS_MAX = 800_000_000;
  private static final int HOARDED_BYTES = 150_000;

  /// What the limits are there to end takes so many steps at most, trickling aside.
  private static final int ABUSES = 5;

  /// The steps at the end.
  private static final int RESERVED = 4 + 2 * DEAF_FLOOD_SENDS + ABUSES;

  /// One step.
  enum Operation {
    /// Sends so many bytes, however long it takes.
    SEND,

    /// Goes on when so many more bytes have come back, or all.
    READ,

    /// Waits so many nanoseconds.
    PAUSE,

    /// Reads nothing for so many nanoseconds.
    STOP_READING,

    /// From now on reads so many bytes at a time.
    DRIP,

    /// Is gone, without a word.
    VANISH,

    /// Reads nothing any more, and gives up sending when there is no room.
    DEAF,

    /// Waits for all that was sent to come back.
    READ_ALL,

    /// Sends the end of the stream and reads what comes until the server ends it, too.
    HALF_CLOSE,

    CLOSE
  }

  final Operation[] operations;
  final long[] arguments;
  final int sendBytes;
  final int receiveBytes;

  /// Resets as soon as so many bytes were sent.
  final long resetAt;

  final boolean resetsAtOnce;

  private final Operation[] all;
  private int length;

  /// Draws what a client does.
  ///
  /// @param limits what it may do
  /// @param stepsMax how many steps it does at most, beside those of its end
  Script(FaultPlan faults, SplitMix random, DrawnLimits limits, int stepsMax) {
    boolean hoards = limits.memory > 0 && !random.onceIn(4);
    boolean silent = limits.areOn && faults.strikes(Fault.SILENCE, random);
    boolean trickles = limits.areOn && faults.strikes(Fault.TRICKLE, random);
    boolean vanishes = limits.endTheSilent() && faults.strikes(Fault.VANISH, random);
    boolean shuts = limits.areOn && faults.strikes(Fault.ZERO_WINDOW, random);
    int more = trickles ? 2 * TRICKLED_BYTES : 0;
    int count = OPERATIONS_MIN + random.below(OPERATIONS_MORE) + more + ABUSES;
    all = new Operation[count];
    arguments = new long[count];
    boolean flood = faults.strikes(Fault.FLOOD, random);
    boolean tiny = !flood && !hoards && faults.strikes(Fault.TINY_BUFFERS, random);
    int low = tiny ? 1 : flood || hoards ? 2_048 : 256;
    int high = tiny ? 64 : 16_384;
    sendBytes = random.logarithmic(low, high);
    receiveBytes = random.logarithmic(low, high);
    int most = tiny ? 200 : flood ? 40_000 : 4_096;
    resetsAtOnce = faults.strikes(Fault.RESET_BEFORE_ACCEPT, random);
    boolean resets = faults.strikes(Fault.CLIENT_RESET, random);
    boolean stops = faults.strikes(Fault.STOPPED_READER, random);
    boolean drips = faults.strikes(Fault.SLOW_READER, random);
    boolean deaf = faults.strikes(Fault.CLOSE_WITH_UNREAD, random);
    boolean halfCloses = faults.strikes(Fault.CLIENT_HALF_CLOSE, random);
    long total = 0;
    if (drips) {
      add(Operation.DRIP, random.logarithmic(tiny ? 1 : most / 64, most / 2));
    }
    if (hoards) {
      add(Operation.STOP_READING, LONG_NANOS_MAX);
      add(Operation.SEND, HOARDED_BYTES);
    }
    int abuseAt = silent && random.onceIn(3) ? 0 : random.below(count - more - RESERVED);
    while (length < Math.min(count - more - RESERVED, stepsMax)) {
      if (length >= abuseAt) {
        abuseAt = Integer.MAX_VALUE;
        abuse(random, silent, shuts, trickles, vanishes);
      }
      switch (random.below(8)) {
        case 0 -> add(Operation.PAUSE, random.logarithmic(1_000, PAUSE_NANOS_MAX));
        case 1, 2 -> add(Operation.READ, random.logarithmic(1, most));
        case 3 -> {
          if (stops) {
            add(Operation.STOP_READING, random.logarithmic(10_000, STOP_NANOS_MAX));
          }
        }
        default -> {
          int bytes = random.logarithmic(1, most);
          total += bytes;
          add(Operation.SEND, bytes);
        }
      }
    }
    resetAt = resets ? random.below((int) total + 1) : Long.MAX_VALUE;
    add(deaf ? Operation.DEAF : Operation.PAUSE, 1_000);
    for (int i = 0; deaf && flood && i < DEAF_FLOOD_SENDS; i++) {
      add(Operation.SEND, most); // more than the server holds for who does not read
      add(Operation.PAUSE, DEAF_PAUSE_NANOS);
    }
    add(Operation.SEND, random.logarithmic(1, most));
    add(Operation.PAUSE, random.logarithmic(1_000, PAUSE_NANOS_MAX));
    add(deaf ? Operation.CLOSE : halfCloses ? Operation.HALF_CLOSE : Operation.READ_ALL, 0);
    operations = Arrays.copyOf(all, length);
  }

  /// Adds what the limits are there to end.
  private void abuse(
      SplitMix random, boolean silent, boolean shuts, boolean trickles, boolean vanishes) {
    if (shuts) {
      add(Operation.STOP_READING, longTime(random));
    }
    if (silent) {
      add(Operation.PAUSE, longTime(random));
    }
    for (int i = 0; trickles && i < TRICKLED_BYTES; i++) {
      add(Operation.SEND, 1);
      add(Operation.PAUSE, 1 + random.below(TRICKLE_NANOS_MAX));
    }
    if (vanishes) {
      add(Operation.VANISH, 0);
    }
  }

  private static long longTime(SplitMix random) {
    return MILLI * random.logarithmic(LONG_MILLIS_MIN, (int) (LONG_NANOS_MAX / MILLI));
  }

  private void add(Operation operation, long argument) {
    all[length] = operation;
    arguments[length++] = argument;
  }
}
