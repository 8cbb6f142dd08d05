"""The servers that are attacked: how each is started, hardened as its documentation says, and what
the system says about it."""
import os
import pathlib
import re
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "bench/target/epoll_echo"  # of the proxies
MAX_CLIENTS = 9_900  # a proxy has two descriptors for each, and 20,000 are often all there are
START_SECONDS = 20
KIB = 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kernel_tcp_bytes():
    """What the kernel holds for all TCP connections of the machine, both ends of those here."""
    line = re.search(r"^TCP:.* mem (\d+)$", pathlib.Path("/proc/net/sockstat").read_text(), re.M)
    return int(line[1]) * os.sysconf("SC_PAGE_SIZE")


class Server:
    """A process, with those that it started itself. Ends with the block."""

    needs_target = False

    def __init__(self, directory, attack, limits):
        self.directory = pathlib.Path(directory)
        self.attack = attack
        self.limits = limits  # seconds: frame, write
        self.port = free_port()
        self.log = self.directory / "log"
        self.printed = None
        self.target = None

    @classmethod
    def speech(cls, attack):
        """What its clients say under that attack; None if it has nothing of the kind."""
        return None if attack == "pushed" else "echo"

    def __enter__(self):
        if self.needs_target:
            self.target = subprocess.Popen([TARGET], stdout=subprocess.PIPE, text=True)
            self.target_port = int(self.target.stdout.readline())
        line = [str(word) for word in self.command()]
        if self.attack == "famine":
            line = ["prlimit", "--nofile=256:256", *line]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(line, stdout=self.output(log), stderr=log,
                                            cwd=self.directory, env=self.environment())
        try:
            self.await_start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in (self.process, self.target):
            if process:
                process.terminate()
                try:
                    process.wait(2)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def output(self, log):
        return log

    def environment(self):
        return None

    def await_start(self):
        for _ in range(START_SECONDS * 20):
            if self.is_up():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not start: {self.log.read_text()[-2000:]}")

    def is_up(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def pids(self):
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def cpu(self):
        """Seconds so far, from the clocks of the processes."""
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self.pids())

    def resident(self):
        return sum(KIB * int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status")
                                       .read_text())[1]) for pid in self.pids())

    def descriptors(self):
        return sum(os.stat(f"/proc/{pid}/fd").st_size for pid in self.pids())

    def heap(self):
        """Bytes in use of a heap that is collected; None if it has none."""
        return None

    def reasons(self):
        """How it says that it ended its clients."""
        return ""


class Sluice(Server):
    HANDLERS = {"slowloris": "lines", "endless-line": "lines", "pushed": "chat"}

    @classmethod
    def speech(cls, attack):
        return cls.HANDLERS.get(attack, "echo")

    def command(self):
        frame, write = self.limits
        return [ROOT / "sluice", "serve", self.speech(self.attack), "--backend", self.backend,
                "--listen", f"127.0.0.1:{self.port}", *self.first(), "--frame-timeout", f"{frame}s", "--write-timeout", f"{write}s",
                "--drain-timeout", "1s", *self.more()]

    def first(self):
        """Who only listens has no first frame to send, so that chat has no time for it by default."""
        silent = self.speech(self.attack) == "chat"
        return [] if silent else ["--first-frame-timeout", f"{self.limits[0]}s"]

    def more(self):
        return []

    def environment(self):
        return {**os.environ, "SLUICE_NO_BUILD": "1"}

    def output(self, log):
        if self.speech(self.attack) != "lines":
            return log
        self.printed, ours = os.pipe()  # read by the good clients, whose lines are printed
        return ours

    def is_up(self):
        return "server.ready" in self.log.read_text()

    def heap(self):
        said = subprocess.run([f"{os.environ['JAVA_HOME']}/bin/jcmd", str(self.process.pid),
                               "GC.heap_info"], stdout=subprocess.PIPE, text=True).stdout
        return sum(KIB * int(used) for used in
                   re.findall(r"^ ?(?:DefNew|Tenured) .* used (\d+)K", said, re.M))

    def reasons(self):
        told = {}
        for event, reason, suppressed in re.findall(
                r"^\w+ (connection\.\w+|accept\.paused) .*?reason=(\"[^\"]*\"|\S+)"
                r"(?: suppressed=(\d+))?", self.log.read_text(), re.M):
            reasons, more = told.setdefault(event, [{}, 0])
            reasons[reason] = reasons.get(reason, 0) + 1
            told[event][1] = more + int(suppressed or 0)
        return "; ".join(
            f"{event} " + ", ".join(f"{n} {why}" for why, n in sorted(reasons.items()))
            + (f", and {more} more lines suppressed" if more else "")
            for event, (reasons, more) in sorted(told.items()))


class SluiceEpoll(Sluice):
    name = "Sluice epoll"
    backend = "epoll"


class SluiceUring(Sluice):
    name = "Sluice io_uring"
    backend = "io_uring"


class SluiceBare(Sluice):
    """Nothing but the system's limit stands between it and the end of its descriptors."""

    name = "Sluice epoll, --max-connections 0"
    backend = "epoll"

    @classmethod
    def speech(cls, attack):
        return "echo" if attack == "famine" else None

    def more(self):
        return ["--max-connections", 0]


class Haproxy(Server):
    name = "HAProxy"
    needs_target = True

    def command(self):
        frame, _ = self.limits
        # With few descriptors it computes the number of connections itself.
        limit = "" if self.attack == "famine" else f"maxconn {MAX_CLIENTS}"
        (self.directory / "conf").write_text(f"""\
global
  nbthread 1
  {limit}
defaults
  mode tcp
  backlog 1024
  {limit}
  timeout connect 5s
  timeout client {frame}s
  timeout server {frame}s
frontend clients
  bind 127.0.0.1:{self.port}
  default_backend echo
backend echo
  server echo 127.0.0.1:{self.target_port}
""")
        return ["haproxy", "-db", "-f", "conf"]


class Nginx(Server):
    name = "nginx stream"
    needs_target = True

    def command(self):
        frame, _ = self.limits
        (self.directory / "conf").write_text(f"""\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
pid {self.directory}/pid;
error_log stderr crit;
events {{ worker_connections {2 * MAX_CLIENTS}; }}
stream {{
  server {{
    listen 127.0.0.1:{self.port} backlog=1024;
    proxy_connect_timeout 5s;
    proxy_timeout {frame}s;
    proxy_pass 127.0.0.1:{self.target_port};
  }}
}}
""")
        return ["nginx", "-p", self.directory, "-c", self.directory / "conf", "-e", "stderr"]


class Redis(Server):
    name = "Redis"

    @classmethod
    def speech(cls, attack):
        return "pubsub" if attack == "pushed" else "ping"

    def command(self):
        frame, _ = self.limits
        return ["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--save", "",
                "--appendonly", "no", "--protected-mode", "no", "--tcp-backlog", 1024, "--maxclients", MAX_CLIENTS,
                "--timeout", frame, "--client-output-buffer-limit", "normal 256kb 64kb 10",
                "--client-output-buffer-limit", "pubsub 256kb 64kb 10"]

    def reasons(self):
        overruns = self.log.read_text().count("overcoming of output buffer limits")
        return f"{overruns} over the limit of output" if overruns else ""


SERVERS = {server.name: server
           for server in (SluiceEpoll, SluiceUring, SluiceBare, Haproxy, Nginx, Redis)}
