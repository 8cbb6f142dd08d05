package sluice.testkit.simulation;

import org.jspecify.annotations.Nullable;
import sluice.testkit.contract.XorLayer;

/// A client that follows a script and checks what comes back: exactly the bytes it sent, in order,
/// and all of them unless it went away itself or the server was stopped.
final class SimClient extends SimPeer {
  private static final long CALM_PAUSE_NANOS_MAX = 50_000_000;

  private final Script script;
  private final Pattern pattern;

  /// The server sends whole lines back, and adds the end that the last one may lack.
  private final boolean lines;

  /// What lies on the wire, if it is not the bytes themselves.
  private final @Nullable XorLayer layer;

  private long sent;

  /// How many bytes can come back before the input ends.
  private long due;

  private long received;
  private int position;
  private boolean begun;
  private long waitUntil;
  private long sendLeft;
  private long readTarget;
  private boolean halfClosed;

  SimClient(
      SimNetwork network,
      int number,
      SplitMix random,
      byte[] scratch,
      boolean lines,
      @Nullable XorLayer layer,
      DrawnLimits limits) {
    super(network, number, random, scratch);
    script = new Script(network.faults, random, limits, network.masks.steps());
    sendBytes = script.sendBytes;
    receiveBytes = script.receiveBytes;
    resetsAtOnce = script.resetsAtOnce;
    pattern = new Pattern(random.next(), lines);
    this.lines = lines;
    this.layer = layer;
  }

  @Override
  int operations() {
    return position;
  }

  @Override
  long sent() {
    return sent;
  }

  @Override
  void arrived(int count) {
    if (layer != null) {
      layer.apply(received, bytes, count);
    }
    int own = (int) Math.min(count, sent - received);
    int wrong = pattern.mismatch(received, bytes, own);
    if (wrong >= 0) {
      network.violate("order", number, "byte " + (received + wrong) + " is wrong");
    }
    boolean endOfLine = count == own + 1 && endIsAdded() && bytes[own] == '\n';
    if (count > own && !endOfLine) {
      network.violate(
          "order", number, (received + count) + " bytes came back, " + sent + " were sent");
    }
    received += count;
  }

  /// Tells whether one byte more than was sent comes back: the end of the last line.
  private boolean endIsAdded() {
    return lines && halfClosed && due < sent;
  }

  @Override
  void ended() {
    long expected = sent + (endIsAdded() ? 1 : 0);
    if (!halfClosed) {
      network.judge().complain("order", number, "the server ended the stream by itself");
    } else if (received != expected) {
      network
          .judge()
          .complain("complete", number, "got " + received + " of " + expected + " bytes, then end");
    }
  }

  /// Carries out the script as far as it goes now.
  @Override
  boolean step(SimSocket to) {
    long now = network.schedule.now();
    long argument = patient(script.arguments[position]);
    Script.Operation operation = script.operations[position];
    boolean first = !begun;
    begun = true;
    boolean over =
        switch (operation) {
          case SEND -> sendSome(to, first ? argument : sendLeft);
          case READ -> {
            readTarget = first ? Math.min(due, received + argument) : readTarget;
            yield received >= readTarget;
          }
          case READ_ALL -> received >= due;
          case PAUSE -> {
            waitUntil = first ? now + argument : waitUntil;
            yield now >= waitUntil;
          }
          case STOP_READING -> {
            deafUntil = now + argument;
            yield true;
          }
          case DRIP -> {
            drip = network.calm ? 0 : (int) argument;
            yield true;
          }
          case DEAF -> {
            deafUntil = Schedule.NEVER;
            yield true;
          }
          case HALF_CLOSE -> {
            if (first) {
              halfClosed = true;
              shutdownOutput(to);
            }
            yield false; // until the server's end of stream
          }
          case VANISH -> {
            vanish();
            yield false;
          }
          case CLOSE -> true;
        };
    if (isDone() || !over) {
      return false;
    }
    begun = false;
    position++;
    if (position == script.operations.length) {
      close(false);
    }
    return true;
  }

  /// Nobody waits long when faults have ended.
  private long patient(long argument) {
    Script.Operation operation = script.operations[position];
    boolean waits =
        operation == Script.Operation.PAUSE || operation == Script.Operation.STOP_READING;
    return waits && network.calm ? Math.min(argument, CALM_PAUSE_NANOS_MAX) : argument;
  }

  @Override
  void calm() {
    waitUntil = Math.min(waitUntil, network.schedule.now() + CALM_PAUSE_NANOS_MAX);
    super.calm();
  }

  private boolean sendSome(SimSocket to, long left) {
    sendLeft = left;
    while (sendLeft > 0) {
      if (sent == script.resetAt) {
        close(true);
        return false;
      }
      long count = Math.min(Math.min(sendLeft, script.resetAt - sent), buffer.capacity());
      count = Math.min(count, Math.max(1, to.room()));
      pattern.fill(sent, bytes, (int) count);
      if (layer != null) {
        layer.apply(sent, bytes, (int) count);
      }
      int taken = send(to, (int) count);
      if (taken == 0) {
        // Who never reads would wait for ever: the server reads no more while its output is full.
        return !isDone() && deafUntil == Schedule.NEVER;
      }
      due = lines ? pattern.lastLineEnd(sent, sent + taken, due) : sent + taken;
      sent += taken;
      sendLeft -= taken;
    }
    return true;
  }

  /// Everything else that can end the wait is told by [#changed].
  @Override
  void waitForTime() {
    if (script.operations[position] == Script.Operation.PAUSE) {
      network.schedule.atLatest(this, waitUntil);
    }
  }
}
