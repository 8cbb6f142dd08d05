#!/usr/bin/env python3
"""Attacks Sluice and its peers, one after the other, and shows what good clients notice of it.

Each server is a process of its own, hardened as its documentation says, with the same times for all.
Good clients ask and are answered at a fixed rate, each answer measured from when its request ought to
have been sent, first alone (the baseline) and then beside the attack. Newcomers connect five times a
second, are served once and leave. Everything is on loopback. Ends with 1 if a claim about Sluice does
not hold.
"""
import argparse
import datetime
import json
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

from attacked import MAX_CLIENTS, ROOT, SERVERS, Sluice, kernel_tcp_bytes

SAMPLE_SECONDS = 0.05
NEWCOMERS = 5  # at a time, at most: their descriptors come and go
DESCRIPTORS_KEPT = 200  # of a process, for all else
RECOVER_SECONDS = 10
BACK_SECONDS_MAX = 2  # of Sluice, after an attack
MIB = 1 << 20
LINE_BYTES_MAX = 64 * MIB  # of one without an end: more than the system may hold at both ends


class Attack:
    def __init__(self, what, count, seconds, rate=20):
        self.what = what
        self.count = count
        self.seconds = seconds
        self.rate = rate  # of each good client, a second

    def crowd(self, pace):
        """How many attackers the descriptors allow: a proxy has two for each."""
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return min(self.count, pace.crowd_max, (descriptors - DESCRIPTORS_KEPT) // 2)

    def said(self, pace):
        if not self.count:
            return f"{self.what}."
        count = self.crowd(pace)
        fewer = "" if count == self.count else f" (not {self.count:,})"
        return f"{count:,}{fewer} {self.what.format(drip=pace.drip)}."


ATTACKS = {
    "slowloris": Attack("connections that send a byte each {drip} s, and never the end of a line", 10_000, 11),
    "never-readers": Attack("connections that ask as much as they can, and read no answer", 100, 7),
    "pushed": Attack("listeners that never read, while 32 KiB a second are said to all", 10_000, 13, 4),
    "reset-storm": Attack("connections, one after the other: connect, send, reset", 0, 8),
    "churn": Attack("connections, one after the other: connect, close", 0, 8),
    "endless-line": Attack("connections at a time that send a line of up to 1 GiB; what comes back is read", 4, 4),
    "famine": Attack("connections to a server that has 256 descriptors", 400, 4),
}


class Pace:
    """How long everything takes: seconds."""

    def __init__(self, quick):
        self.warm_up = 1 if quick else 2
        self.baseline = 1 if quick else 1.5
        self.limits = (2, 2) if quick else (8, 4)  # of frames, of writes
        self.drip = 1 if quick else 5  # a byte of who is never done
        self.attack_max = 4 if quick else 60
        self.crowd_max = 2_000 if quick else MAX_CLIENTS


def java(main, *arguments, **options):
    line = [f"{os.environ['JAVA_HOME']}/bin/java", "-XX:+UseSerialGC", "-Xmx512m", "-cp",
            os.environ["BENCH_CLASS_PATH"], f"sluice.bench.attack.{main}", *map(str, arguments)]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


class GoodClients:
    def __init__(self, server, speech, count, rate):
        printed = [server.printed] if server.printed is not None else []
        self.process = java("GoodClients", server.port, speech, count, rate,
                            *(f"/dev/fd/{end}" for end in printed), pass_fds=printed)

    def report(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Watch(threading.Thread):
    """Looks at a server while it is attacked."""

    def __init__(self, server, baseline):
        super().__init__(daemon=True)
        self.server = server
        self.baseline = baseline  # descriptors
        self.resident = self.kernel = 0
        self.heap = None
        self.came = False  # any attacker
        self.gone = None  # when all attackers were, in seconds
        self.done = threading.Event()

    def run(self):
        start = heap_at = time.monotonic()
        while not self.done.wait(SAMPLE_SECONDS):
            now = time.monotonic()
            descriptors = self.server.descriptors()
            self.resident = max(self.resident, self.server.resident())
            self.kernel = max(self.kernel, kernel_tcp_bytes())
            if descriptors > self.baseline + 2 * NEWCOMERS:
                self.came = True
                self.gone = None
            elif self.came and self.gone is None:
                self.gone = now - start
            if self.server.attack == "pushed" and now - heap_at > 1:
                heap_at = now
                heap = self.server.heap()
                self.heap = heap and max(heap, self.heap or 0)


def recovered(server, baseline):
    """Seconds until the server has its descriptors back; None if that takes too long."""
    start = time.monotonic()
    while server.descriptors() > baseline + 2 * NEWCOMERS:
        if time.monotonic() - start > RECOVER_SECONDS:
            return None
        time.sleep(0.02)
    return time.monotonic() - start


def attack(name, kind, clients, pace):
    what = ATTACKS[name]
    seconds = min(what.seconds, pace.attack_max)
    speech = kind.speech(name)
    with tempfile.TemporaryDirectory(prefix="sluice-attacks-") as directory, \
            kind(directory, name, pace.limits) as server, \
            GoodClients(server, speech, clients, what.rate) as good:
        time.sleep(pace.warm_up)
        good.report()
        time.sleep(pace.baseline)
        before = good.report()
        baseline, resident, kernel = server.descriptors(), server.resident(), kernel_tcp_bytes()
        watch = Watch(server, baseline)
        cpu, start = server.cpu(), time.monotonic()
        watch.start()
        attackers = java("Attackers", name, server.port, speech, what.crowd(pace), int(1000 * seconds),
                         int(1000 * pace.drip))
        fate = json.loads(attackers.stdout.readline())
        cpu, lasted = server.cpu() - cpu, time.monotonic() - start
        during = good.report()
        watch.done.set()
        attackers.wait()
        back = recovered(server, baseline)
        watch.join()
        time.sleep(1)
        after = good.report()
        time.sleep(0.6)
        settled = good.report()
        return {"server": kind.name, "before": before, "during": during, "after": after,
                "settled": settled,
                "cpu": cpu / lasted, "resident": watch.resident - resident,
                "kernel": watch.kernel - kernel, "heap": watch.heap, "fate": fate,
                "gone": watch.gone, "back": back, "lasted": lasted, "reasons": server.reasons()}


def errors(part):
    return ", ".join(f"{n} {how}" for how, n in part["errors"].items()) or "0"


def millis(run, figure):
    return " / ".join(f"{run[part][figure] / 1e6:.2f}" for part in ("before", "during"))


def fate(name, run):
    f = run["fate"]
    if "left" not in f:
        rate = f["opened"] / run["lasted"]
        return f"{f['opened']:,} ({rate:,.0f} a second), {f['refused']:,} not let in"
    said = [f"{f['opened']:,} came"] + [f"{f[k]:,} {k}" for k in ("refused", "ended", "left") if f[k]]
    if name in ("never-readers", "endless-line"):
        said.append(f"{f['bytes'] / MIB:,.1f} MiB taken")
    if f["ended"] and not f["left"] and run["gone"] is not None:
        said.append(f"all gone after {run['gone']:.1f} s")
    if f["spared"]:
        said.append("broken off: the kernel's memory for TCP")
    return ", ".join(said)


def row(name, run):
    during, after, settled = run["during"], run["after"], run["settled"]
    back = "not" if run["back"] is None else f"{run['back']:.2f} s"
    memory = f"{run['resident'] / MIB:.0f}" + (f" ({run['heap'] / MIB:.0f})" if run["heap"] else "")
    bad = errors(during) + ("" if not after["errors"] else f"; afterwards {errors(after)}")
    return [run["server"], bad, *(millis(run, figure) for figure in ("p50", "p99", "max")),
            f"{during['served']}/{during['newcomers']}, {settled['served']}/{settled['newcomers']}",
            f"{100 * run['cpu']:.0f}", memory, f"{run['kernel'] / MIB:.0f}", back, fate(name, run)]


HEAD = ["server", "errors", "p50 ms", "p99 ms", "max ms", "newcomers, then", "CPU %",
        "RSS (heap) MiB", "kernel MiB", "back", "attackers"]


def table(name, runs):
    lines = [HEAD, ["---"] + ["---:"] * (len(HEAD) - 2) + ["---"], *(row(name, run) for run in runs)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def claims(name, run):
    """What does not hold of Sluice."""
    if any(run[part]["errors"] for part in ("before", "during", "after", "settled")):
        yield "a good client was not served"
    if run["back"] is None or run["back"] > BACK_SECONDS_MAX:
        yield "descriptors are not back"
    if run["settled"]["served"] < run["settled"]["newcomers"] - 1:  # one may just have come
        yield "newcomers are not served after the attack"
    if name in ("slowloris", "never-readers", "pushed") and run["fate"]["left"]:
        yield f"{run['fate']['left']} attackers were not ended"
    if name == "endless-line" and run["fate"]["bytes"] > LINE_BYTES_MAX * run["fate"]["opened"]:
        yield "endless lines were read on and on"
    wanted = {"slowloris": "first_frame|min_rate|frame_deadline|early_drop", "never-readers": "write_stall",
              "pushed": "write_stall", "endless-line": "frame_too_long"}.get(name)
    if wanted and not any(reason in run["reasons"] for reason in wanted.split("|")):
        yield f"no attacker was ended as {wanted}"


def arguments():
    parser = argparse.ArgumentParser(prog="show-attacks", description=__doc__)
    parser.add_argument("--attack", action="append", choices=list(ATTACKS), help="may be repeated")
    parser.add_argument("--server", action="append", choices=list(SERVERS), help="may be repeated")
    parser.add_argument("--clients", type=int, default=50, help="good ones")
    parser.add_argument("--quick", action="store_true",
                        help="less than two minutes: shorter, smaller, and only Sluice on epoll and Redis")
    parser.add_argument("--save", action="store_true", help="into bench/results")
    return parser.parse_args()


def wrapped(text, indent=""):
    return textwrap.fill(text, 130, subsequent_indent=indent, break_on_hyphens=False)


def introduction(options, pace):
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"],
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    command = " ".join(["build-support/show-attacks", *sys.argv[1:]])
    versions = [f"Java {os.environ['JAVA_VERSION']}"]
    for name, option in (("haproxy", "-v"), ("nginx", "-v"), ("redis-server", "--version")):
        said = subprocess.run([name, option], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True).stdout
        versions.append(f"{name} {re.search(r'[0-9]+([.][0-9]+)+', said)[0]}")
    load = os.getloadavg()[0]
    return wrapped(
        f"`{command}` at {commit}: {platform.system()} {platform.release()} {platform.machine()},"
        f" {os.cpu_count()} processors, load {load:.1f} before; {'; '.join(versions)}."
        f" {options.clients} good clients; limits of {pace.limits[0]} s for a frame or for silence and"
        f" {pace.limits[1]} s for a write; figures of time are baseline / under attack. Kernel: for TCP,"
        " both ends, all of the machine. Newcomers: served of those that came during the attack, and one"
        " second after it. What the server says about it follows each table.")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    pace = Pace(options.quick)
    names = options.server or (["Sluice epoll", "Redis"] if options.quick else list(SERVERS))
    text = [introduction(options, pace)]
    print(text[0], flush=True)
    broken = []
    for name in options.attack or ATTACKS:
        runs = []
        for server in names:
            if SERVERS[server].speech(name) is None:
                continue
            print(f"{name}: {server}", file=sys.stderr)
            runs.append(attack(name, SERVERS[server], options.clients, pace))
            if issubclass(SERVERS[server], Sluice):
                broken += [f"{name}: {server}: {claim}" for claim in claims(name, runs[-1])]
        said = [f"\n## {name}\n", ATTACKS[name].said(pace) + "\n", table(name, runs), ""]
        said += [wrapped(f"- {run['server']}: {run['reasons']}", "  ") for run in runs if run["reasons"]]
        print("\n".join(said), flush=True)
        text += said
    for claim in broken:
        print(f"does not hold: {claim}", file=sys.stderr)
    if options.save:
        day = datetime.date.today().isoformat()
        (ROOT / f"bench/results/{day}-attacks.md").write_text(
            f"# Attacks, {day}\n\n" + "\n".join(text + [""] + [f"Does not hold: {c}." for c in broken]))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
