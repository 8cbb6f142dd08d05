package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import sluice.linux.abi.EpollEvent;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.Fcntl;
import sluice.linux.abi.IoUring;
import sluice.linux.abi.IoUringParams;
import sluice.linux.abi.IoUringProbeOp;
import sluice.linux.abi.IoUringSqe;
import sluice.linux.abi.Iovec;
import sluice.linux.abi.Itimerspec;
import sluice.linux.abi.PollFd;
import sluice.linux.abi.SockaddrIn;
import sluice.linux.abi.Sockios;
import sluice.linux.abi.Statx;
import sluice.linux.abi.SysEpoll;
import sluice.linux.abi.SysEventfd;
import sluice.linux.abi.SysInotify;
import sluice.linux.abi.SysMman;
import sluice.linux.abi.SysPoll;
import sluice.linux.abi.SysSocket;
import sluice.linux.abi.SysTimerfd;
import sluice.linux.abi.Timespec;

/// Calls every function once with success and once with failure: a wrong order or type of arguments
/// shows only when a handle is invoked.
class LibcTest {
  private static final Set<String> CALLED = new TreeSet<>();
  private static final int BAD = -1;

  private final Arena arena = Arena.ofAuto();

  @AfterAll
  static void everyFunctionWasCalled() {
    Set<String> functions =
        Stream.of(Libc.class, LibcFiles.class, LibcUring.class)
            .flatMap(c -> Arrays.stream(c.getDeclaredMethods()))
            .filter(m -> Modifier.isPublic(m.getModifiers()) && m.getReturnType() == int.class)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(CALLED).isEqualTo(functions);
  }

  private static int good(String name, int result) {
    CALLED.add(name);
    assertThat(result).as(name).isNotNegative();
    return result;
  }

  private static void bad(String name, int errno, int result) {
    CALLED.add(name);
    assertThat(result).as(name + " says " + Errno.name(result)).isEqualTo(-errno);
  }

