#!/usr/bin/env python3
"""Compares what an echo costs the server: Sluice, its peers, and C. Started by bench/compare.

Every server is a process of its own on the first processor, the load (sluice bench) one on the
second. In each round every server gets each load once, in an order shuffled anew. What counts is
the processor time of the server, from the process's clock, for each message that came back as it
was sent, and its ratio to that of C on epoll in the same round.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import socket
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
REFERENCE = "C epoll"
IDLE = {"F": 9000}  # connections made before, which are not counted
LOADS = {
    "B": ("100 connections x 64 B", ["--connections", "100", "--size", "64"]),
    "C": ("1,000 connections x 64 B", ["--connections", "1000", "--size", "64"]),
    "D": ("100 x 64 B, 16 in flight", ["--connections", "100", "--size", "64", "--in-flight", "16"]),
    "E": ("100 connections x 16 KiB", ["--connections", "100", "--size", "16384"]),
    "F": ("100 active, 9,000 idle", ["--connections", "100", "--size", "64"]),
    "G": ("connect, one echo, close", ["--connections", "100", "--size", "64", "--churn"]),
}


def java(main, *arguments):
    home = os.environ["JAVA_HOME"]
    return [f"{home}/bin/java", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow", "-cp", os.environ["BENCH_CLASS_PATH"],
            f"sluice.bench.{main}", *arguments]


SERVERS = {
    REFERENCE: [str(ROOT / "bench/target/epoll_echo")],
    "Sluice io_uring": java("SluiceEcho", "io_uring"),
    "Sluice epoll": java("SluiceEcho", "epoll"),
    "Sluice NIO": java("SluiceEcho", "nio"),
    "Netty io_uring": java("NettyEcho", "io_uring"),
    "Netty epoll": java("NettyEcho", "epoll"),
    "Netty NIO": java("NettyEcho", "nio"),
    "JDK selector": java("SelectorEcho"),
}


class Server:
    def __init__(self, name):
        self.name = name
        self.process = subprocess.Popen(["taskset", "-c", "0", *SERVERS[name]],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def cpu(self):
        """User and system seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[1].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def load(self, load, seconds):
        idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(IDLE.get(load, 0))]
        try:
            return self.measure(LOADS[load][1], seconds)
        finally:
            for connection in idle:
                connection.close()

    def measure(self, arguments, seconds):
        before = self.cpu()
        output = subprocess.run(
            ["taskset", "-c", "1", str(ROOT / "sluice"), "bench", f"127.0.0.1:{self.port}", "--json",
             "--warm-up", "200ms", "--duration", f"{int(seconds * 1000)}ms", *arguments],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        after = self.cpu()
        result = json.loads(output)
        user, system = after[0] - before[0], after[1] - before[1]
        return {
            "server": self.name,
            "microsPerMessage": (user + system) * 1e6 / result["verified"],
            "userMicrosPerMessage": user * 1e6 / result["verified"],
            "messagesPerSecond": result["messages"] / (result["nanos"] / 1e9),
            "verified": result["verified"],
            "p99": result["latency"]["p99"],
        }

    def close(self):
        self.process.kill()
        self.process.wait()


def quartiles(values):
    if len(values) < 2:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def ratios(runs, load, server):
    """Of each round, to the reference in the same round."""
    by_round = {}
    for run in runs:
        if run["load"] == load:
            by_round.setdefault(run["round"], {})[run["server"]] = run["microsPerMessage"]
    return [r[server] / r[REFERENCE] for r in by_round.values() if server in r and REFERENCE in r]


def table(runs, loads, servers):
    lines = ["| server | " + " | ".join(f"{l} {LOADS[l][0]}" for l in loads) + " |",
             "|---|" + "---:|" * len(loads)]
    for server in servers:
        cells = []
        for load in loads:
            low, middle, high = quartiles(ratios(runs, load, server))
            micros = statistics.median(r["microsPerMessage"] for r in runs
                                       if r["load"] == load and r["server"] == server)
            cells.append(f"{middle:.2f} ({low:.2f}-{high:.2f}), {micros:.2f} us")
        lines.append(f"| {server} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(runs, loads, servers, title):
    """One group of bars for each load, from 0, with the quartiles as whiskers."""
    width, left, row, gap = 860, 150, 16, 26
    scale = (width - left - 60) / max(
        quartiles(ratios(runs, l, s))[2] for l in loads for s in servers)
    colours = {"Sluice": "#1b6ca8", "Netty": "#d1822f", "JDK": "#7a7a7a", "C": "#3c3c3c"}
    y = 46
    out = []
    for load in loads:
        out.append(f'<text x="8" y="{y}" font-weight="bold">{load}: {LOADS[load][0]}</text>')
        y += 8
        for server in servers:
            low, middle, high = quartiles(ratios(runs, load, server))
            colour = colours[server.split(" ")[0]]
            out.append(f'<text x="{left - 6}" y="{y + 11}" text-anchor="end">{server}</text>')
            out.append(f'<rect x="{left}" y="{y + 2}" width="{middle * scale:.1f}" height="{row - 5}"'
                       f' fill="{colour}"/>')
            out.append(f'<path d="M{left + low * scale:.1f} {y + row / 2}H{left + high * scale:.1f}"'
                       ' stroke="#000" stroke-width="1.5"/>')
            out.append(f'<text x="{left + high * scale + 5:.1f}" y="{y + 11}">{middle:.2f}</text>')
            y += row
        y += gap
    bottom = y - gap + 4
    for tick in (0, 0.5, 1, 1.5, 2):
        if left + tick * scale < width - 20:
            x = left + tick * scale
            out.append(f'<path d="M{x:.1f} 30V{bottom}" stroke="#999" stroke-dasharray="2 3"/>')
            out.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}</text>')
    out.append(f'<text x="{left}" y="{bottom + 32}">server CPU per message, as a ratio to C on epoll'
               ' in the same round; the line is the middle half of the rounds</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 44}"'
            ' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="8" y="18" font-size="14">{title}</text>' + "".join(out) + "</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2, help="of each load")
    parser.add_argument("--loads", default="BCDEFG")
    parser.add_argument("--servers", help="some of them, separated by commas")
    parser.add_argument("--save", action="store_true", help="into bench/results")
    options = parser.parse_args()
    names = options.servers.split(",") if options.servers else list(SERVERS)
    if REFERENCE not in names:
        names.insert(0, REFERENCE)
    loads = list(options.loads)
    servers = []
    runs = []
    try:
        servers = [Server(name) for name in names]
        for server in servers:  # not counted: code has to be compiled first
            for load in loads:
                server.load(load, 2 * options.seconds)
        for number in range(options.rounds):
            for load in loads:
                for server in random.sample(servers, len(servers)):
                    run = server.load(load, options.seconds)
                    runs.append({"round": number, "load": load, **run})
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    finally:
        for server in servers:
            server.close()
    machine = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"
    print(f"{machine}; {options.rounds} rounds of {options.seconds:g} s; medians (middle half)"
          f" of the ratio to {REFERENCE}, and CPU per message")
    print(table(runs, loads, names))
    if options.save:
        day = datetime.date.today().isoformat()
        results = ROOT / "bench/results"
        (results / f"{day}.json").write_text(json.dumps(
            {"day": day, "machine": machine, "rounds": options.rounds, "seconds": options.seconds,
             "runs": runs}, indent=1) + "\n")
        (results / f"{day}.svg").write_text(plot(runs, loads, names, f"Echo servers, {day}, {machine}"))


if __name__ == "__main__":
    main()
