package sluice.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Descriptors;
import sluice.Listener;
import sluice.Pollable;
import sluice.Poller;
import sluice.StreamSocket;
import sluice.UdpSocket;
import sluice.internal.loop.SystemHost;
import sluice.linux.abi.Arch;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.SysEpoll;
import sluice.linux.abi.SysSocket;
import sluice.linux.descriptor.LinuxDescriptors;
import sluice.linux.epoll.EpollPoller;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.SocketAddresses;
import sluice.linux.poll.PollSelect;
import sluice.linux.socket.LinuxListener;
import sluice.linux.socket.LinuxStream;
import sluice.linux.socket.LinuxUdp;
import sluice.linux.socket.SocketOptions;
import sluice.spi.Addresses;
import sluice.spi.BackendProvider;
import sluice.spi.Capability;
import sluice.spi.Host;
import sluice.spi.SocketFile;
import sluice.spi.Status;

/// The backend `epoll`: Linux by descriptor, with all three sets of `select`.
public class LinuxBackend implements BackendProvider {
  /// Everything that touches native code, so that loading this class does not.
  private static final class Native {
    static final PollSelect SELECT = new PollSelect();

    static void load() {}

    static @Nullable String probe() {
      int fd = Libc.epoll_create1(SysEpoll.EPOLL_CLOEXEC);
      if (fd < 0) {
        return Errno.name(fd) + " (" + -fd + ") from epoll_create1";
      }
      int _ = Libc.close(fd);
      return null;
    }
  }

  private final LinuxDescriptors descriptors = new LinuxDescriptors(this);
  private boolean probed;
  private @Nullable String refusal;

  /// For `ServiceLoader`.
  public LinuxBackend() {}

  @Override
  public String name() {
    return "epoll";
  }

  @Override
  public int preference() {
    return 10;
  }

  @Override
  public final synchronized @Nullable String refusal() {
    if (!probed) {
      refusal = requireNative();
      if (refusal == null) {
        refusal = probe();
      }
      probed = true;
    }
    return refusal;
  }

  /// Tries what this backend needs of the kernel: why it cannot run, or null.
  protected @Nullable String probe() {
    return Native.probe();
  }

