package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.spi.Status;

/// One end of a simulated connection, as Linux treats it: what has arrived can be read before a
/// reset is told, a reset is told once and is an end of stream afterwards, a close with unread data
/// is a reset, and so is the answer to data for a closed socket.
final class SimSocket {
  static final int READ = 1;
  static final int WRITE = 2;
  static final int HANGUP = 8;
  static final int ERROR = 16;

  /// What is told whatever the interest.
  static final int ALWAYS = HANGUP | ERROR;

  /// Told after anything has changed.
  interface Watcher {
    void changed();
  }

  /// The connection.
  final int id;

  private final SimNetwork network;
  private final SimPipe in;
  private final SimPipe out;
  private @Nullable Watcher watcher;
  private boolean dead;
  private boolean closed;
  private boolean outputShut;

  private boolean endRead;
  private long bothEndedAt = Schedule.NEVER;

  private int error;
  private boolean resetCame;

  /// When the peer's system last took something.
  private final LastTime taken;

  /// Since when something has waited to be read.
  private long unreadSince = Schedule.NEVER;

  SimSocket(SimNetwork network, int id, SimPipe in, SimPipe out) {
    this.network = network;
    this.id = id;
    this.in = in;
    this.out = out;
    taken = new LastTime(network.holdUps, network.schedule.now());
  }

  void watch(@Nullable Watcher value) {
    watcher = value;
  }

  void changed() {
    Watcher told = watcher;
    if (told != null) {
      told.changed();
    }
  }

  /// Tells whether a reset was sent or has arrived.
  boolean isDead() {
    return dead;
  }

  /// Tells whether the peer has reset the connection.
  boolean resetCame() {
    return resetCame;
  }

  LastTime taken() {
    return taken;
  }

  /// Returns since when something has waited to be read; [Schedule#NEVER] if nothing does.
  long unreadSince() {
    return in.available() > 0 ? unreadSince : Schedule.NEVER;
  }

  /// The peer's system has taken something.
  void peerTook() {
    taken.happened(network.schedule.now());
    changed();
  }

  /// The peer's host, and all that is on its way, is gone without a word.
  void vanish() {
    in.vanish();
    out.vanish();
    closed = true;
    watcher = null;
  }

  int available() {
    return in.available();
  }

  int room() {
    return out.room();
  }

  int unsent() {
    return out.unsent();
  }

  int readiness() {
    int mask = error != 0 ? ERROR : 0;
    boolean inputEnded = dead || in.finArrived();
    if (inputEnded || in.available() > 0) {
      mask |= READ;
    }
    boolean outputEnded = dead || outputShut;
    if (outputEnded || out.writable()) {
      mask |= WRITE;
    }
    return inputEnded && outputEnded ? mask | HANGUP : mask;
  }

  int read(ByteBuffer dst, int most) {
    if (in.available() > 0) {
      network.progress++;
      unreadSince = network.schedule.now();
      return in.read(dst, most);
    }
    if (in.finArrived()) {
      endRead = true;
      noteEnds();
      return Status.END; // even if a reset came later
    }
    int status = takeError();
    return status != 0 ? status : dead ? Status.END : Status.AGAIN;
  }

  int write(ByteBuffer src, int most) {
    int status = takeError();
    if (status != 0) {
      return status;
    }
    if (dead || outputShut) {
      return Status.PIPE;
    }
    int count = out.write(src, most);
    if (count == 0) {
      return Status.AGAIN;
    }
    network.progress++;
    return count;
  }

  private int takeError() {
    int status = error;
    error = 0;
    return status;
  }

  int shutdownOutput() {
    if (dead) {
      return Status.INVALID;
    }
    network.progress++;
    outputShut = true;
    out.fin();
    noteEnds();
    changed();
    return Status.END;
  }

  private void noteEnds() {
    if (endRead && outputShut && bothEndedAt == Schedule.NEVER) {
      bothEndedAt = network.schedule.now();
    }
  }

  /// Returns since when both directions have ended; [Schedule#NEVER] if they have not.
  long bothEndedAt() {
    return bothEndedAt;
  }

  /// Closes; with a reset if `abortive` or if not everything was read.
  void close(boolean abortive) {
    network.progress++;
    closed = true;
    watcher = null;
    if (dead) {
      return;
    }
    if (abortive || in.available() > 0) {
      sendReset();
    } else if (!outputShut) {
      outputShut = true;
      out.fin();
    }
  }

  private void sendReset() {
    dead = true;
    in.discard();
    out.reset();
  }

  void dataArrived(int bytes) {
    if (dead) {
      return;
    }
    network.progress++;
    network.note(Trace.Event.ARRIVED, id, bytes);
    if (in.available() == bytes) {
      unreadSince = network.schedule.now();
    }
    if (closed) {
      sendReset();
    } else {
      changed();
    }
  }

  void finArrived() {
    network.progress++;
    network.note(Trace.Event.FIN_ARRIVED, id, 0);
    changed();
  }

  void resetArrived() {
    if (dead) {
      return;
    }
    network.progress++;
    network.note(Trace.Event.RST_ARRIVED, id, 0);
    dead = true;
    resetCame = true;
    error = in.finArrived() ? Status.PIPE : Status.RESET;
    in.discard();
    out.discard();
    changed();
  }
}
