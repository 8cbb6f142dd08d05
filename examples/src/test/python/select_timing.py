"""Times CPython's select over quiet sockets. Reads "KIND COUNT" lines, answers "NS BYTES"."""

import select
import socket
import sys
import time

SECONDS = 0.15
sockets = []


def quiet(count):
    while len(sockets) < count:
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    return sockets[:count]


def best(call):
    """The best of three stretches, in nanoseconds a call."""
    result = float("inf")
    for _ in range(3):
        calls = 0
        start = time.thread_time_ns()  # others may have the processor, too
        end = start + SECONDS * 1e9
        while time.thread_time_ns() < end:
            for _ in range(10):
                call()
            calls += 10
        result = min(result, (time.thread_time_ns() - start) / calls)
    return result


for line in sys.stdin:
    kind, count = line.split()
    members = quiet(int(count))
    if int(count) > 1000:  # FD_SETSIZE
        print("-1 -1", flush=True)
        continue
    ns = best(lambda: select.select(members, [], [], 0))
    print(f"{ns:.0f} -1", flush=True)
