package sluice.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import sluice.spi.PeerWatch;

/// What one server allows its clients: how many, how long, how much. Immutable; made by a
/// [Builder].
///
/// A limit that is reached ends or refuses a client with a [CloseReason] or a [Refusal] of its own.
/// Zero switches a limit off. Limits by address, and the rate of accepting, do not apply to clients
/// of this machine (loopback and Unix domain), unless [Builder#limitLocal] says so.
public final class Limits {
  /// Where a descriptor limit is not known.
  static final int CONNECTIONS_MAX = 10_000;

  private static final int DESCRIPTORS_KEPT = 64;

  final int maxConnections;
  final int maxPerAddress;
  final int acceptRate;
  final int earlyDropStart;
  final int earlyDropPercent;
  final int earlyDropFull;
  final Duration firstFrame;
  final Duration frame;
  final int minRate;
  final Duration idle;
  final Duration writeStall;
  final Duration halfClose;
  final Duration lifetime;
  final int outputHard;
  final int outputSoft;
  final Duration outputSoftTime;
  final long memory;
  final int sendBuffer;
  final int maxLine;
  final int maxFrame;
  final Duration drain;
  final boolean limitLocal;
  final PeerWatch peerWatch;

  private Limits(Builder builder) {
    maxConnections = builder.maxConnections;
    maxPerAddress = builder.maxPerAddress;
    acceptRate = builder.acceptRate;
    earlyDropStart = builder.earlyDropStart;
    earlyDropPercent = builder.earlyDropPercent;
    earlyDropFull = builder.earlyDropFull;
    firstFrame = builder.firstFrame;
    frame = builder.frame;
    minRate = builder.minRate;
    idle = builder.idle;
    writeStall = builder.writeStall;
    halfClose = builder.halfClose;
    lifetime = builder.lifetime;
    outputHard = builder.outputHard;
    outputSoft = outputHard > 0 ? Math.min(builder.outputSoft, outputHard) : builder.outputSoft;
    outputSoftTime = builder.outputSoftTime;
    memory = builder.memory;
    sendBuffer = builder.sendBuffer;
    maxLine = builder.maxLine;
    maxFrame = builder.maxFrame;
    drain = builder.drain;
    limitLocal = builder.limitLocal;
    peerWatch = peerWatch(writeStall);
  }

  /// Begins with the defaults.
  public static Builder builder() {
    return new Builder();
  }

  /// Returns the most clients at a time; 0 if there is no limit.
  public int maxConnections() {
    return maxConnections;
  }

  /// Returns the bytes that all output, held input and unfinished frames may take.
  public long memory() {
    return memory;
  }

  /// Returns the most bytes of a line; 0 if only its handler limits it.
  public int maxLine() {
    return maxLine;
  }

  /// Returns how long [Server#close] lets clients finish.
  public Duration drain() {
    return drain;
  }

  /// Returns the limit of a line whose handler wants at most `own`.
  int line(int own) {
    return maxLine > 0 ? Math.min(own, maxLine) : own;
  }

  /// Returns the limit of a frame whose handler wants at most `own`.
  int frame(int own) {
    return maxFrame > 0 ? Math.min(own, maxFrame) : own;
  }

  /// Returns how the system watches peers. While it has a limit for what is not acknowledged, one
  /// probe that is not answered by then is enough for it, so that this cannot be shorter than all
  /// of them take ([tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html), `TCP_USER_TIMEOUT`).
  /// Nor than the deadline for output, as it also drops a living peer that takes nothing.
  private static PeerWatch peerWatch(Duration writeStall) {
    int probing = Bounds.KEEPALIVE_IDLE + Bounds.KEEPALIVE_PROBES * Bounds.KEEPALIVE_INTERVAL;
    long most = Math.max(writeStall.toMillis() * 3 / 2, probing * 1000L);
    int unacknowledged = writeStall.isZero() ? 0 : (int) Math.min(most, Integer.MAX_VALUE);
    return new PeerWatch(
        Bounds.KEEPALIVE_IDLE, Bounds.KEEPALIVE_INTERVAL, Bounds.KEEPALIVE_PROBES, unacknowledged);
  }

  /// Returns what clients can make the server hold at worst, in bytes: the sum over all of them, or
  /// [#memory] where that is less; `Long.MAX_VALUE` if neither is limited.
  public long worstCaseBytes() {
    long each = Math.addExact((long) outputHard, Bounds.HELD_BYTES_MAX);
    boolean counted = maxConnections > 0 && outputHard > 0;
    long sum = counted ? Math.multiplyExact(each, (long) maxConnections) : Long.MAX_VALUE;
    return memory > 0 ? Math.min(sum, memory) : sum;
  }

