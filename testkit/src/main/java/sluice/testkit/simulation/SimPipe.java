package sluice.testkit.simulation;

import java.nio.ByteBuffer;

/// One direction of a connection: the sender's buffer, segments on their way, the receiver's
/// buffer.
///
/// All bytes lie in one ring, in the order written, between four counters: `read <= arrived <= sent
/// <= written`. What is not acknowledged (`written - arrived`) fills the sender's buffer; the
/// window is what the receiver's buffer has left of `sent - read`. Bytes are copied in and out at
/// the moment of the call.
final class SimPipe extends Schedule.Actor {
  private static final int SEGMENTS_MAX = 16;
  private static final int FIN = -1;
  private static final int RST = -2;

  private final SimNetwork network;
  private final byte[] ring;
  private final int sendBytes;
  private final int receiveBytes;
  private final int segmentBytes;
  private long written;
  private long sent;
  private long arrived;
  private long read;
  private boolean finWritten;
  private boolean finSent;
  private boolean finArrived;

  /// On the way: how many bytes, or [#FIN] or [#RST], and when they arrive. The last place is kept
  /// for a reset.
  private final int[] segments = new int[SEGMENTS_MAX + 1];

  private final long[] arrivals = new long[SEGMENTS_MAX + 1];
  private int first;
  private int count;
  private long lastArrival;

  /// Whatever is sent is lost.
  private boolean vanished;

  private SimSocket sender;
  private SimSocket receiver;

  @SuppressWarnings("NullAway.Init") // joined right after
  SimPipe(SimNetwork network, SplitMix random, int sendBytes, int receiveBytes) {
    super(random);
    this.network = network;
    this.sendBytes = sendBytes;
    this.receiveBytes = receiveBytes;
    segmentBytes = random.logarithmic(16, 65_536);
    ring = new byte[sendBytes + receiveBytes];
  }

  void join(SimSocket from, SimSocket to) {
    sender = from;
    receiver = to;
  }

  /// Returns how many bytes can be read now.
  int available() {
    return (int) (arrived - read);
  }

  boolean finArrived() {
    return finArrived;
  }

  int room() {
    return sendBytes - (int) (written - arrived);
  }

  /// Returns how much was written and has not arrived.
  int unsent() {
    return (int) (written - arrived);
  }

  /// As Linux does, says so only when a third of the buffer is free.
  boolean writable() {
    int used = (int) (written - arrived);
    return sendBytes - used >= Math.max(1, used / 2);
  }

  int write(ByteBuffer src, int most) {
    int bytes = Math.min(Math.min(most, src.remaining()), room());
    for (int left = bytes; left > 0; ) {
      int at = (int) (written % ring.length);
      int piece = Math.min(left, ring.length - at);
      src.get(ring, at, piece);
      written += piece;
      left -= piece;
    }
    transmit();
    return bytes;
  }

  int read(ByteBuffer dst, int most) {
    int bytes = Math.min(Math.min(most, dst.remaining()), available());
    for (int left = bytes; left > 0; ) {
      int at = (int) (read % ring.length);
      int piece = Math.min(left, ring.length - at);
      dst.put(ring, at, piece);
      read += piece;
      left -= piece;
    }
    transmit();
    return bytes;
  }

  /// Ends the stream, after what was written.
  void fin() {
    finWritten = true;
    transmit();
  }

  /// Drops what was not sent yet and sends a reset after what was.
  void reset() {
    written = sent;
    finWritten = false;
    push(RST);
  }

  /// Drops everything that has not arrived.
  void discard() {
    written = sent = arrived;
    count = 0;
    finWritten = false;
    network.schedule.at(this, Schedule.NEVER);
  }

  /// Loses what is on its way, and all that comes.
  void vanish() {
    vanished = true;
    count = 0;
    network.schedule.at(this, Schedule.NEVER);
  }

  private void transmit() {
    if (vanished) {
      return;
    }
    while (count < SEGMENTS_MAX && sent < written && sent - read < receiveBytes) {
      long window = receiveBytes - (sent - read);
      int bytes = (int) Math.min(Math.min(written - sent, window), segmentBytes);
      sent += bytes;
      push(bytes);
    }
    if (finWritten && !finSent && sent == written && count < SEGMENTS_MAX) {
      finSent = true;
      push(FIN);
    }
  }

  private void push(int segment) {
    if (vanished) {
      return;
    }
    // Segments may be late, but TCP keeps their order.
    lastArrival = Math.max(lastArrival, network.schedule.now() + network.latency(random));
    int at = (first + count++) % segments.length;
    segments[at] = segment;
    arrivals[at] = lastArrival;
    if (count == 1) {
      network.schedule.at(this, lastArrival);
    }
  }

  /// The first segment arrives.
  @Override
  void act() {
    int segment = segments[first];
    first = (first + 1) % segments.length;
    count--;
    if (count > 0) {
      network.schedule.at(this, arrivals[first]);
    }
    switch (segment) {
      case RST -> receiver.resetArrived();
      case FIN -> {
        finArrived = true;
        receiver.finArrived();
      }
      default -> {
        arrived += segment;
        receiver.dataArrived(segment);
        transmit();
        sender.peerTook();
      }
    }
  }
}
