#!/usr/bin/env python3
"""Compares what a message costs the server: Sluice, its peers, and C. Started by bench/compare.

Every server is a process of its own on the first processor, the load one on the second. In each
round every server gets each load once, in an order shuffled anew. What counts is the processor time
of the server, from the process's clock, for each message that came back as it was sent, and its
ratio to that of the reference in the same round: C on epoll where servers echo, and Netty on epoll
where they do more.
"""
import argparse
import collections
import datetime
import json
import os
import pathlib
import platform
import random
import resource
import socket
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
IDLE = {"F": 10000}  # connections made before, which are not counted
REFERENCES = collections.defaultdict(lambda: "Netty epoll", echo="C epoll")

Load = collections.namedtuple("Load", "kind title arguments")


def bench(*arguments):
    return ["bench", *arguments]


LOADS = {
    "B": Load("echo", "100 connections x 64 B", bench("--connections", "100")),
    "C": Load("echo", "1,000 connections x 64 B", bench("--connections", "1000")),
    "D": Load("echo", "100 x 64 B, 16 in flight", bench("--connections", "100", "--in-flight", "16")),
    "E": Load("echo", "100 connections x 16 KiB", bench("--connections", "100", "--size", "16384")),
    "F": Load("echo", "100 active, 10,000 idle", bench("--connections", "100")),
    "G": Load("echo", "connect, one echo, close", bench("--connections", "100", "--churn")),
    "H": Load("lines", "100 x lines of 32 B, 16 in flight",
              bench("--connections", "100", "--size", "32", "--in-flight", "16", "--lines")),
    "J": Load("chat", "chat, 1 speaks to 1,000", ["chat", "1000"]),
    "K": Load("proxy", "TCP proxy, 50 x 64 KiB", bench("--connections", "50", "--size", "65536")),
    "L": Load("paused", "100 x 64 B, reading paused after each", bench("--connections", "100")),
}


def java(main, *arguments):
    home = os.environ["JAVA_HOME"]
    return [f"{home}/bin/java", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow", "-cp", os.environ["BENCH_CLASS_PATH"],
            f"sluice.bench.{main}", *arguments]


def any_kind(main, name):
    return {kind: java(main, name, kind) for kind in ("echo", "lines", "chat", "proxy", "paused")}


def echo(*command):
    return {"echo": list(command)}


SERVERS = {
    "C epoll": echo(str(ROOT / "bench/target/epoll_echo")),
    "C io_uring": echo(str(ROOT / "bench/target/uring_echo")),
    "Sluice io_uring": any_kind("SluiceServer", "io_uring"),
    "Sluice epoll": any_kind("SluiceServer", "epoll"),
    "Sluice NIO": any_kind("SluiceServer", "nio"),
    "Netty io_uring": any_kind("NettyServer", "io_uring"),
    "Netty epoll": any_kind("NettyServer", "epoll"),
    "Netty NIO": any_kind("NettyServer", "nio"),
    "JDK selector": echo(*java("SelectorEcho")),
    "virtual threads": echo(*java("VirtualThreadEcho")),
    "CPython select": echo("python3", str(ROOT / "bench/src/main/python/select_echo.py")),
    "CPython asyncio": echo("python3", str(ROOT / "bench/src/main/python/asyncio_echo.py")),
}
CANNOT = {"CPython select": "CF"}  # descriptors above 1,023


def on(processor, command):
    return ["taskset", "-c", str(processor), *command]


class Process:
    """A server, and where it listens."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()


class Server(Process):
    def __init__(self, name, kind, target):
        self.name = name
        super().__init__(on(0, SERVERS[name][kind] + ([str(target.port)] if kind == "proxy" else [])))

    def cpu(self):
        """User and system seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[1].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def load(self, letter, seconds):
        idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(IDLE.get(letter, 0))]
        try:
            return self.measure(LOADS[letter].arguments, int(seconds * 1000))
        finally:
            for connection in idle:
                connection.close()

    def measure(self, arguments, millis):
        if arguments[0] == "chat":
            command = java("ChatLoad", str(self.port), *arguments[1:], "200", str(millis))
        else:
            command = [str(ROOT / "sluice"), "bench", f"127.0.0.1:{self.port}", "--json",
                       "--warm-up", "200ms", "--duration", f"{millis}ms", *arguments[1:]]
        before = self.cpu()
        result = json.loads(subprocess.run(on(1, command), check=True, stdout=subprocess.PIPE,
                                           text=True).stdout)
        after = self.cpu()
        user, system = after[0] - before[0], after[1] - before[1]
        return {
            "server": self.name,
            "microsPerMessage": (user + system) * 1e6 / result["verified"],
            "userMicrosPerMessage": user * 1e6 / result["verified"],
            "messagesPerSecond": result["messages"] / (result["nanos"] / 1e9),
            "verified": result["verified"],
            "p99": result.get("latency", {}).get("p99"),
        }


def takes(name, letter):
    return LOADS[letter].kind in SERVERS[name] and letter not in CANNOT.get(name, "")


def run_kind(kind, letters, names, options):
    """All rounds of the loads of one kind of server."""
    servers, runs = [], []
    target = Process(on(1, SERVERS["C epoll"]["echo"])) if kind == "proxy" else None
    try:
        servers = [Server(name, kind, target) for name in names if kind in SERVERS[name]]
        for server in servers:  # not counted: code has to be compiled first
            for letter in filter(lambda l: takes(server.name, l), letters):
                server.load(letter, 2 * options.seconds)
        for number in range(options.rounds):
            for letter in letters:
                for server in random.sample(servers, len(servers)):
                    if takes(server.name, letter):
                        run = server.load(letter, options.seconds)
                        runs.append({"round": number, "load": letter, **run})
            print(f"{kind}: round {number + 1} of {options.rounds}", file=sys.stderr)
    finally:
        for server in servers:
            server.close()
        if target:
            target.close()
    return runs


