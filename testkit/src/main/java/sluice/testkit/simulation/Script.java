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

    /// Reads nothing any more, and gives up sending when there is no room.
    DEAF,

    /// Waits for all that was sent to come back.
    READ_ALL,

    /// Sends the end of the stream and reads what comes until the server ends it, too.
    HALF_CLOSE,

    CLOSE
  }

  final Operation[] operations;
  final int[] arguments;
  final int sendBytes;
  final int receiveBytes;

  /// Resets as soon as so many bytes were sent.
  final long resetAt;

  final boolean resetsAtOnce;

  private final Operation[] all;
  private int length;

  Script(FaultPlan faults, SplitMix random) {
    int count = OPERATIONS_MIN + random.below(OPERATIONS_MORE);
    all = new Operation[count];
    arguments = new int[count];
    boolean flood = faults.strikes(Fault.FLOOD, random);
    boolean tiny = !flood && faults.strikes(Fault.TINY_BUFFERS, random);
    int low = tiny ? 1 : flood ? 2_048 : 256;
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
    while (length < count - 4 - 2 * DEAF_FLOOD_SENDS) {
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

  private void add(Operation operation, int argument) {
    all[length] = operation;
    arguments[length++] = argument;
  }
}
