"""The control of build-support/differential: runs scripts with CPython's select and its sockets.

Each line of standard input is a limit in milliseconds and a script; each line of standard output
has the answers. What a step means is written in Interpreter.java, which does the same with Sluice.
"""
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile

LOCALHOST = "127.0.0.1"
NOBODY = LOCALHOST, 1  # where no server is
PATHS = {"file": "/proc/self/exe", "directory": "/", "null": "/dev/null", "random": "/dev/urandom",
         "sysfs": "/sys/kernel/uevent_seqnum"}
folder = tempfile.TemporaryDirectory(prefix="sluice-control-")
os.mkfifo(folder.name + "/fifo")


class Number:
    """A descriptor number that, like a socket's, is negative when it was closed."""

    def __init__(self, number):
        self.number = number
        os.set_blocking(number, False)

    def fileno(self):
        return self.number

    def send(self, data):
        return os.write(self.number, data)

    def recv(self, count):
        return os.read(self.number, count)

    def close(self):
        if self.number >= 0:
            os.close(self.number)
        self.number = -1


def listen(family, address):
    listener = socket.socket(family)
    listener.bind(address)
    listener.listen(128)
    listener.setblocking(False)
    return listener


tcp = listen(socket.AF_INET, (LOCALHOST, 0))
unix = listen(socket.AF_UNIX, folder.name + "/unix")


def connect(family, address):
    client = socket.socket(family)
    client.setblocking(False)
    if family == socket.AF_INET:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.connect_ex(address)
    return client


