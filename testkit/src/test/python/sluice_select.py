"""Replaces select.select, select.poll and select.epoll of this process by Sluice.

The JVM runs in this process, so both sides have the same descriptor numbers. Here are Python's
rules for arguments (https://docs.python.org/3.11/library/select.html); readiness, waiting, timeouts
and closed descriptors are left to Sluice.
"""
import errno
import math
import os
import select
import signal
import threading
import time

import jpype

READ, WRITE, EXCEPTIONAL, HANGUP, ERROR = 1, 2, 4, 8, 16  # the masks of sluice.Readiness
INT_MAX, USHRT_MAX = 2**31 - 1, 2**16 - 1


def start(java_home, class_path, sabotaged):
    """Starts the JVM, puts Sluice in the place of the kernel and returns what counts the calls."""
    # -Xrs: the signals stay Python's. A class path of JPype's own making lacks org.jpype.jar.
    jpype.startJVM(java_home + "/lib/server/libjvm.so", "-Xrs", "-Xss1m", "-XX:+UseSerialGC", "-ea",
                   "--enable-native-access=ALL-UNNAMED", "-Djava.class.path=" + class_path,
                   "-Dsluice.foreign.sabotage=" + str(sabotaged).lower(), convertStrings=False)
    global bridge, Poller, IOException
    bridge = jpype.JClass("sluice.testkit.foreign.PythonSelect")
    Poller = jpype.JClass("sluice.testkit.foreign.PythonPoller")
    IOException = jpype.JClass("java.io.IOException")
    poll._spare = [Poller(False) for _ in range(3)]
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    bridge.interruptOnSignals(signals)
    # As built-in functions do, static methods stay functions where `selectors` keeps them in classes.
    select.select, select.poll = staticmethod(sluice_select), staticmethod(sluice_poll)
    select.epoll = Epoll
    return lambda: (int(bridge.calls()), int(Poller.calls()))


def number_of(source):
    if not isinstance(source, int):
        fileno = getattr(source, "fileno", None)
        if fileno is None:
            raise TypeError("argument must be an int, or have a fileno() method.")
        source = fileno()
        if not isinstance(source, int):
            raise TypeError("fileno() returned a non-integer")
    if source > INT_MAX:
        raise OverflowError("Python int too large to convert to C int")
    if source < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({source})")
    return source


def nanos_of(timeout, unit):
    """In nanoseconds, rounded up; negative waits for ever."""
    if timeout is None:
        return -1
    if not isinstance(timeout, (int, float)):
        raise TypeError("timeout must be a real number or None")
    nanos = math.floor(timeout * unit) if timeout < 0 else math.ceil(timeout * unit)
    if abs(nanos) >= 2**63:
        raise OverflowError("timestamp too large to convert to C _PyTime_t")
    return nanos


def wait(ask, nanos):
    """Asks until there is an answer other than that a signal came, as PEP 475 wants."""
    end = time.monotonic_ns() + nanos
    while True:
        try:
            answer = ask(nanos)
        except jpype.JException as e:
            raise translated(e) from e
        if answer is not None:
            return answer
        if nanos > 0:  # the handler has run and did not raise
            nanos = max(0, end - time.monotonic_ns())


def tell(call, refusal, *arguments):
    try:
        call(*arguments)
    except jpype.JException as e:
        raise translated(e, refusal) from e


def translated(e, refusal=errno.EBADF):
    """Returns what CPython raises where Sluice throws e."""
    name = e.getClass().getName()
    if name == "java.nio.channels.ClosedSelectorException":
        return ValueError("I/O operation on closed epoll object")
    if name == "java.lang.IllegalStateException":
        if "in use by" in str(e):
            return RuntimeError("concurrent poll() invocation")
        return OSError(refusal, str(e))
    return OSError(errno.EBADF, str(e)) if isinstance(e, IOException) else e


def sluice_select(r, w, x, timeout=None, /):
    nanos = nanos_of(timeout, 10**9)
    if timeout is not None and nanos < 0:
        raise ValueError("timeout must be non-negative")
    asked = []
    for sources in (r, w, x):
        try:
            iterator = iter(sources)
        except TypeError:
            raise TypeError("arguments 1-3 must be sequences") from None
        asked.append([(source, number_of(source)) for source in iterator])
    numbers = [[number for _, number in pairs] for pairs in asked]
    ready = wait(lambda left: bridge.select(*numbers, left), nanos)
    return tuple(those(pairs, list(found)) for pairs, found in zip(asked, ready))


def those(pairs, found):
    """The objects asked about whose numbers were found: in the order asked, and none is left."""
    found.reverse()
    ready = []
    for source, number in pairs:
        if found and found[-1] == number:
            found.pop()
            ready.append(source)
    assert not found, f"answered out of order: {found}"
    return ready


def interest_of(events):
    interest = 0
    for event, bit in ((select.POLLIN, READ), (select.POLLOUT, WRITE), (select.POLLPRI, EXCEPTIONAL)):
        interest |= bit if events & event else 0
    return interest


