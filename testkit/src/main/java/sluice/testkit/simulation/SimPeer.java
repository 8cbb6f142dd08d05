package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.spi.Status;

/// A client of the program under test: it connects, reads what comes, at its own pace, and does
/// something of its own. What that is, and what has to come, subclasses know.
abstract class SimPeer extends Schedule.Actor implements SimSocket.Watcher {
  private static final int CONNECT_NANOS_MAX = 20_000_000;
  private static final long CONNECT_RETRY_NANOS = 1_000_000_000;
  private static final int REACTION_NANOS_MAX = 100_000;
  private static final int DRIP_NANOS_MAX = 10_000_000;

  final int number;
  final SimNetwork network;
  final byte[] bytes;
  final ByteBuffer buffer;

  /// How much its system holds of what it sends, and of what comes. Drawn before it acts.
  int sendBytes;

  int receiveBytes;

  /// Resets as soon as it is connected.
  boolean resetsAtOnce;

  /// Reads nothing before.
  long deafUntil;

  /// Reads so many bytes at a time; 0 for all there are.
  int drip;

  private @Nullable SimSocket socket;
  private long nextDrip;
  private boolean done;

  SimPeer(SimNetwork network, int number, SplitMix random, byte[] scratch) {
    super(random);
    this.network = network;
    this.number = number;
    bytes = scratch;
    buffer = ByteBuffer.wrap(scratch);
    network.schedule.at(this, random.logarithmic(1_000, CONNECT_NANOS_MAX));
  }

  /// The first `count` of [#bytes] were received.
  abstract void arrived(int count);

  /// The server has ended the stream.
  abstract void ended();

  /// Does what there is to do next; false if it has to wait.
  abstract boolean step(SimSocket to);

  /// Sees to it that it acts when the time has come that it waits for.
  void waitForTime() {}

  /// Returns how many steps it has done.
  abstract int operations();

  /// Returns how many bytes it has sent.
  abstract long sent();

  final boolean isDone() {
    return done;
  }

  /// Reads nothing before `time`, unless faults have ended.
  final void readLater(long time) {
    if (!network.calm) {
      deafUntil = Math.max(deafUntil, time);
    }
  }

  /// Ends every fault this client shows by itself, so that it must come to its end.
  void calm() {
    drip = 0;
    deafUntil = 0;
    actSoon();
  }

  final void actSoon() {
    network.schedule.atLatest(this, network.schedule.now() + 1);
  }

  @Override
  public final void changed() {
    network.schedule.atLatest(this, network.schedule.now() + 1 + random.below(REACTION_NANOS_MAX));
  }

  @Override
  final void act() {
    if (done) {
      return;
    }
    SimSocket from = socket;
    if (from == null) {
      connect();
      return;
    }
    receive(from);
    while (!done && step(from)) {}
    if (!done) {
      waitForTime();
      boolean something = (from.readiness() & ~SimSocket.WRITE) != 0;
      long readAt = Math.max(deafUntil, drip > 0 ? nextDrip : 0);
      if (something && readAt != Schedule.NEVER) {
        network.schedule.atLatest(this, readAt);
      }
    }
  }

  private void connect() {
    SimListener listener = network.listener(Simulation.FRONT);
    if (listener == null) {
      finish(); // refused: the server was stopped
      return;
    }
    SimPipe up = new SimPipe(network, random.split(1), sendBytes, receiveBytes);
    SimPipe down = new SimPipe(network, random.split(2), receiveBytes, sendBytes);
    SimSocket mine = new SimSocket(network, number, down, up);
    SimSocket accepted = new SimSocket(network, number, up, down);
    up.join(mine, accepted);
    down.join(accepted, mine);
    if (!listener.offer(accepted)) {
      network.schedule.at(this, network.schedule.now() + CONNECT_RETRY_NANOS);
      return;
    }
    network.note(Trace.Event.CONNECT, number, sendBytes);
    socket = mine;
    mine.watch(this);
    if (resetsAtOnce) {
      mine.close(true);
      accepted.resetArrived();
      finish();
    } else {
      network.schedule.at(this, network.schedule.now() + network.latency(random));
    }
  }

  private void receive(SimSocket from) {
    while (!done) {
      long now = network.schedule.now();
      if (now < deafUntil || (drip > 0 && now < nextDrip)) {
        return;
      }
      buffer.clear();
      int most = drip > 0 ? drip : buffer.capacity();
      int result = from.read(buffer, most);
      if (result == Status.AGAIN) {
        return;
      }
      network.note(Trace.Event.CLIENT_READ, number, result);
      if (result == Status.END) {
        ended();
        close(false);
      } else if (result < 0) {
        failed(result);
      } else {
        arrived(result);
      }
      if (drip > 0) {
        nextDrip = now + 1 + random.below(DRIP_NANOS_MAX);
      }
    }
  }

  /// Sends the first `count` of [#bytes]: how many were taken, or 0 if there is no room or the
  /// connection has failed.
  final int send(SimSocket to, int count) {
    int result = to.write(buffer.clear().limit(count), count);
    if (result == Status.AGAIN) {
      return 0;
    }
    network.note(Trace.Event.CLIENT_WRITE, number, result);
    if (result < 0) {
      failed(result);
      return 0;
    }
    return result;
  }

  private void failed(int status) {
    network.judge().complain("reset", number, "connection failed: " + Status.describe(status));
    close(false);
  }

  final void shutdownOutput(SimSocket to) {
    network.note(Trace.Event.CLIENT_SHUTDOWN, number, sent());
    to.shutdownOutput();
  }

  final void close(boolean reset) {
    network.note(reset ? Trace.Event.CLIENT_RESET : Trace.Event.CLIENT_CLOSE, number, sent());
    Objects.requireNonNull(socket).close(reset);
    finish();
  }

  /// Is gone without a word.
  final void vanish() {
    network.note(Trace.Event.CLIENT_VANISH, number, sent());
    Objects.requireNonNull(socket).vanish();
    finish();
  }

  private void finish() {
    done = true;
    network.schedule.at(this, Schedule.NEVER);
    finished();
  }

  /// It will not act any more.
  void finished() {}
}
