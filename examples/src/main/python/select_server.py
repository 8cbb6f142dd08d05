"""The classic: one thread, select, many clients on localhost:8000."""
import select
import socket
import sys


def process(peer, data):
    print("%s:%d %s" % (*peer, data.decode("ascii", "replace")), flush=True)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
listener = socket.create_server(("localhost", port), backlog=5)
sources = [listener]
peers = {}
while True:
    for ready in select.select(sources, [], [])[0]:
        if ready is listener:
            client, peers[client] = listener.accept()
            sources.append(client)
            continue
        try:
            data = ready.recv(4096)
        except ConnectionResetError:
            data = b""
        if data:
            process(peers[ready], data)
        else:
            sources.remove(ready)
            del peers[ready]
            ready.close()