  /// Describes limits. Each method returns this builder; what makes no sense is told by [#build],
  /// all at once. Confined to one thread.
  public static final class Builder {
    private int maxConnections = defaultConnections(Descriptors.limit());
    private int maxPerAddress = 256;
    private int acceptRate = 200;
    private int earlyDropStart = 512;
    private int earlyDropPercent = 30;
    private int earlyDropFull = 1024;
    private Duration firstFrame = Duration.ofSeconds(10);
    private Duration frame = Duration.ofSeconds(30);
    private int minRate = 240;
    private Duration idle = Duration.ofMinutes(5);
    private Duration writeStall = Duration.ofSeconds(30);
    private Duration halfClose = Duration.ofSeconds(30);
    private Duration lifetime = Duration.ZERO;
    private int outputHard = 256 * 1024;
    private int outputSoft = 64 * 1024;
    private Duration outputSoftTime = Duration.ofSeconds(10);
    private long memory = Runtime.getRuntime().maxMemory() / 4;
    private int sendBuffer;
    private int maxLine;
    private int maxFrame;
    private Duration drain = Duration.ofSeconds(30);
    private boolean limitLocal;

    private Builder() {}

    /// A client may need two descriptors, if its handler connects out.
    static int defaultConnections(long descriptors) {
      return Math.clamp((descriptors - DESCRIPTORS_KEPT) / 2, 1, CONNECTIONS_MAX);
    }

    /// Sets how many clients there may be at a time; one more is refused ([Refusal#MAX_CONNS]). By
    /// default 10,000, or half of what the process has descriptors for.
    public Builder maxConnections(int clients) {
      maxConnections = clients;
      return this;
    }

    /// Sets how many clients one address may have at a time: one IPv4 address or one /64 of IPv6
    /// ([Refusal#PER_ADDRESS]). By default 256.
    public Builder maxPerAddress(int clients) {
      maxPerAddress = clients;
      return this;
    }

    /// Sets how many clients of one address are accepted in a second, and twice as many after a
    /// quiet time ([Refusal#RATE]). An address whose clients keep breaking the rules is refused for
    /// a while ([Refusal#PENALTY]). By default 200.
    public Builder acceptRate(int clientsPerSecond) {
      acceptRate = clientsPerSecond;
      return this;
    }

    /// Sets when clients are refused at random, while many have not sent a first frame
    /// ([Refusal#EARLY_DROP]): `percent` of them from `start` such clients on, all from `full` on.
    /// By default 512, 30 and 1,024. It concerns handlers of [Frames] only.
    public Builder earlyDrop(int start, int percent, int full) {
      earlyDropStart = start;
      earlyDropPercent = percent;
      earlyDropFull = full;
      return this;
    }