class Script:
    listeners = 0

    def __init__(self, limit_millis):
        self.limit = limit_millis / 1000
        self.sources = {}
        self.child = None
        self.filled = {}
        self.answers = []

    def run(self, text):
        try:
            for step in text.split("; "):
                verb, *words = step.split(" ")
                try:
                    getattr(self, "do_" + verb)(*words)
                except Exception as e:
                    self.answers.append(f"failed: {step}: {e!r}")
                    break
        finally:
            for source in self.sources.values():
                if isinstance(source, socket.socket) and source.fileno() >= 0:
                    self.reset(source)
                elif not isinstance(source, int):
                    source.close()
            if self.child:
                self.child.communicate()
        return "; ".join(self.answers)

    # Opening.

    def do_tcp(self, a, b):
        self.pair(a, b, tcp)

    def do_unix(self, a, b):
        self.pair(a, b, unix)

    def pair(self, a, b, listener):
        self.sources[a] = connect(listener.family, listener.getsockname())
        self.do_await("w", a)
        self.take(listener, b)

    def take(self, listener, name):
        select.select([listener], [], [], self.limit)
        self.sources[name] = listener.accept()[0]
        self.sources[name].setblocking(False)

    def do_listen(self, name, family):
        Script.listeners += 1
        self.sources[name] = (
            listen(socket.AF_INET, (LOCALHOST, 0)) if family == "tcp" else
            listen(socket.AF_UNIX, f"{folder.name}/{Script.listeners}"))

    def do_connect(self, name, listener):
        listener = self.sources[listener]
        self.sources[name] = connect(listener.family, listener.getsockname())

    def do_finish(self, name):
        self.sources[name].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def do_accept(self, listener, name):
        self.take(self.sources[listener], name)

    def do_refused(self, name):
        self.sources[name] = connect(socket.AF_INET, NOBODY)

    def do_socket(self, name):
        self.sources[name] = socket.socket()

    def do_udp(self, a, b):
        for name in a, b:
            self.sources[name] = socket.socket(type=socket.SOCK_DGRAM)
            self.sources[name].bind((LOCALHOST, 0))
        self.sources[a].connect(self.sources[b].getsockname())
        self.sources[b].connect(self.sources[a].getsockname())

    def do_unheard(self, name):
        self.sources[name] = socket.socket(type=socket.SOCK_DGRAM)
        self.sources[name].connect(NOBODY)
        self.sources[name].send(b"x")

    def do_pipe(self, r, w):
        self.sources[r], self.sources[w] = map(Number, os.pipe())

    def do_fifo(self, r, w):
        for name, mode in (r, os.O_RDONLY), (w, os.O_WRONLY):
            self.sources[name] = Number(os.open(folder.name + "/fifo", mode | os.O_NONBLOCK))

    def do_pty(self, master, slave):
        self.sources[master], self.sources[slave] = map(Number, os.openpty())

    def do_open(self, name, kind):
        self.sources[name] = Number(os.open(PATHS[kind], os.O_RDONLY))

    def do_event(self, name, count):
        self.sources[name] = Number(os.eventfd(0))
        if count == "max":
            os.eventfd_write(self.sources[name].number, 2**64 - 2)

    def do_process(self, name):
        self.child = subprocess.Popen("cat", stdin=subprocess.PIPE)
        self.sources[name] = Number(os.pidfd_open(self.child.pid))

    def do_endprocess(self, _):
        self.child.stdin.close()
        self.child.stdin = None

    def do_borrow(self, name, owner):
        self.sources[name] = self.sources[owner].fileno()

    # Using.

    def do_write(self, name, count):
        data = bytes(int(count))
        while data:
            data = data[self.sources[name].send(data):]

    def do_send(self, name, count):
        self.sources[name].send(bytes(int(count)))

    def do_sendempty(self, name):
        self.sources[name].send(b"")

    def do_receive(self, name):
        self.do_await("r", name)
        self.answers.append(str(len(self.sources[name].recv(100))))

    def do_read(self, name, count):
        self.read(name, int(count))
        self.answers.append(count)

    def read(self, name, left):
        while left:
            self.do_await("r", name)
            data = self.sources[name].recv(min(left, 65536))
            if not data:
                raise EOFError(f"{left} bytes are missing")
            left -= len(data)

    def do_fill(self, name):
        source, block, total, quiet = self.sources[name], bytes(65536), 0, 0
        while quiet < 3:  # what the peer's system takes makes room, a little later
            try:
                total += source.send(block)
                quiet = 0
            except BlockingIOError:
                quiet += 1
                select.select([], [], [], 0.001 if self.is_tcp(source) else 0)
        self.filled[name] = total

    def do_drain(self, name, peer):
        self.read(name, self.filled[peer])

    def do_urgent(self, name):
        self.sources[name].send(b"!", socket.MSG_OOB)

    def do_takeurgent(self, name):
        try:
            self.answers.append(str(self.sources[name].recv(1, socket.MSG_OOB)[0]))
        except OSError:
            self.answers.append("-1")

    def do_inline(self, name):
        self.sources[name].setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)

    def do_end(self, name):
        self.sources[name].shutdown(socket.SHUT_WR)

    def do_shutread(self, name):
        self.sources[name].shutdown(socket.SHUT_RD)

    def do_reset(self, name):
        self.reset(self.sources[name])

    def do_close(self, name):
        self.sources[name].close()

    @staticmethod
    def is_tcp(source):
        return isinstance(source, socket.socket) and source.family == socket.AF_INET

    def reset(self, source):
        if self.is_tcp(source) and source.type == socket.SOCK_STREAM:
            source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        source.close()

    # Asking.

    def do_await(self, which, name):
        sets = [[self.sources[name]] if which == s else [] for s in "rwx"]
        if not any(select.select(*sets, self.limit)):
            raise TimeoutError

    def do_select(self, timeout, *sets):
        asked = [[self.sources[n] for n in names.split(",")] if names != "-" else [] for names in sets]
        try:
            ready = select.select(*asked, None if timeout == "none" else int(timeout) / 1000)
        except (ValueError, OSError):
            self.answers.append("closed")
            return
        self.answers.append("|".join(map(positions, asked, ready)))

    def do_row(self, name):
        self.do_select("0", name, name, name)


def positions(asked, ready):
    """Where the ready ones were in the argument; it fails if they are other objects or out of order."""
    found, at = [], 0
    for source in ready:
        while asked[at] is not source:
            at += 1
        found.append(str(at))
        at += 1
    return ",".join(found)


for line in sys.stdin:
    limit, text = line.rstrip("\n").split(" ", 1)
    print(Script(int(limit)).run(text), flush=True)
