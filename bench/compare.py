#!/usr/bin/env python3
"""Compares what servers cost: Sluice, its peers, and C. Started by bench/compare.

Every server is a process of its own on the first processor, the load one on the second. In each
round every server gets each load once, in an order shuffled anew. What counts is the processor time
of the server, from the process's clock, for each message that came back as it was sent, and its
ratio in the same round to that of C on epoll or, beyond echo, of Netty on epoll.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import random
import socket
import subprocess
import sys
import time

import report
from kinds import LOADS, ROOT, SERVERS, TARGET, command, takes

KINDS = list(dict.fromkeys(load.kind for load in LOADS.values()))


class Process:
    """A server, which prints its port."""

    def __init__(self, processor, line):
        self.process = subprocess.Popen(["taskset", "-c", processor, *line],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Server(Process):
    def __init__(self, name, kind, *arguments):
        super().__init__("0", [*command(name, kind), *arguments])
        self.name = name

    def cpu(self):
        """Seconds so far, from the clock of the process."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def ticks(self):
        """User and system time so far, in the coarse unit the system splits it by."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        return [int(field) for field in stat.rsplit(")")[1].split()[11:13]]

    def settle(self):
        """Waits until it has nothing more to do with what was opened or closed before."""
        before = -1
        while self.cpu() - before > 0.001:
            before = self.cpu()
            time.sleep(0.05)

    def load(self, load, seconds):
        with contextlib.ExitStack() as idle:
            for _ in range(load.idle):
                idle.enter_context(socket.create_connection(("127.0.0.1", self.port)))
            self.settle()
            result = self.measure(load, seconds)
        self.settle()
        return result

    def measure(self, load, seconds):
        before, ticks_before = self.cpu(), self.ticks()
        done = subprocess.run(["taskset", "-c", "1", *load.command(self.port, seconds)],
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"compare: {load.label}: {self.name} failed, see above")
        cpu = self.cpu() - before
        user, system = (a - b for a, b in zip(self.ticks(), ticks_before))
        result = json.loads(done.stdout)
        micros = cpu * 1e6 / result["verified"]
        share = user / max(1, user + system)
        return {
            "server": self.name,
            "microsPerMessage": micros,
            "userMicrosPerMessage": micros * share,
            "userShare": share,
            "messagesPerSecond": result["messages"] / (result["nanos"] / 1e9),
            "verified": result["verified"],
            "p99": result["latency"]["p99"],
        }


def chosen(names, letters):
    """Those of the servers that take one of the loads, and what their ratios are to."""
    wanted = {*names, *(LOADS[l].reference() for l in letters)}
    return [s for s in SERVERS if s in wanted and any(takes(s, l) for l in letters)]


def compare(kind, letters, names, options):
    """Returns all runs of the loads that need servers of one kind."""
    runs = []
    with contextlib.ExitStack() as processes:
        arguments = []
        if kind == "proxy":
            arguments = [str(processes.enter_context(Process("1", TARGET)).port)]
        servers = [processes.enter_context(Server(n, kind, *arguments))
                   for n in chosen(names, letters)]
        for server in servers:  # not counted: code has to be compiled first
            taken = [l for l in letters if takes(server.name, l)]
            for letter in taken:
                server.load(LOADS[letter], options.warm_up / len(taken))
        for number in range(options.rounds):
            for letter in letters:
                for server in random.sample(servers, len(servers)):
                    if takes(server.name, letter):
                        run = server.load(LOADS[letter], options.seconds)
                        runs.append({"round": number, "load": letter, **run})
            print(f"{kind}: round {number + 1} of {options.rounds}", file=sys.stderr)
    return runs


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2, help="of each load")
    parser.add_argument("--warm-up", type=float, default=20, metavar="SECONDS",
                        help="of each process, before anything is counted")
    parser.add_argument("--loads", default="".join(LOADS),
                        help="; ".join(f"{l}: {load.label}" for l, load in LOADS.items()))
    parser.add_argument("--servers", default=",".join(SERVERS),
                        help="some of " + ", ".join(SERVERS) + "; separated by commas")
    parser.add_argument("--save", action="store_true", help="into bench/results")
    options = parser.parse_args()
    for given, known in ((options.loads, LOADS), (options.servers.split(","), SERVERS)):
        for one in given:
            if one not in known:
                parser.error(f"{one} is none of {', '.join(known)}")
    return options


def main():
    options = arguments()
    names = options.servers.split(",")
    runs = []
    for kind in KINDS:
        letters = [l for l in options.loads if LOADS[l].kind == kind]
        if letters:
            runs += compare(kind, letters, names, options)
    machine = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"
    print(f"{machine}; {options.rounds} rounds of {options.seconds:g} s")
    day = datetime.date.today().isoformat()
    results = ROOT / "bench/results"
    for title, suffix, echo in (("Echo servers", "", True), ("Beyond echo", "-beyond-echo", False)):
        letters = [l for l in options.loads if (LOADS[l].kind == "echo") == echo]
        if not letters:
            continue
        servers = chosen(names, letters)
        print(f"\n{title}: medians (middle half) of the ratio to {LOADS[letters[0]].reference()},"
              " and CPU per message\n")
        print(report.table(runs, letters, servers, report.cost))
        print(f"\n{title}: share of the processor time that was user's, medians\n")
        print(report.table(runs, letters, servers, report.user_share))
        if options.save:
            (results / f"{day}{suffix}.svg").write_text(
                report.plot(runs, letters, servers, f"{title}, {day}, {machine}"))
    if options.save:
        (results / f"{day}.json").write_text(json.dumps(
            {"day": day, "machine": machine, "rounds": options.rounds, "seconds": options.seconds,
             "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
