"""What a timeout of zero in a loop costs: the processor time of two seconds with nothing to do."""
import select
import socket
import time

listener = socket.create_server(("localhost", 0), backlog=5)
for timeout in (0, 2):
    cpu, start, calls = time.thread_time(), time.monotonic(), 0
    while time.monotonic() - start < 2:
        select.select([listener], [], [], timeout)
        calls += 1
    used = (time.thread_time() - cpu) * 1000
    print("timeout %d: %d calls, %.0f ms of processor time" % (timeout, calls, used))
