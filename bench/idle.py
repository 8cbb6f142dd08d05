#!/usr/bin/env python3
"""Measures what idle connections cost an echo server. Started by bench/idle.

10,000 connections are made, each sends one byte and gets it back, and then nothing happens. Live heap
is what is left after a full collection, and native memory what the process has allocated outside of it,
as Java counts it, both over the number of connections; resident memory is beside it.
Then: the processor time of ten seconds in which nothing happens.
"""
import os
import pathlib
import re
import socket
import subprocess
import time

from kinds import ANY_KIND, command

CONNECTIONS = 10000
QUIET_SECONDS = 10
FLAGS = ["-XX:+UseCompactObjectHeaders", "-XX:NativeMemoryTracking=summary"]
BIN = pathlib.Path(os.environ["JAVA_HOME"], "bin")


class Server:
    def __init__(self, name):
        java, *rest = command(name, "echo")
        self.process = subprocess.Popen([java, *FLAGS, *rest], stdout=subprocess.PIPE, text=True)
        self.address = ("127.0.0.1", int(self.process.stdout.readline()))

    def ask(self, pattern, *question):
        answer = subprocess.run([BIN / "jcmd", str(self.process.pid), *question], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        return int(re.search(pattern, answer, re.MULTILINE)[1])

    def figures(self):
        """Bytes of live heap, of native memory and of resident memory."""
        self.ask(r"^Total +\d+ +(\d+)", "GC.class_histogram")  # what it makes itself is there then
        heap = self.ask(r"^Total +\d+ +(\d+)", "GC.class_histogram")
        native = self.ask(r"^ *- +Other \(reserved=\d+, committed=(\d+)\)", "VM.native_memory",
                          "summary", "scale=b")
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return heap, native, 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def ticks(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[1].split()
        return int(fields[11]) + int(fields[12])

    def connect(self, count):
        connections = [socket.create_connection(self.address) for _ in range(count)]
        for connection in connections:
            connection.sendall(b"x")
            assert connection.recv(1) == b"x"
        return connections

    def close(self):
        self.process.kill()
        self.process.wait()


def measure(name):
    server = Server(name)
    try:
        for connection in server.connect(100):  # its classes are loaded then
            connection.close()
        before = server.figures()
        connections = server.connect(CONNECTIONS)
        after = server.figures()
        ticks = server.ticks()
        time.sleep(QUIET_SECONDS)
        share = (server.ticks() - ticks) / os.sysconf("SC_CLK_TCK") / QUIET_SECONDS
        for connection in connections:
            connection.close()
        return [(b - a) / CONNECTIONS for a, b in zip(before, after)], share
    finally:
        server.close()


def main():
    print("| server | live heap | native | resident | processor while idle |\n|---|---:|---:|---:|---:|")
    for name in ANY_KIND:
        (heap, native, resident), share = measure(name)
        print(f"| {name} | {heap:.0f} B | {native:.0f} B | {resident:.0f} B | {100 * share:.1f} % |",
              flush=True)


if __name__ == "__main__":
    main()