  private static @Nullable String requireNative() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return "the system is " + System.getProperty("os.name") + ", not Linux";
    }
    if (Arch.current() == null) {
      return "the architecture " + System.getProperty("os.arch") + " is not x86-64 or aarch64";
    }
    Module module = LinuxBackend.class.getModule();
    if (!module
        .isNativeAccessEnabled()) { // asked before the first restricted call, which would warn
      return "native access is not enabled; start java with --enable-native-access="
          + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }
    try {
      Native.load();
      return null;
    } catch (LinkageError e) {
      return "the C library lacks a function: " + e;
    }
  }

  @Override
  public List<Capability> capabilities() {
    return List.of(
        Capability.used("sockets, pollers, loops, three sets of select", "Linux 2.6"),
        Capability.used("files, terminals, timers, signals, processes", "Linux 5.3"),
        Capability.ofPresence(
            "timeouts to the nanosecond: epoll_pwait2",
            "Linux 5.11, glibc 2.35",
            Libc.hasEpollPwait2(),
            "the C library lacks epoll_pwait2: timeouts are to the millisecond"));
  }

  @Override
  public void checkInterest(int interest) {} // it can watch for all of them

  @Override
  public Host host() {
    return SystemHost.INSTANCE;
  }

  @Override
  public Listener listen(SocketAddress address, int backlog) throws IOException {
    Addresses.checkListen(address, backlog);
    int fd = socket(SocketAddresses.family(address), SysSocket.SOCK_STREAM);
    boolean open = false;
    try (Arena arena = Arena.ofConfined()) {
      SocketFile file = null;
      if (address instanceof UnixDomainSocketAddress unix) {
        file = SocketFile.bind(this, unix, () -> bindUnix(arena, fd, unix, backlog));
      } else {
        bindTcp(arena, fd, address, backlog);
      }
      LinuxListener listener = new LinuxListener(this, fd, file);
      open = true;
      return listener;
    } finally {
      if (!open) {
        int _ = Libc.close(fd);
      }
    }
  }

  private static void bindTcp(Arena arena, int fd, SocketAddress address, int backlog)
      throws IOException {
    option(arena, fd, SysSocket.SOL_SOCKET, SysSocket.SO_REUSEADDR, 1);
    option(arena, fd, SysSocket.IPPROTO_TCP, SysSocket.TCP_NODELAY, 1); // inherited
    acceptIpv4(arena, fd, SocketAddresses.family(address));
    int result = bind(arena, fd, address);
    if (result >= 0) {
      result = Libc.listen(fd, backlog);
    }
    if (result < 0) {
      throw listenFailure(address, result);
    }
  }

  /// Opens an IPv6 socket to IPv4, whatever the system's default is.
  private static void acceptIpv4(Arena arena, int fd, int family) throws IOException {
    if (family == SysSocket.AF_INET6) {
      option(arena, fd, SysSocket.IPPROTO_IPV6, SysSocket.IPV6_V6ONLY, 0);
    }
  }

  /// The file gets the mode of the socket, less the umask, so that it is private from the first
  /// moment. No man page says so; the code is `unix_bind_bsd` in
  /// [af_unix.c](https://github.com/torvalds/linux/blob/v6.12/net/unix/af_unix.c).
  private static boolean bindUnix(Arena arena, int fd, SocketAddress address, int backlog)
      throws IOException {
    int result = Libc.fchmod(fd, SocketFile.MODE);
    if (result >= 0) {
      result = bind(arena, fd, address);
    }
    if (result == -ErrnoH.EADDRINUSE) {
      return false;
    }
    if (result >= 0) {
      result = Libc.listen(fd, backlog);
    }
    if (result < 0) {
      throw listenFailure(address, result);
    }
    return true;
  }

  private static int bind(Arena arena, int fd, SocketAddress address) throws IOException {
    SocketAddresses.Encoded encoded = SocketAddresses.encode(arena, address);
    return Libc.bind(fd, encoded.segment(), encoded.length());
  }

  private static IOException listenFailure(SocketAddress address, int negated) {
    return bindFailure("listen on " + Addresses.format(address), negated);
  }

  private static IOException bindFailure(String what, int negated) {
    if (negated == -ErrnoH.EADDRNOTAVAIL) {
      return new BindException(what + ": not an address of this machine");
    }
    return Status.toBindException(
        Errno.status(negated), what, Errno.exception(what + ": bind or listen", negated));
  }

  @Override
  public StreamSocket connect(SocketAddress remote) throws IOException {
    Addresses.checkConnect(remote);
    int family = SocketAddresses.family(remote);
    boolean tcp = family != SysSocket.AF_UNIX;
    int fd = socket(family, SysSocket.SOCK_STREAM);
    boolean open = false;
    try (Arena arena = Arena.ofConfined()) {
      if (tcp) {
        option(arena, fd, SysSocket.IPPROTO_TCP, SysSocket.TCP_NODELAY, 1);
      }
      SocketAddresses.Encoded encoded = SocketAddresses.encode(arena, remote);
      int result = Libc.connect(fd, encoded.segment(), encoded.length());
      // An interrupted connect goes on by itself, as connect(2) says; it must not be repeated.
      boolean pending = result == -ErrnoH.EINPROGRESS || result == -ErrnoH.EINTR;
      if (result < 0 && !pending) {
        String what = "connect to " + Addresses.format(remote);
        int status = result == -ErrnoH.EAGAIN ? Status.OTHER : Errno.status(result);
        throw Status.toConnectException(status, what, Errno.exception(what, result));
      }
      open = true;
      return LinuxStream.ofConnecting(this, fd, tcp, result >= 0, remote);
    } finally {
      if (!open) {
        int _ = Libc.close(fd);
      }
    }
  }

  @Override
  public UdpSocket bindUdp(SocketAddress local) throws IOException {
    InetSocketAddress address = Addresses.requireInet(local);
    int family = SocketAddresses.family(address);
    int fd = socket(family, SysSocket.SOCK_DGRAM);
    boolean open = false;
    try (Arena arena = Arena.ofConfined()) {
      acceptIpv4(arena, fd, family);
      int result = bind(arena, fd, address);
      if (result < 0) {
        throw bindFailure("bind to " + Addresses.format(address), result);
      }
      LinuxUdp udp = LinuxUdp.ofBound(this, fd, family == SysSocket.AF_INET);
      open = true;
      return udp;
    } finally {
      if (!open) {
        int _ = Libc.close(fd);
      }
    }
  }

  private static int socket(int family, int type) throws IOException {
    int fd = Libc.socket(family, type | SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw Status.toException(Errno.status(fd), "socket", Errno.exception("socket", fd));
    }
    return fd;
  }

  private static void option(Arena arena, int fd, int level, int name, int value)
      throws IOException {
    int result = SocketOptions.set(arena, fd, level, name, value);
    if (result < 0) {
      throw Errno.exception("setsockopt", result);
    }
  }

  @Override
  public Descriptors descriptors() {
    return descriptors;
  }

  @Override
  public <A> Poller<A> openPoller() throws IOException {
    return new EpollPoller<>(this);
  }

  @Override
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    return Native.SELECT.select(sources, interests, readiness, timeoutNanos);
  }
}
