package sluice.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Libc;
import sluice.spi.PeerWatch;

/// Options of sockets.
public final class SocketOptions {
  private SocketOptions() {}

  /// Sets one: 0, or the negated error.
  public static int set(Arena arena, int fd, int level, int name, int value) {
    return Libc.setsockopt(fd, level, name, arena.allocateFrom(JAVA_INT, value));
  }

  /// A wish, as the system may hold more.
  static void limitSendBuffer(int fd, int bytes) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = set(arena, fd, SysSocket.SOL_SOCKET, SysSocket.SO_SNDBUF, bytes);
    }
  }

  /// Wishes, which accepted connections inherit from their listener: what cannot be set is left as
  /// it is.
  static void watchPeer(int fd, PeerWatch watch) {
    try (Arena arena = Arena.ofConfined()) {
      int tcp = SysSocket.IPPROTO_TCP;
      int _ = set(arena, fd, tcp, SysSocket.TCP_KEEPIDLE, watch.idleSeconds());
      int _ = set(arena, fd, tcp, SysSocket.TCP_KEEPINTVL, watch.intervalSeconds());
      int _ = set(arena, fd, tcp, SysSocket.TCP_KEEPCNT, watch.probes());
      int _ = set(arena, fd, tcp, SysSocket.TCP_USER_TIMEOUT, watch.unacknowledgedMillis());
      int _ = set(arena, fd, SysSocket.SOL_SOCKET, SysSocket.SO_KEEPALIVE, 1);
    }
  }
}
