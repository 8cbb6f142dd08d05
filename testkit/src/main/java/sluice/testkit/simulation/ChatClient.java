package sluice.testkit.simulation;

import java.util.Arrays;

/// A client that says lines and checks those of the others: each speaker's in order, whole, none
/// twice, none missing.
final class ChatClient extends SimPeer {
  private static final int GAP_NANOS_MAX = 20_000_000;
  private static final int STOP_NANOS_MAX = 2_000_000_000;

  private final Chat chat;
  private final int lines;

  /// Resets before it says this line; never if there are fewer.
  private final int resetAt;

  /// The last line got of each speaker; -1 for none yet.
  private final int[] last;

  /// Vanishes before it says this line.
  private final int vanishAt;

  private byte[] saying = new byte[0];
  private int said;
  private int next;
  private long waitUntil;
  private boolean halfClosed;
  private boolean gone;
  private boolean hasGoodbye;
  private long sent;
  private byte[] partial = new byte[256];
  private int partialLength;

  ChatClient(
      SimNetwork network,
      int number,
      SplitMix random,
      byte[] scratch,
      Chat chat,
      int lines,
      int clients,
      boolean tiny,
      DrawnLimits limits) {
    super(network, number, random, scratch);
    this.chat = chat;
    this.lines = lines;
    last = new int[clients];
    Arrays.fill(last, -1);
    sendBytes = random.logarithmic(tiny ? 1 : 256, tiny ? 64 : 16_384);
    receiveBytes = random.logarithmic(tiny ? 1 : 256, tiny ? 64 : 16_384);
    resetsAtOnce = network.faults.strikes(Fault.RESET_BEFORE_ACCEPT, random);
    resetAt =
        network.faults.strikes(Fault.CLIENT_RESET, random)
            ? random.below(lines + 1)
            : Integer.MAX_VALUE;
    vanishAt =
        limits.endTheSilent() && network.faults.strikes(Fault.VANISH, random)
            ? random.below(lines + 1)
            : Integer.MAX_VALUE;
    if (network.faults.strikes(Fault.SLOW_READER, random)) {
      drip = random.logarithmic(1, 64);
    }
    chat.add(this);
  }

  int lines() {
    return lines;
  }

  int lastOf(int speaker) {
    return last[speaker];
  }

  boolean hasSaidAll() {
    return next == lines && said == saying.length;
  }

  /// The server has closed it before it had heard and said all.
  void lost() {
    gone = true;
  }

  /// Tells whether it has left without saying all that it would have said.
  boolean isGone() {
    return gone || (isDone() && !halfClosed);
  }

  @Override
  int operations() {
    return next;
  }

  @Override
  long sent() {
    return sent;
  }

  @Override
  void calm() {
    waitUntil = 0;
    super.calm();
  }

  @Override
  void arrived(int count) {
    for (int i = 0; i < count; i++) {
      if (partialLength == partial.length) {
        partial = Arrays.copyOf(partial, partialLength * 2);
      }
      partial[partialLength++] = bytes[i];
      if (bytes[i] == '\n') {
        heard(Arrays.copyOf(partial, partialLength));
        partialLength = 0;
      }
    }
  }

  private void heard(byte[] line) {
    String text = new String(line, java.nio.charset.StandardCharsets.US_ASCII);
    if (text.trim().equals(Chat.GOODBYE)) {
      hasGoodbye = true;
      return;
    }
    boolean mark = text.startsWith("m ");
    String[] words = (mark ? text.substring(2) : text).trim().split(" ", 3);
    int speaker;
    int count;
    try {
      speaker = Integer.parseInt(words[0]);
      count = Integer.parseInt(words[1]);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException _) {
      network.violate("order", number, "a line that nobody said: " + text);
      return;
    }
    int before = last[speaker];
    if (mark) {
      if (before != count) {
        network.violate(
            "order", number, "told of line " + count + " of " + speaker + " after " + before);
      }
      return;
    }
    boolean first = before < 0 && !chat.hearsFromTheStart(number, speaker);
    if (count != before + 1 && !first) {
      network.violate("order", number, "line " + count + " of " + speaker + " after " + before);
    } else if (!Arrays.equals(line, chat.line(speaker, count))) {
      network.violate("order", number, "line " + count + " of " + speaker + " is spoilt");
    }
    last[speaker] = count;
  }

  @Override
  void ended() {
    if (network.mayFail(number)) {
      return;
    }
    if (!halfClosed) {
      network.judge().complain("order", number, "the server ended the stream by itself");
    } else if (chat.saysGoodbye() && !hasGoodbye) {
      network
          .judge()
          .complain("complete", number, "the last broadcast before the close is missing");
    }
  }

  @Override
  boolean step(SimSocket to) {
    if (halfClosed) {
      return false; // until the server's end of stream
    }
    if (said < saying.length) {
      int count = Math.min(saying.length - said, Math.min(buffer.capacity(), to.room()));
      System.arraycopy(saying, said, bytes, 0, Math.max(count, 1));
      int taken = send(to, Math.max(count, 1));
      said += taken;
      sent += taken;
      if (taken > 0 && hasSaidAll()) {
        chat.changed();
      }
      return taken > 0;
    }
    if (next == vanishAt) {
      gone = true;
      vanish();
      return false;
    }
    if (next == resetAt) {
      gone = true;
      close(true);
      return false;
    }
    if (next < lines) {
      if (network.schedule.now() < waitUntil) {
        return false;
      }
      saying = chat.line(number, next++);
      said = 0;
      waitUntil = network.schedule.now() + random.logarithmic(1_000, GAP_NANOS_MAX);
      if (network.faults.strikes(Fault.STOPPED_READER, random)) {
        deafUntil = network.schedule.now() + random.logarithmic(10_000, STOP_NANOS_MAX);
      }
      return true;
    }
    if (chat.isComplete(this)) {
      halfClosed = true;
      shutdownOutput(to);
    }
    return false;
  }

  @Override
  void waitForTime() {
    if (next < lines && said == saying.length) {
      network.schedule.atLatest(this, waitUntil);
    }
  }

  @Override
  void finished() {
    chat.changed();
  }
}