    /// Sets how long after it was accepted a client may take until its first frame is complete,
    /// layers included ([CloseReason#FIRST_FRAME]). By default 10 s. It concerns handlers of
    /// [Frames] only; switch it off where clients may listen without ever saying anything.
    public Builder firstFrame(Duration time) {
      firstFrame = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how long a frame may take from its first byte to its last, however many come in between
    /// ([CloseReason#FRAME_DEADLINE]). By default 30 s.
    public Builder frame(Duration time) {
      frame = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how fast an unfinished frame must come, once it is 5 s old ([CloseReason#MIN_RATE]). By
    /// default 240.
    public Builder minRate(int bytesPerSecond) {
      minRate = bytesPerSecond;
      return this;
    }

    /// Sets how long a client may neither send nor take a byte ([CloseReason#IDLE]); for each
    /// client up to a tenth more or less, so that those who came together do not leave together. By
    /// default 300 s.
    public Builder idle(Duration time) {
      idle = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how long a client may take nothing of the output that waits for it
    /// ([CloseReason#WRITE_STALL]); ten times as long on NIO, which cannot see what the system has
    /// and the client has not. By default 30 s.
    ///
    /// The system itself drops a peer that leaves unacknowledged what it has, or does not answer
    /// when it is asked, for two minutes, or half as long again as this where that is more
    /// ([CloseReason#PEER_DEAD]). That is how one is noticed that has vanished without a word. On
    /// NIO, only if nothing is on its way to it.
    public Builder writeStall(Duration time) {
      writeStall = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how long a client that has ended its half may neither get nor take a byte
    /// ([CloseReason#HALF_CLOSE]). By default 30 s.
    public Builder halfClose(Duration time) {
      halfClose = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how long a connection may last at all ([CloseReason#LIFETIME]). Off by default.
    public Builder lifetime(Duration time) {
      lifetime = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how much output may wait for a client before a further write is refused
    /// ([CloseReason#OUT_HARD]). By default 256 KiB.
    public Builder output(int bytes) {
      outputHard = bytes;
      return this;
    }

    /// Sets how long more than `bytes` may wait for a client without a break
    /// ([CloseReason#OUT_SOFT]). By default 64 KiB for 10 s.
    public Builder outputSoft(int bytes, Duration time) {
      outputSoft = bytes;
      outputSoftTime = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets how much all output, held input and unfinished frames may take together. From 80 % on
    /// less is queued for each client, from 90 % on new ones are refused ([Refusal#MEMORY]), and at
    /// 95 % the client that holds most is closed ([CloseReason#EVICTED]). Each loop has an equal
    /// share. By default a quarter of the largest heap.
    public Builder memory(long bytes) {
      memory = bytes;
      return this;
    }

    /// Sets how much the system may hold for a client that the client has not taken: it takes so
    /// many bytes, and a little memory beside them. Without it, the system itself decides, up to
    /// several MiB for each (`net.ipv4.tcp_wmem`), which is right for few clients far away, and too
    /// much for many that somebody pushes data to. Off by default.
    public Builder sendBuffer(int bytes) {
      sendBuffer = bytes;
      return this;
    }

    /// Sets how long a line may be at most, whatever its handler allows. Off by default.
    public Builder maxLine(int bytes) {
      maxLine = bytes;
      return this;
    }

    /// Sets how long any other frame may be at most whose length the client chooses, whatever its
    /// handler allows. Off by default.
    public Builder maxFrame(int bytes) {
      maxFrame = bytes;
      return this;
    }

    /// Sets how long [Server#close] lets clients finish. By default 30 s.
    public Builder drain(Duration time) {
      drain = Objects.requireNonNull(time, "time");
      return this;
    }

    /// Sets whether clients of this machine are limited like others.
    public Builder limitLocal(boolean limited) {
      limitLocal = limited;
      return this;
    }

    /// Returns everything that makes no sense, a sentence each; empty if [#build] will succeed.
    public List<String> problems() {
      List<String> problems = new ArrayList<>();
      positive(problems, "max-connections", maxConnections);
      positive(problems, "max-per-address", maxPerAddress);
      positive(problems, "accept-rate", acceptRate);
      positive(problems, "min-rate", minRate);
      positive(problems, "output-limit", outputHard);
      positive(problems, "output-soft", outputSoft);
      positive(problems, "memory-limit", memory);
      positive(problems, "send-buffer", sendBuffer);
      positive(problems, "max-line", maxLine);
      positive(problems, "max-frame", maxFrame);
      time(problems, "first-frame-timeout", firstFrame);
      time(problems, "frame-timeout", frame);
      time(problems, "idle-timeout", idle);
      time(problems, "write-timeout", writeStall);
      time(problems, "half-close-timeout", halfClose);
      time(problems, "lifetime", lifetime);
      time(problems, "output-soft", outputSoftTime);
      if (drain.isNegative()) {
        problems.add("drain-timeout must not be negative, but is " + drain);
      }
      long descriptors = Descriptors.limit() - DESCRIPTORS_KEPT;
      if (maxConnections > descriptors) {
        problems.add(
            "max-connections must be at most %d here, not %d: raise the hard limit of descriptors"
                .formatted(Math.max(0, descriptors), maxConnections));
      }
      if (memory > Runtime.getRuntime().maxMemory()) {
        problems.add(
            "memory-limit must be at most the largest heap, %d, not %d: set another with -Xmx"
                .formatted(Runtime.getRuntime().maxMemory(), memory));
      }
      if (outputHard > 0 && outputHard < Bounds.OUTPUT_HIGH_BYTES) {
        problems.add(
            "output-limit must be 0 or at least %d, the mark above which nothing is read, not %d"
                .formatted(Bounds.OUTPUT_HIGH_BYTES, outputHard));
      }
      if (memory > 0 && memory < Bounds.MEMORY_MIN) {
        problems.add(
            "memory-limit must be 0 or at least %d, not %d".formatted(Bounds.MEMORY_MIN, memory));
      }
      if (earlyDropStart < 0
          || earlyDropPercent < 1
          || earlyDropPercent > 100
          || earlyDropFull < earlyDropStart) {
        problems.add(
            "early-drop must be START:PERCENT:FULL with PERCENT from 1 to 100 and FULL not below"
                + " START, not %d:%d:%d"
                    .formatted(earlyDropStart, earlyDropPercent, earlyDropFull));
      }
      return problems;
    }

    private static void positive(List<String> problems, String name, long value) {
      if (value < 0) {
        problems.add(name + " must not be negative, but is " + value + " (0 switches it off)");
      }
    }

    private static void time(List<String> problems, String name, Duration value) {
      if (value.isNegative()) {
        problems.add(name + " must not be negative, but is " + value + " (0 switches it off)");
      } else if (value.isPositive() && value.compareTo(Bounds.DEADLINE_MIN) < 0) {
        problems.add(
            "%s must be 0 or at least %d ms, not %s"
                .formatted(name, Bounds.DEADLINE_MIN.toMillis(), value));
      } else if (value.compareTo(Bounds.DEADLINE_MAX) > 0) {
        problems.add(
            "%s must be at most %d days, not %s"
                .formatted(name, Bounds.DEADLINE_MAX.toDays(), value));
      }
    }

    /// Returns these limits.
    ///
    /// @throws IllegalArgumentException with all [#problems]
    public Limits build() {
      List<String> problems = problems();
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(String.join("; ", problems));
      }
      return new Limits(this);
    }
  }
}