  private MemorySegment address(int port) throws Exception {
    return SocketAddresses.encode(
            arena, new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .segment();
  }

  @Test
  void sockets() throws Exception {
    int type = SysSocket.SOCK_STREAM | SysSocket.SOCK_CLOEXEC;
    int listener = good("socket", Libc.socket(SysSocket.AF_INET, type, 0));
    bad("socket", 97 /* EAFNOSUPPORT */, Libc.socket(77, type, 0));
    MemorySegment any = address(0);
    good("bind", Libc.bind(listener, any, (int) any.byteSize()));
    bad("bind", ErrnoH.EINVAL, Libc.bind(listener, any, 1));
    good("fchmod", Libc.fchmod(listener, 0600));
    bad("fchmod", ErrnoH.EBADF, Libc.fchmod(BAD, 0600));
    good("listen", Libc.listen(listener, 1));
    bad("listen", ErrnoH.EBADF, Libc.listen(BAD, 1));

    MemorySegment name = arena.allocate(128, 8);
    MemorySegment length = arena.allocate(JAVA_INT);
    length.set(JAVA_INT, 0, 128);
    good("getsockname", Libc.getsockname(listener, name, length));
    bad("getsockname", ErrnoH.EBADF, Libc.getsockname(BAD, name, length));
    bad("getpeername", ErrnoH.ENOTCONN, Libc.getpeername(listener, name, length));

    int client = good("socket", Libc.socket(SysSocket.AF_INET, type, 0));
    good("connect", Libc.connect(client, name, length.get(JAVA_INT, 0)));
    bad("connect", ErrnoH.EBADF, Libc.connect(BAD, name, length.get(JAVA_INT, 0)));
    good("getpeername", Libc.getpeername(client, name, length));
    int flags = SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC;
    int accepted = good("accept4", Libc.accept4(listener, name, length, flags));
    bad("accept4", ErrnoH.EINVAL, Libc.accept4(listener, name, length, 12345));

    options(client);
    transfer(client, accepted);

    good("shutdown", Libc.shutdown(client, SysSocket.SHUT_WR));
    bad("shutdown", ErrnoH.EBADF, Libc.shutdown(BAD, SysSocket.SHUT_WR));
    for (int fd : new int[] {listener, client, accepted}) {
      good("close", Libc.close(fd));
    }
    bad("close", ErrnoH.EBADF, Libc.close(BAD));
  }

  @Test
  void pairs() {
    MemorySegment pair = arena.allocate(JAVA_INT, 2);
    MemorySegment spoilt = arena.allocate(JAVA_INT, 2); // written to even by a failure
    good("socketpair", Libc.socketpair(SysSocket.AF_UNIX, SysSocket.SOCK_STREAM, 0, pair));
    bad("socketpair", 97 /* EAFNOSUPPORT */, Libc.socketpair(77, SysSocket.SOCK_STREAM, 0, spoilt));
    MemorySegment word = arena.allocateFrom("word");
    assertThat(good("send", Libc.send(pair.getAtIndex(JAVA_INT, 0), word, 0))).isEqualTo(5);
    MemorySegment read = arena.allocate(5);
    assertThat(good("recv", Libc.recv(pair.getAtIndex(JAVA_INT, 1), read, 0))).isEqualTo(5);
    assertThat(read.getString(0)).isEqualTo("word");
    good("close", Libc.close(pair.getAtIndex(JAVA_INT, 0)));
    good("close", Libc.close(pair.getAtIndex(JAVA_INT, 1)));
  }

  /// A machine that refuses rings refuses them with one of these.
  @Test
  void rings() throws Exception {
    MemorySegment params = arena.allocate(IoUringParams.LAYOUT);
    IoUringParams.set(params, IoUring.IORING_SETUP_CQSIZE, 4);
    int ring = LibcUring.io_uring_setup(2, params);
    CALLED.addAll(Set.of("io_uring_setup", "io_uring_enter", "io_uring_register", "munmap"));
    if (ring < 0) {
      assertThat(ring).isIn(-ErrnoH.EPERM, -38 /* ENOSYS */, -ErrnoH.ENOMEM);
      return;
    }
    bad("io_uring_setup", ErrnoH.EINVAL, LibcUring.io_uring_setup(0, params));
    MemorySegment entries =
        LibcUring.mmap(
            ring,
            IoUring.IORING_OFF_SQES,
            2 * IoUringSqe.LAYOUT.byteSize(),
            SysMman.PROT_READ | SysMman.PROT_WRITE,
            SysMman.MAP_SHARED);
    assertThatThrownBy(() -> LibcUring.mmap(BAD, 0, 4096, 0, SysMman.MAP_SHARED))
        .hasMessage("mmap: EBADF (9)");
    MemorySegment none = MemorySegment.NULL;
    int entered = LibcUring.io_uring_enter(ring, 0, 0, 0, none, 0);
    if (entered < 0) { // a filter of calls may refuse this one only
      assertThat(entered).isIn(-ErrnoH.EPERM, -38 /* ENOSYS */);
      good("close", Libc.close(ring));
      return;
    }
    bad("io_uring_enter", ErrnoH.EBADF, LibcUring.io_uring_enter(BAD, 0, 0, 0, none, 0));
    MemorySegment probe = arena.allocate(IoUringProbeOp.probeBytes(64));
    good(
        "io_uring_register",
        LibcUring.io_uring_register(ring, IoUring.IORING_REGISTER_PROBE, probe, 64));
    assertThat(IoUringProbeOp.isKnown(probe, IoUring.IORING_OP_NOP)).isTrue();
    assertThat(IoUringProbeOp.isKnown(probe, 63)).isFalse();
    bad("io_uring_register", ErrnoH.EINVAL, LibcUring.io_uring_register(ring, 12345, probe, 64));
    good("munmap", LibcUring.munmap(entries));
    bad("munmap", ErrnoH.EINVAL, LibcUring.munmap(entries.asSlice(8, 8)));
    good("close", Libc.close(ring));
  }

  @Test
  void datagrams() throws Exception {
    int type = SysSocket.SOCK_DGRAM | SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC;
    int one = good("socket", Libc.socket(SysSocket.AF_INET, type, 0));
    int other = good("socket", Libc.socket(SysSocket.AF_INET, type, 0));
    MemorySegment any = address(0);
    int size = (int) any.byteSize();
    good("bind", Libc.bind(one, any, size));
    good("bind", Libc.bind(other, any, size));
    MemorySegment name = arena.allocate(size, 8);
    MemorySegment length = arena.allocate(JAVA_INT);
    length.set(JAVA_INT, 0, size);
    good("getsockname", Libc.getsockname(other, name, length));

    MemorySegment text = arena.allocateFrom("0123456789");
    assertThat(good("sendto", Libc.sendto(one, text, 10, 0, name, size))).isEqualTo(10);
    bad("sendto", ErrnoH.EINVAL, Libc.sendto(one, text, 10, 0, name, 1));
    MemorySegment from = arena.allocate(size, 8);
    MemorySegment room = arena.allocate(4);
    int count = Libc.recvfrom(other, room, 4, SysSocket.MSG_TRUNC, from, length);
    assertThat(good("recvfrom", count)).isEqualTo(10);
    assertThat(room.mismatch(text.asSlice(0, 4))).isEqualTo(-1);
    good("getsockname", Libc.getsockname(one, name, length));
    assertThat(from.mismatch(name)).isEqualTo(-1);
    bad("recvfrom", ErrnoH.EAGAIN, Libc.recvfrom(other, room, 4, 0, from, length));

    assertThatThrownBy(() -> Libc.sendto(one, text, 12, 0, from, size))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Libc.recvfrom(one, room, 5, 0, from, length))
        .isInstanceOf(IndexOutOfBoundsException.class);

    good("connect", Libc.connect(other, name, size));
    MemorySegment none = MemorySegment.NULL;
    assertThat(good("sendto", Libc.sendto(other, text, 0, 0, none, 0))).isZero();
    SockaddrIn.setUnspecified(name);
    good("connect", Libc.connect(other, name, size));
    bad("sendto", 89 /* EDESTADDRREQ */, Libc.sendto(other, text, 0, 0, none, 0));
    good("close", Libc.close(one));
    good("close", Libc.close(other));
  }

