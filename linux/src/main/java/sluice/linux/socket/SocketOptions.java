package sluice.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Libc;
import sluice.spi.PeerWatch;

/// Options of sockets that are wishes: what cannot be set is left as it is.
final class SocketOptions {
  private SocketOptions() {}

  static void limitSendBuffer(int fd, int bytes) {
    try (Arena arena = Arena.ofConfined()) {
      set(fd, SysSocket.SOL_SOCKET, SysSocket.SO_SNDBUF, arena.allocateFrom(JAVA_INT, bytes));
    }
  }

  /// Accepted connections inherit all of them from their listener.
  static void watchPeer(int fd, PeerWatch watch) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      tcp(fd, SysSocket.TCP_KEEPIDLE, value, watch.idleSeconds());
      tcp(fd, SysSocket.TCP_KEEPINTVL, value, watch.intervalSeconds());
      tcp(fd, SysSocket.TCP_KEEPCNT, value, watch.probes());
      tcp(fd, SysSocket.TCP_USER_TIMEOUT, value, watch.unacknowledgedMillis());
      value.set(JAVA_INT, 0, 1);
      set(fd, SysSocket.SOL_SOCKET, SysSocket.SO_KEEPALIVE, value);
    }
  }

  private static void tcp(int fd, int name, MemorySegment memory, int value) {
    memory.set(JAVA_INT, 0, value);
    set(fd, SysSocket.IPPROTO_TCP, name, memory);
  }

  private static void set(int fd, int level, int name, MemorySegment value) {
    int _ = Libc.setsockopt(fd, level, name, value);
  }
}
