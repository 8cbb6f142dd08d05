#!/usr/bin/env python3
"""Tells where the processor time of an echo server goes. Started by bench/profile.

The server runs on the first processor under load B from the second until its code is compiled; then
its loop is sampled every millisecond of processor time (JDK Flight Recorder, jdk.CPUTimeSample).
A sample whose innermost frame is a downcall was in the kernel, or on the way there and back.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from kinds import LOADS, command

WARM_UP_SECONDS = 15
SECONDS = 10
NAMES = 12
BIN = pathlib.Path(os.environ["JAVA_HOME"], "bin")


def quietly(*line):
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout


def samples(name):
    java, *rest = command(name, "echo")
    server = subprocess.Popen(["taskset", "-c", "0", java, "-XX:+UnlockDiagnosticVMOptions",
                               "-XX:+DebugNonSafepoints", *rest], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        load = lambda seconds: quietly("taskset", "-c", "1", *LOADS["B"].command(port, seconds))
        jcmd = lambda *words: quietly(str(BIN / "jcmd"), str(server.pid), *words)
        load(WARM_UP_SECONDS)
        with tempfile.TemporaryDirectory() as folder:
            jcmd("JFR.start", "name=loop", "jdk.CPUTimeSample#enabled=true",
                 "jdk.CPUTimeSample#throttle=1ms")
            load(SECONDS)
            jcmd("JFR.dump", "name=loop", f"filename={folder}/loop.jfr")
            return json.loads(quietly(str(BIN / "jfr"), "print", "--json", "--stack-depth", "1",
                                      "--events", "jdk.CPUTimeSample", f"{folder}/loop.jfr"))
    finally:
        server.kill()
        server.wait()


def profile(name):
    innermost = collections.Counter()
    for event in samples(name)["recording"]["events"]:
        trace = event["values"].get("stackTrace")
        if trace and trace["frames"]:
            method = trace["frames"][0]["method"]
            owner = method["type"]["name"].replace("/", ".")
            downcall = owner.startswith("java.lang.invoke.LambdaForm$MH.")
            innermost["downcall" if downcall else f"{owner}.{method['name']}"] += 1
    total = sum(innermost.values())
    own = total - innermost["downcall"]
    print(f"{name}: {total} samples, {own / total:.1%} in Java code")
    for method, count in innermost.most_common(NAMES):
        print(f"  {count / total:6.1%}  {method}")


def main():
    for name in sys.argv[1:] or ["Sluice io_uring", "Sluice epoll"]:
        profile(name)


if __name__ == "__main__":
    main()