  private void options(int fd) {
    MemorySegment value = arena.allocate(JAVA_INT);
    value.set(JAVA_INT, 0, 1);
    good("setsockopt", Libc.setsockopt(fd, SysSocket.IPPROTO_TCP, SysSocket.TCP_NODELAY, value));
    bad("setsockopt", ErrnoH.ENOPROTOOPT, Libc.setsockopt(fd, SysSocket.SOL_SOCKET, 9999, value));
    MemorySegment got = arena.allocate(JAVA_INT);
    MemorySegment length = arena.allocate(JAVA_INT);
    length.set(JAVA_INT, 0, 4);
    good(
        "getsockopt",
        Libc.getsockopt(fd, SysSocket.IPPROTO_TCP, SysSocket.TCP_NODELAY, got, length));
    assertThat(got.get(JAVA_INT, 0)).isEqualTo(1);
    bad(
        "getsockopt",
        ErrnoH.ENOPROTOOPT,
        Libc.getsockopt(fd, SysSocket.SOL_SOCKET, 9999, got, length));
  }

  private void transfer(int client, int accepted) {
    byte[] text =
        "between heap and native memory".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    MemorySegment here = MemorySegment.ofArray(text);
    good("send", Libc.send(client, here, SysSocket.MSG_NOSIGNAL));
    bad("send", ErrnoH.EBADF, Libc.send(BAD, here, 0));
    MemorySegment there = arena.allocate(100);
    int count = good("recv", Libc.recv(accepted, there, 0));
    assertThat(there.asSlice(0, count).mismatch(here)).isEqualTo(-1);
    good("send", Libc.send(client, there.asSlice(0, count), SysSocket.MSG_NOSIGNAL));
    byte[] back = new byte[100];
    assertThat(good("recv", Libc.recv(accepted, MemorySegment.ofArray(back), 0)))
        .isEqualTo(text.length);
    assertThat(Arrays.copyOf(back, text.length)).isEqualTo(text);
    bad("recv", ErrnoH.EAGAIN, Libc.recv(accepted, there, 0));
    bad("recv", ErrnoH.EAGAIN, Libc.recv(accepted, there.address(), 1, 0));
    bad("send", ErrnoH.EBADF, Libc.send(-1, there.address(), 1, 0));
    MemorySegment unsent = arena.allocate(JAVA_INT);
    unsent.set(JAVA_INT, 0, -1);
    good("ioctl", Libc.ioctl(client, Sockios.SIOCOUTQ, unsent));
    assertThat(unsent.get(JAVA_INT, 0)).isZero();
    bad("ioctl", ErrnoH.EBADF, Libc.ioctl(BAD, Sockios.SIOCOUTQ, unsent));
  }

  @Test
  void waits() {
    int event = good("eventfd", Libc.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK));
    bad("eventfd", ErrnoH.EINVAL, Libc.eventfd(0, 12345));
    MemorySegment value = arena.allocate(JAVA_LONG);
    bad("eventfd_read", ErrnoH.EAGAIN, Libc.eventfd_read(event, value));
    good("eventfd_write", Libc.eventfd_write(event, 3));
    bad("eventfd_write", ErrnoH.EBADF, Libc.eventfd_write(BAD, 1));

