package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.spi.Status;

/// A client that follows a script and checks what comes back: exactly the bytes it sent, in order,
/// and all of them unless it went away itself or the server was stopped.
final class SimClient extends Schedule.Actor implements SimSocket.Watcher {
  private static final int CONNECT_NANOS_MAX = 20_000_000;
  private static final long CONNECT_RETRY_NANOS = 1_000_000_000;
  private static final int REACTION_NANOS_MAX = 100_000;
  private static final int DRIP_NANOS_MAX = 10_000_000;

  final int number;

  private final SimNetwork network;
  private final Script script;
  private final Pattern pattern;
  private final byte[] bytes;
  private final ByteBuffer buffer;
  private @Nullable SimSocket socket;
  private long sent;
  private long received;
  private int position;
  private boolean begun;
  private long waitUntil;
  private long sendLeft;
  private long readTarget;
  private long deafUntil;
  private int drip;
  private long nextDrip;
  private boolean halfClosed;
  private boolean done;

  SimClient(SimNetwork network, int number, SplitMix random, byte[] scratch) {
    super(random);
    this.network = network;
    this.number = number;
    bytes = scratch;
    buffer = ByteBuffer.wrap(scratch);
    script = new Script(network.faults, random);
    pattern = new Pattern(random.next());
    network.schedule.at(this, random.logarithmic(1_000, CONNECT_NANOS_MAX));
  }

  boolean isDone() {
    return done;
  }

  int operations() {
    return position;
  }

  long sent() {
    return sent;
  }

  /// Ends every fault this client shows by itself, so that it must come to its end.
  void calm() {
    drip = 0;
    deafUntil = 0;
    network.schedule.atLatest(this, network.schedule.now() + 1);
  }

  @Override
  public void changed() {
    network.schedule.atLatest(this, network.schedule.now() + 1 + random.below(REACTION_NANOS_MAX));
  }

  @Override
  void act() {
    if (done) {
      return;
    }
    if (socket == null) {
      connect();
      return;
    }
    receive(socket);
    while (!done && step(socket)) {}
    if (!done) {
      waitForTime(socket);
    }
  }

  private void connect() {
    if (network.listeners.isEmpty()) {
      finish(); // refused: the server was stopped
      return;
    }
    int low = script.sendBytes;
    SimPipe up = new SimPipe(network, random.split(1), low, script.receiveBytes);
    SimPipe down = new SimPipe(network, random.split(2), script.receiveBytes, low);
    SimSocket mine = new SimSocket(network, number, down, up);
    SimSocket accepted = new SimSocket(network, number, up, down);
    up.join(mine, accepted);
    down.join(accepted, mine);
    if (!network.listeners.getFirst().offer(accepted)) {
      network.schedule.at(this, network.schedule.now() + CONNECT_RETRY_NANOS);
      return;
    }
    network.note(Trace.Event.CONNECT, number, script.sendBytes);
    socket = mine;
    mine.watch(this);
    if (script.resetsAtOnce) {
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
      } else if (result < 0) {
        failed(result);
      } else {
        verify(result);
      }
      if (drip > 0) {
        nextDrip = now + 1 + random.below(DRIP_NANOS_MAX);
      }
    }
  }

  private void verify(int count) {
    if (received + count > sent) {
      network.violate(
          "order", number, (received + count) + " bytes came back, " + sent + " were sent");
    }
    int wrong = pattern.mismatch(received, bytes, count);
    if (wrong >= 0) {
      network.violate("order", number, "byte " + (received + wrong) + " is wrong");
    }
    received += count;
  }

  private void ended() {
    if (!network.stopping) {
      if (!halfClosed) {
        network.violate("order", number, "the server ended the stream by itself");
      } else if (received != sent) {
        network.violate("complete", number, "got " + received + " of " + sent + " bytes, then end");
      }
    }
    close(false);
  }

  private void failed(int status) {
    if (!network.stopping) {
      network.violate("reset", number, "connection failed: " + Status.describe(status));
    }
    close(false);
  }

  /// Carries out the script as far as it goes now; false if it has to wait.
  private boolean step(SimSocket to) {
    long now = network.schedule.now();
    int argument = script.arguments[position];
    Script.Operation operation = script.operations[position];
    boolean first = !begun;
    begun = true;
    boolean over =
        switch (operation) {
          case SEND -> send(to, first ? argument : sendLeft);
          case READ -> {
            readTarget = first ? Math.min(sent, received + argument) : readTarget;
            yield received >= readTarget;
          }
          case READ_ALL -> received >= sent;
          case PAUSE -> {
            waitUntil = first ? now + argument : waitUntil;
            yield now >= waitUntil;
          }
          case STOP_READING -> {
            deafUntil = now + argument;
            yield true;
          }
          case DRIP -> {
            drip = argument;
            yield true;
          }
          case DEAF -> {
            deafUntil = Schedule.NEVER;
            yield true;
          }
          case HALF_CLOSE -> {
            if (first) {
              halfClose(to);
            }
            yield false; // until the server's end of stream
          }
          case CLOSE -> true;
        };
    if (done || !over) {
      return false;
    }
    begun = false;
    position++;
    if (position == script.operations.length) {
      close(false);
    }
    return true;
  }

  private boolean send(SimSocket to, long left) {
    sendLeft = left;
    while (sendLeft > 0) {
      if (sent == script.resetAt) {
        close(true);
        return false;
      }
      long count = Math.min(Math.min(sendLeft, script.resetAt - sent), buffer.capacity());
      count = Math.min(count, Math.max(1, to.room()));
      pattern.fill(sent, bytes, (int) count);
      int result = to.write(buffer.clear().limit((int) count), (int) count);
      if (result == Status.AGAIN) {
        // Who never reads would wait for ever: the server reads no more while its output is full.
        return deafUntil == Schedule.NEVER;
      }
      network.note(Trace.Event.CLIENT_WRITE, number, result);
      if (result < 0) {
        failed(result);
        return false;
      }
      sent += result;
      sendLeft -= result;
    }
    return true;
  }

  private void halfClose(SimSocket to) {
    network.note(Trace.Event.CLIENT_SHUTDOWN, number, sent);
    halfClosed = true;
    to.shutdownOutput();
  }

  private void close(boolean reset) {
    network.note(
        reset ? Trace.Event.CLIENT_RESET : Trace.Event.CLIENT_CLOSE, number, sent - received);
    Objects.requireNonNull(socket).close(reset);
    finish();
  }

  private void finish() {
    done = true;
    network.schedule.at(this, Schedule.NEVER);
  }

  /// Everything else that can end the wait is told by [#changed].
  private void waitForTime(SimSocket from) {
    if (script.operations[position] == Script.Operation.PAUSE) {
      network.schedule.atLatest(this, waitUntil);
    }
    boolean something = (from.readiness() & ~SimSocket.WRITE) != 0;
    long readAt = Math.max(deafUntil, drip > 0 ? nextDrip : 0);
    if (something && readAt != Schedule.NEVER) {
      network.schedule.atLatest(this, readAt);
    }
  }
}