def quartiles(values):
    if len(values) < 2:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def ratios(runs, letter, name):
    """Of each round, to the reference in the same round."""
    reference = REFERENCES[LOADS[letter].kind]
    rounds = collections.defaultdict(dict)
    for run in runs:
        if run["load"] == letter:
            rounds[run["round"]][run["server"]] = run["microsPerMessage"]
    return [r[name] / r[reference] for r in rounds.values() if name in r and reference in r]


def table(runs, letters, names, cell):
    lines = ["| server | " + " | ".join(f"{l} {LOADS[l].title}" for l in letters) + " |",
             "|---|" + "---:|" * len(letters)]
    for name in names:
        cells = [cell([r for r in runs if r["load"] == l and r["server"] == name], l, name)
                 if takes(name, l) else "-" for l in letters]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tables(runs, letters, names):
    def cost(own, letter, name):
        low, middle, high = quartiles(ratios(runs, letter, name))
        micros = statistics.median(r["microsPerMessage"] for r in own)
        return f"{middle:.2f} ({low:.2f}-{high:.2f}), {micros:.2f} us"

    def user(own, letter, name):
        share = statistics.median(r["userMicrosPerMessage"] / r["microsPerMessage"] for r in own)
        return f"{100 * share:.0f} %"

    return (table(runs, letters, names, cost) + "\n\nUser code, of the processor time:\n\n"
            + table(runs, letters, names, user))


COLOURS = {"Sluice": "#1b6ca8", "Netty": "#d1822f", "C": "#3c3c3c"}


def plot(runs, letters, names, title):
    """One group of bars for each load, from 0, with the quartiles as whiskers."""
    width, left, row, gap = 860, 150, 16, 26
    bars = [(l, n) for l in letters for n in names if takes(n, l)]
    scale = (width - left - 60) / max(quartiles(ratios(runs, l, n))[2] for l, n in bars)
    y = 46
    out = []
    for letter in letters:
        out.append(f'<text x="8" y="{y}" font-weight="bold">{letter}: {LOADS[letter].title}</text>')
        y += 8
        for name in [n for n in names if takes(n, letter)]:
            low, middle, high = quartiles(ratios(runs, letter, name))
            colour = COLOURS.get(name.split(" ")[0], "#7a7a7a")
            out.append(f'<text x="{left - 6}" y="{y + 11}" text-anchor="end">{name}</text>')
            out.append(f'<rect x="{left}" y="{y + 2}" width="{middle * scale:.1f}" height="{row - 5}"'
                       f' fill="{colour}"/>')
            out.append(f'<path d="M{left + low * scale:.1f} {y + row / 2}H{left + high * scale:.1f}"'
                       ' stroke="#000" stroke-width="1.5"/>')
            out.append(f'<text x="{left + high * scale + 5:.1f}" y="{y + 11}">{middle:.2f}</text>')
            y += row
        y += gap
    bottom = y - gap + 4
    tick = 0
    while left + tick * scale < width - 20:
        x = left + tick * scale
        out.append(f'<path d="M{x:.1f} 30V{bottom}" stroke="#999" stroke-dasharray="2 3"/>')
        out.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}</text>')
        tick += 0.5
    reference = REFERENCES[LOADS[letters[0]].kind]
    out.append(f'<text x="{left}" y="{bottom + 32}">server CPU per message, as a ratio to {reference}'
               ' in the same round; the line is the middle half of the rounds</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 44}"'
            ' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="8" y="18" font-size="14">{title}</text>' + "".join(out) + "</svg>\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2, help="of each load")
    parser.add_argument("--loads", default="".join(LOADS))
    parser.add_argument("--servers", help="some of them, separated by commas; the references are added")
    parser.add_argument("--save", action="store_true", help="into bench/results")
    return parser.parse_args()


def main():
    options = parse()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    letters = [l for l in LOADS if l in options.loads]
    kinds = list(dict.fromkeys(LOADS[l].kind for l in letters))
    wanted = options.servers.split(",") if options.servers else list(SERVERS)
    wanted += [REFERENCES[kind] for kind in kinds]
    names = [n for n in SERVERS if n in wanted]
    runs = []
    for kind in kinds:
        runs += run_kind(kind, [l for l in letters if LOADS[l].kind == kind], names, options)
    machine = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"
    print(f"{machine}; {options.rounds} rounds of {options.seconds:g} s; medians (middle half) of the"
          " ratio to the reference, and CPU per message")
    day = datetime.date.today().isoformat()
    results = ROOT / "bench/results"
    for part, chosen in (("echo", [l for l in letters if LOADS[l].kind == "echo"]),
                         ("more", [l for l in letters if LOADS[l].kind != "echo"])):
        if not chosen:
            continue
        own = [n for n in names if any(takes(n, l) for l in chosen)]
        print(f"\nReference: {REFERENCES[LOADS[chosen[0]].kind]}\n\n{tables(runs, chosen, own)}")
        if options.save:
            (results / f"{day}-{part}.svg").write_text(
                plot(runs, chosen, own, f"Servers that {'echo' if part == 'echo' else 'do more'},"
                     f" {day}, {machine}"))
    if options.save:
        (results / f"{day}.json").write_text(json.dumps(
            {"day": day, "machine": machine, "rounds": options.rounds, "seconds": options.seconds,
             "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