    int epoll = good("epoll_create1", Libc.epoll_create1(SysEpoll.EPOLL_CLOEXEC));
    bad("epoll_create1", ErrnoH.EINVAL, Libc.epoll_create1(12345));
    MemorySegment entry = arena.allocate(EpollEvent.LAYOUT);
    EpollEvent.set(entry, SysEpoll.EPOLLIN, 0x0123_4567_89AB_CDEFL);
    good("epoll_ctl", Libc.epoll_ctl(epoll, SysEpoll.EPOLL_CTL_ADD, event, entry));
    bad("epoll_ctl", ErrnoH.EEXIST, Libc.epoll_ctl(epoll, SysEpoll.EPOLL_CTL_ADD, event, entry));
    MemorySegment events = arena.allocate(EpollEvent.LAYOUT, 4);
    assertThat(good("epoll_wait", Libc.epoll_wait(epoll, events, 4, 1000))).isEqualTo(1);
    assertThat(EpollEvent.data(events, 0)).isEqualTo(0x0123_4567_89AB_CDEFL);
    assertThat(EpollEvent.events(events, 0)).isEqualTo(SysEpoll.EPOLLIN);
    bad("epoll_wait", ErrnoH.EINVAL, Libc.epoll_wait(epoll, events, 0, 0));
    MemorySegment timeout = arena.allocate(Timespec.LAYOUT);
    Timespec.set(timeout, 1_500_000_000L);
    assertThat(good("epoll_pwait2", Libc.epoll_pwait2(epoll, events, 4, timeout))).isEqualTo(1);
    bad("epoll_pwait2", ErrnoH.EINVAL, Libc.epoll_pwait2(epoll, events, 0, timeout));

    MemorySegment fds = arena.allocate(PollFd.LAYOUT, 2);
    PollFd.set(fds, 0, event, SysPoll.POLLIN);
    PollFd.set(fds, 1, epoll, SysPoll.POLLIN | SysPoll.POLLPRI);
    assertThat(good("ppoll", Libc.ppoll(fds, 2, timeout))).isEqualTo(2);
    assertThat(PollFd.revents(fds, 1)).isEqualTo(SysPoll.POLLIN);
    Timespec.set(timeout, -1);
    bad("ppoll", ErrnoH.EINVAL, Libc.ppoll(fds, 2, timeout));

