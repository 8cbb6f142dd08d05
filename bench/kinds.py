"""What is compared: the loads, and how each server is started for each of them."""
import os
import pathlib
import resource

ROOT = pathlib.Path(__file__).resolve().parent.parent
_DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))  # servers inherit it
_IDLE = min(10_000, _DESCRIPTORS - 500 if _DESCRIPTORS > 0 else 10_000)
_RECEIVERS = 1_000

# What the ratio is to. There is no chat and no proxy in C.
REFERENCES = {"echo": "C epoll"}
BEYOND_ECHO = "Netty epoll"


class Load:
    """`arguments` of sluice bench; without any, the load is that of a chat."""

    def __init__(self, label, *arguments, kind="echo", idle=0):
        self.label = label
        self.arguments = arguments
        self.kind = kind  # of the server it needs
        self.idle = idle  # connections made before, which are not counted

    def reference(self):
        return REFERENCES.get(self.kind, BEYOND_ECHO)

    def command(self, port, seconds):
        millis = int(seconds * 1000)
        if not self.arguments:
            return _java("ChatLoad", str(port), str(_RECEIVERS), str(millis))
        return [str(ROOT / "sluice"), "bench", f"127.0.0.1:{port}", "--json", "--warm-up", "200ms",
                "--duration", f"{millis}ms", *self.arguments]


def _sizes(connections, size, in_flight=1):
    return ["--connections", str(connections), "--size", str(size), "--in-flight", str(in_flight)]


LOADS = {
    "B": Load("100 connections x 64 B", *_sizes(100, 64)),
    "C": Load("1,000 connections x 64 B", *_sizes(1000, 64)),
    "D": Load("100 x 64 B, 16 in flight", *_sizes(100, 64, 16)),
    "E": Load("100 connections x 16 KiB", *_sizes(100, 16384)),
    "F": Load(f"100 active, {_IDLE:,} idle", *_sizes(100, 64), idle=_IDLE),
    "G": Load("connect, one echo, close", *_sizes(100, 64), "--churn"),
    "H": Load("100 x lines of 32 B, 16 in flight", *_sizes(100, 32, 16), "--lines", kind="lines"),
    "J": Load(f"chat, 1 to {_RECEIVERS:,}, 64 B", kind="chat"),
    "K": Load("TCP proxy, 10 x 64 KiB", *_sizes(10, 65536), kind="proxy"),
    "L": Load("100 x 64 B, paused after each", *_sizes(100, 64), kind="paused"),
}


def _java(main, *arguments):
    home = os.environ["JAVA_HOME"]
    return [f"{home}/bin/java", "-XX:+UseSerialGC", "-Djdk.virtualThreadScheduler.parallelism=1",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            "-cp", os.environ["BENCH_CLASS_PATH"], f"sluice.bench.{main}", *arguments]


def _c(name):
    return [str(ROOT / "bench/target" / name)]


def _python(name):
    return ["python3", str(ROOT / "bench/src/main/python" / name)]


TARGET = _c("epoll_echo")  # of the proxies
_ECHO = {
    "C epoll": _c("epoll_echo"),
    "C io_uring": _c("uring_echo"),
    "JDK selector": _java("SelectorEcho"),
    "Virtual threads": _java("VirtualThreadEcho"),
    "Python select": _python("select_echo.py"),
    "Python asyncio": _python("asyncio_echo.py"),
}
ANY_KIND = {
    "Sluice io_uring": _java("SluiceServer", "io_uring"),
    "Sluice epoll": _java("SluiceServer", "epoll"),
    "Sluice NIO": _java("SluiceServer", "nio"),
    "Netty io_uring": _java("NettyServer", "io_uring"),
    "Netty epoll": _java("NettyServer", "epoll"),
    "Netty NIO": _java("NettyServer", "nio"),
}
SERVERS = ["C epoll", "C io_uring", *ANY_KIND, *list(_ECHO)[2:]]

# select watches no descriptor above 1,023.
_CANNOT = {"Python select": "F"}


def takes(server, load):
    """Whether the server can take the load."""
    return ((server in ANY_KIND or LOADS[load].kind == "echo")
            and load not in _CANNOT.get(server, ""))


def command(server, kind):
    """How to start it; a proxy needs the port of its target, too."""
    return [*ANY_KIND[server], kind] if server in ANY_KIND else _ECHO[server]