def events_of(readiness):
    events = 0
    for event, bit in ((select.POLLIN, READ), (select.POLLOUT, WRITE), (select.POLLPRI, EXCEPTIONAL),
                       (select.POLLHUP, HANGUP), (select.POLLERR, ERROR)):
        events |= event if readiness & bit else 0
    return events


def pairs_of(answer):
    answer = list(answer)
    return list(zip(answer[::2], answer[1::2]))


class poll:
    """Like CPython's, it keeps what is wanted and tells the poller when it is asked."""
    __module__ = "select"

    def __new__(cls):
        raise TypeError("cannot create 'select.poll' instances")

    _spare = []

    def _open(self):
        self._poller = self._spare.pop() if self._spare else Poller(False)
        self._wanted, self._told = {}, {}
        return self

    def __del__(self):
        """Unlike CPython's, a poller has descriptors. If it were opened in the middle of a test, it
        would get numbers that the test has just closed."""
        self._wanted = {}
        self._tell_poller()
        self._spare.append(self._poller)

    def register(self, source, events=select.POLLIN | select.POLLPRI | select.POLLOUT, /):
        number = number_of(source)
        self._wanted[number] = self._checked(events)

    def modify(self, source, events, /):
        number, events = number_of(source), self._checked(events)
        if number not in self._wanted:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._wanted[number] = events

    @staticmethod
    def _checked(events):
        if events < 0:
            raise ValueError("value must be positive")
        if events > USHRT_MAX:
            raise OverflowError("Python int too large for C unsigned short")
        return events

    def unregister(self, source, /):
        del self._wanted[number_of(source)]

    def poll(self, timeout=None, /):
        nanos = nanos_of(timeout, 10**6)
        if nanos > INT_MAX * 10**6:
            raise OverflowError("timeout is too large")
        closed = self._tell_poller()
        ready = pairs_of(wait(self._poller.select, 0 if closed else nanos))
        # "Ready for everything, and failed": the next call tells why, and that is whether it is open.
        closed += [n for n, mask in ready if mask & ERROR and not bridge.isOpen(n)]
        return ([(n, select.POLLNVAL) for n in closed] +
                [(n, events_of(mask)) for n, mask in ready if n not in closed])

    def _tell_poller(self):
        """Returns the numbers that cannot be registered, because they are not open."""
        closed = []
        for number in self._told.keys() - self._wanted.keys():
            tell(self._poller.unregister, errno.ENOENT, number)
            del self._told[number]
        for number, events in self._wanted.items():
            if number not in self._told:
                try:
                    tell(self._poller.register, errno.EEXIST, number, interest_of(events))
                except OSError:
                    closed.append(number)
                    continue
            elif self._told[number] != events:
                tell(self._poller.modify, errno.ENOENT, number, interest_of(events))
            self._told[number] = events
        return closed


def sluice_poll():
    return object.__new__(poll)._open()


def epoll_numbers():
    """The numbers of this process's epoll descriptors."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink("/proc/self/fd/" + name) == "anon_inode:[eventpoll]":
                found.add(int(name))
        except OSError:
            pass  # that of the listing itself
    return found


class Epoll:
    """A poller has no public number; the one that fileno() gives is found in /proc."""

    def __init__(self, sizehint=-1, flags=0):
        if not isinstance(sizehint, int) or not isinstance(flags, int):
            raise TypeError("an integer is required")
        if sizehint == 0 or sizehint < -1:
            raise ValueError("sizehint must be positive or -1")
        if flags & ~select.EPOLL_CLOEXEC:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        before = epoll_numbers()
        self._poller = Poller(True)
        self._number, = epoll_numbers() - before
        self.closed = False

    @classmethod
    def fromfd(cls, number, /):
        raise NotImplementedError("a poller cannot be made from a number")

    def fileno(self):
        if self.closed:
            raise ValueError("I/O operation on closed epoll object")
        return self._number

    def close(self):
        self.closed = True
        self._poller.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def register(self, source, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT):
        self._tell(self._poller.register, errno.EEXIST, source, eventmask)

    def modify(self, source, eventmask):
        self._tell(self._poller.modify, errno.ENOENT, source, eventmask)

    def _tell(self, call, refusal, source, events):
        if events & (select.EPOLLET | select.EPOLLONESHOT):
            raise NotImplementedError("pollers are level-triggered")
        tell(call, refusal, number_of(source), interest_of(events))

    def unregister(self, fd):
        tell(self._poller.unregister, errno.ENOENT, number_of(fd))

    def poll(self, timeout=None, maxevents=-1):
        nanos = nanos_of(timeout, 10**9)
        if maxevents == 0 or maxevents < -1:
            raise ValueError(f"maxevents must be greater than 0, got {maxevents}")
        ready = dict(pairs_of(wait(self._poller.select, nanos)))
        new = ready
        while new:  # one call reports a batch, the next one those after it
            new = {n: mask for n, mask in pairs_of(wait(self._poller.select, 0)) if n not in ready}
            ready.update(new)
        # What is cut off here is told again: pollers are level-triggered.
        return [(n, events_of(mask)) for n, mask in ready.items()][:maxevents if maxevents > 0 else None]
