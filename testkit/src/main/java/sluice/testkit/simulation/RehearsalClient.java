package sluice.testkit.simulation;

import java.util.Arrays;

/// A client that says and hears what it was told, in its own time.
final class RehearsalClient extends SimPeer {
  private static final int BUFFER_BYTES_MAX = 16_384;
  private static final int TINY_BYTES_MAX = 64;
  private static final int PAUSE_NANOS_MAX = 50_000_000;
  private static final int DEAF_NANOS_MAX = 2_000_000_000;

  private final byte[] say;
  private final byte[] hear;

  /// Resets when it has said so much.
  private final int resetAt;

  /// Does not wait for answers.
  private final boolean leaves;

  private final boolean halfCloses;
  private final boolean stops;
  private int said;
  private int heard;
  private int pieces;
  private boolean ended;
  private long waitUntil;

  RehearsalClient(
      SimNetwork network,
      int number,
      SplitMix random,
      byte[] scratch,
      Rehearsal.Conversation conversation) {
    super(network, number, random, scratch);
    say = conversation.sent;
    hear = conversation.received;
    FaultPlan faults = network.faults;
    int most = faults.strikes(Fault.TINY_BUFFERS, random) ? TINY_BYTES_MAX : BUFFER_BYTES_MAX;
    sendBytes = random.logarithmic(1, most);
    receiveBytes = random.logarithmic(1, most);
    boolean resets = faults.strikes(Fault.CLIENT_RESET, random);
    resetAt = resets ? random.below(say.length + 1) : Integer.MAX_VALUE;
    resetsAtOnce = faults.strikes(Fault.RESET_BEFORE_ACCEPT, random);
    leaves = faults.strikes(Fault.CLOSE_WITH_UNREAD, random);
    halfCloses = faults.strikes(Fault.CLIENT_HALF_CLOSE, random);
    stops = faults.strikes(Fault.STOPPED_READER, random);
    if (faults.strikes(Fault.SLOW_READER, random)) {
      drip = random.logarithmic(1, most);
    }
  }

  @Override
  int operations() {
    return pieces;
  }

  @Override
  long sent() {
    return said;
  }

  @Override
  void arrived(int count) {
    int rest = hear.length - heard;
    int wrong = Arrays.mismatch(hear, heard, hear.length, bytes, 0, Math.min(count, rest));
    if (count > rest) {
      network.violate("order", number, count - rest + " bytes came after all that it had to hear");
    } else if (wrong >= 0 && wrong < count) {
      network.violate("order", number, "byte " + (heard + wrong) + " of what it hears is wrong");
    }
    heard += count;
  }

  /// A server may end the stream when it has said everything.
  @Override
  void ended() {
    if (heard < hear.length) {
      network
          .judge()
          .complain(
              "complete", number, "heard " + heard + " of " + hear.length + " bytes, then end");
    }
  }

  @Override
  boolean step(SimSocket to) {
    if (network.schedule.now() < waitUntil) {
      return false;
    }
    if (said == resetAt) {
      close(true);
      return false;
    }
    if (said < say.length) {
      return say(to);
    }
    if (leaves) {
      close(false);
    } else if (halfCloses && !ended) {
      ended = true;
      shutdownOutput(to);
    } else if (!halfCloses && heard >= hear.length) {
      close(false);
    }
    return false;
  }

  private boolean say(SimSocket to) {
    int left = Math.min(say.length, resetAt) - said;
    int count = Math.min(left, random.logarithmic(1, bytes.length));
    System.arraycopy(say, said, bytes, 0, count);
    int taken = send(to, count);
    said += taken;
    pieces++;
    if (!network.calm && random.onceIn(4)) {
      waitUntil = network.schedule.now() + random.logarithmic(1_000, PAUSE_NANOS_MAX);
    }
    if (!network.calm && stops && random.onceIn(4)) {
      deafUntil = network.schedule.now() + random.logarithmic(1_000, DEAF_NANOS_MAX);
    }
    return taken > 0 && !isDone();
  }

  @Override
  void calm() {
    waitUntil = 0;
    super.calm();
  }

  @Override
  void waitForTime() {
    if (waitUntil > network.schedule.now()) {
      network.schedule.atLatest(this, waitUntil);
    }
  }
}