    good("eventfd_read", Libc.eventfd_read(event, value));
    assertThat(value.get(JAVA_LONG, 0)).isEqualTo(3);
    good("close", Libc.close(epoll));
    good("close", Libc.close(event));
  }

  @Test
  void addressesComeBackAsTheyWent() throws Exception {
    for (String host : new String[] {"127.0.0.1", "::1", "2001:db8::77"}) {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), 54321);
      SocketAddresses.Encoded encoded = SocketAddresses.encode(arena, address);
      assertThat(SocketAddresses.query("test", (to, length) -> copy(encoded, to, length)))
          .isEqualTo(address);
    }
    for (int bytes : new int[] {1, 106, 107}) {
      UnixDomainSocketAddress address = UnixDomainSocketAddress.of("x".repeat(bytes));
      SocketAddresses.Encoded encoded = SocketAddresses.encode(arena, address);
      assertThat(SocketAddresses.query("test", (to, length) -> copy(encoded, to, length)))
          .isEqualTo(address);
    }
  }

  private static int copy(SocketAddresses.Encoded from, MemorySegment to, MemorySegment length) {
    MemorySegment.copy(from.segment(), 0, to, 0, from.length());
    length.set(JAVA_INT, 0, from.length());
    return 0;
  }

  @Test
  void files() {
    MemorySegment path = arena.allocateFrom("/dev/zero");
    int fd = good("open", LibcFiles.open(path, Fcntl.O_RDWR | Fcntl.O_CLOEXEC));
    bad("open", ErrnoH.ENOENT, LibcFiles.open(arena.allocateFrom("/no/such"), Fcntl.O_RDONLY));
    assertThat(good("fcntl", LibcFiles.fcntl(fd, Fcntl.F_GETFL, 0)) & Fcntl.O_ACCMODE)
        .isEqualTo(Fcntl.O_RDWR);
    bad("fcntl", ErrnoH.EBADF, LibcFiles.fcntl(BAD, Fcntl.F_GETFD, 0));

    MemorySegment bytes = arena.allocate(16);
    assertThat(good("read", LibcFiles.read(fd, bytes))).isEqualTo(16);
    bad("read", ErrnoH.EBADF, LibcFiles.read(BAD, bytes));
    assertThat(good("write", LibcFiles.write(fd, bytes))).isEqualTo(16);
    bad("write", ErrnoH.EBADF, LibcFiles.write(BAD, bytes));

    MemorySegment status = arena.allocate(Statx.LAYOUT);
    MemorySegment none = arena.allocateFrom("");
    good("statx", LibcFiles.statx(fd, none, Fcntl.AT_EMPTY_PATH, Fcntl.STATX_TYPE, status));
    assertThat(Statx.mode(status) & Fcntl.S_IFMT).isEqualTo(Fcntl.S_IFCHR);
    assertThat(Statx.isDevice(status, 1, 5)).isTrue(); // mem(4)
    bad(
        "statx",
        ErrnoH.EBADF,
        LibcFiles.statx(BAD, none, Fcntl.AT_EMPTY_PATH, Fcntl.STATX_TYPE, status));
    bad("isatty", ErrnoH.ENOTTY, LibcFiles.isatty(fd));
    int terminal = LibcFiles.open(arena.allocateFrom("/dev/ptmx"), Fcntl.O_RDWR | Fcntl.O_NOCTTY);
    assertThat(good("isatty", LibcFiles.isatty(terminal))).isOne();
    good("close", Libc.close(terminal));
    good("close", Libc.close(fd));
  }

  @Test
  void pipes() {
    MemorySegment fds = arena.allocate(JAVA_INT, 2);
    good("pipe2", LibcFiles.pipe2(fds, Fcntl.O_CLOEXEC));
    bad("pipe2", ErrnoH.EINVAL, LibcFiles.pipe2(arena.allocate(JAVA_INT, 2), 1));
    int source = fds.getAtIndex(JAVA_INT, 0);
    int sink = fds.getAtIndex(JAVA_INT, 1);
    MemorySegment bytes = arena.allocate(8);
    MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
    Iovec.set(iovec, bytes);
    // The pipe blocks, and nothing is in it.
    bad("preadv2", ErrnoH.EAGAIN, LibcFiles.preadv2(source, iovec, -1, Fcntl.RWF_NOWAIT));
    assertThat(good("pwritev2", LibcFiles.pwritev2(sink, iovec, -1, Fcntl.RWF_NOWAIT)))
        .isEqualTo(8);
    bad("pwritev2", ErrnoH.EBADF, LibcFiles.pwritev2(source, iovec, -1, Fcntl.RWF_NOWAIT));
    assertThat(good("preadv2", LibcFiles.preadv2(source, iovec, -1, Fcntl.RWF_NOWAIT)))
        .isEqualTo(8);
    good("close", Libc.close(source));
    good("close", Libc.close(sink));
  }

  @Test
  void timersProcessesAndFileWatches() {
    int flags = SysTimerfd.TFD_CLOEXEC | SysTimerfd.TFD_NONBLOCK;
    int timer = good("timerfd_create", LibcFiles.timerfd_create(SysTimerfd.CLOCK_MONOTONIC, flags));
    bad("timerfd_create", ErrnoH.EINVAL, LibcFiles.timerfd_create(77, flags));
    MemorySegment timerspec = arena.allocate(Itimerspec.LAYOUT);
    Itimerspec.set(timerspec, 1, 0);
    good("timerfd_settime", LibcFiles.timerfd_settime(timer, timerspec));
    bad("timerfd_settime", ErrnoH.EBADF, LibcFiles.timerfd_settime(BAD, timerspec));
    good("close", Libc.close(timer));

    int self = Math.toIntExact(ProcessHandle.current().pid());
    good("close", Libc.close(good("pidfd_open", LibcFiles.pidfd_open(self, 0))));
    bad("pidfd_open", ErrnoH.EINVAL, LibcFiles.pidfd_open(-1, 0));

    int watch = good("inotify_init1", LibcFiles.inotify_init1(SysInotify.IN_CLOEXEC));
    bad("inotify_init1", ErrnoH.EINVAL, LibcFiles.inotify_init1(1));
    MemorySegment root = arena.allocateFrom("/");
    good("inotify_add_watch", LibcFiles.inotify_add_watch(watch, root, SysInotify.IN_DELETE_SELF));
    bad(
        "inotify_add_watch",
        ErrnoH.EBADF,
        LibcFiles.inotify_add_watch(BAD, root, SysInotify.IN_DELETE_SELF));
    good("close", Libc.close(watch));
  }
}
