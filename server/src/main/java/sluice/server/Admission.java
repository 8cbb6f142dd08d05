package sluice.server;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import sluice.spi.Host;

/// Decides which clients a server takes, by its [Limits]. Thread-safe: clients come on one loop and
/// leave on others. Its lock is held for no call to anything else.
final class Admission {
  private static final long SECOND = 1_000_000_000L;

  /// From so much on the penalties of an address count, and they are never more than that; as in
  /// `PerSourcePenalties` of sshd_config(5).
  private static final long PENALTY_ENFORCED = Duration.ofSeconds(15).toNanos();

  private static final long PENALTY_MAX = Duration.ofMinutes(10).toNanos();

  /// How many of the longest unused addresses are looked at for one that can be forgotten.
  private static final int FORGET_TRIES = 8;

  /// What is known of one address: an IPv4 address or the first half of an IPv6 one.
  static final class Source {
    /// Clients it has now.
    private int open;

    /// Accepts that it may still have, and when that was true. It begins with two seconds' worth.
    private double accepts;

    private long countedAt;

    /// When its last penalty is over.
    private long penaltyEnd;

    private Source(double accepts, long now) {
      this.accepts = accepts;
      this.countedAt = now;
      this.penaltyEnd = now;
    }
  }

  private final Limits limits;
  private final Host host;
  private final boolean bySource;

  /// By prefix, the longest unused first.
  private final LinkedHashMap<Long, Source> sources = new LinkedHashMap<>(16, 0.75f, true);

  /// Stands for all addresses that there is no room for.
  private final Source others;

  /// Clients whose first frame is awaited.
  private final AtomicInteger awaiting = new AtomicInteger();

  private final AtomicInteger open = new AtomicInteger();

  Admission(Limits limits, Host host) {
    this.limits = limits;
    this.host = host;
    this.bySource = limits.maxPerAddress > 0 || limits.acceptRate > 0;
    this.others = new Source(2.0 * limits.acceptRate, host.nanoTime());
  }

  /// Returns how many clients there are.
  int open() {
    return open.get();
  }

  /// Returns what is known of where `peer` comes from; null if that does not matter.
  @Nullable Source source(@Nullable SocketAddress peer) {
    if (!bySource || !(peer instanceof InetSocketAddress inet)) {
      return null;
    }
    InetAddress address = inet.getAddress();
    if (address == null || (!limits.limitLocal && address.isLoopbackAddress())) {
      return null;
    }
    long prefix = prefix(address);
    synchronized (this) {
      Source known = sources.get(prefix);
      if (known != null) {
        return known;
      }
      long now = host.nanoTime();
      if (sources.size() >= Bounds.SOURCES_MAX && !forgetOne(now)) {
        return others;
      }
      Source fresh = new Source(2.0 * limits.acceptRate, now);
      sources.put(prefix, fresh);
      return fresh;
    }
  }

  /// Returns what an address has in common with those that one client can choose from. IPv4 in IPv6
  /// is IPv4: the JDK and our own backends give such an address as `Inet4Address`.
  static long prefix(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address ? bytes.getInt() & 0xFFFF_FFFFL : bytes.getLong();
  }

  private boolean forgetOne(long now) {
    Iterator<Source> longestUnused = sources.values().iterator();
    for (int i = 0; i < FORGET_TRIES && longestUnused.hasNext(); i++) {
      Source source = longestUnused.next();
      refill(source, now);
      if (source.open == 0
          && source.accepts >= 2.0 * limits.acceptRate
          && source.penaltyEnd - now <= 0) {
        longestUnused.remove();
        return true;
      }
    }
    return false;
  }

  /// Decides about a client. If it is taken, it counts until [#left].
  ///
  /// @return why it is refused, or null
  @Nullable Refusal decide(@Nullable Source source) {
    if (limits.maxConnections > 0 && open.get() >= limits.maxConnections) {
      return Refusal.MAX_CONNS;
    }
    if (isUnlucky()) {
      return Refusal.EARLY_DROP;
    }
    Refusal refusal = source == null ? null : decideBySource(source);
    if (refusal == null) {
      open.incrementAndGet();
    }
    return refusal;
  }

  private synchronized @Nullable Refusal decideBySource(Source source) {
    long now = host.nanoTime();
    if (limits.acceptRate > 0) {
      if (source.penaltyEnd - now > PENALTY_ENFORCED) {
        return Refusal.PENALTY;
      }
      refill(source, now);
      if (source.accepts < 1) {
        return Refusal.RATE;
      }
    }
    if (limits.maxPerAddress > 0 && source.open >= limits.maxPerAddress) {
      return Refusal.PER_ADDRESS;
    }
    source.accepts--;
    source.open++;
    return null;
  }

  private void refill(Source source, long now) {
    double earned = (double) (now - source.countedAt) / SECOND * limits.acceptRate;
    source.accepts = Math.min(2.0 * limits.acceptRate, source.accepts + earned);
    source.countedAt = now;
  }

  /// The chance grows in a straight line, as with `MaxStartups` of sshd_config(5).
  private boolean isUnlucky() {
    int start = limits.earlyDropStart;
    int full = limits.earlyDropFull;
    int waiting = awaiting.get();
    if (full == 0 || waiting < start) {
      return false;
    }
    if (waiting >= full) {
      return true;
    }
    double percent =
        limits.earlyDropPercent
            + (100.0 - limits.earlyDropPercent) * (waiting - start) / (full - start);
    return Math.floorMod(host.random(), 100) < percent;
  }

  /// The first frame of a client is awaited.
  void awaitsFrame() {
    awaiting.incrementAndGet();
  }

  /// It came, or its client is gone.
  void frameCame() {
    awaiting.decrementAndGet();
  }

  /// A client that was taken is gone.
  void left(@Nullable Source source, CloseReason why) {
    open.decrementAndGet();
    if (source != null) {
      leftBySource(source, penalty(why));
    }
  }

  private synchronized void leftBySource(Source source, long penalty) {
    source.open--;
    if (penalty > 0) {
      long now = host.nanoTime();
      long end = Math.max(0, source.penaltyEnd - now) + penalty;
      source.penaltyEnd = now + Math.min(end, PENALTY_MAX);
    }
  }

  private static long penalty(CloseReason why) {
    return switch (why) {
      case PROTOCOL, FRAME_TOO_LONG -> 5 * SECOND;
      case FIRST_FRAME, FRAME_DEADLINE, MIN_RATE -> SECOND;
      default -> 0;
    };
  }
}
