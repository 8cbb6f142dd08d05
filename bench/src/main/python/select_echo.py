"""An echo server on select.select, well written. Prints its port.

select cannot watch descriptors above 1,023.
"""
import select
import socket

BUFFER_BYTES = 64 * 1024
BACKLOG = 1024


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    accepting = listener.fileno()
    readers, writers = [accepting], []  # numbers: select asks objects for theirs on every call
    clients = {}
    rest = {}  # what could not be sent at once; its client is not read meanwhile

    def drop(number):
        (writers if number in rest else readers).remove(number)
        rest.pop(number, None)
        clients.pop(number).close()

    def accept():
        try:
            while True:
                client, _ = listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[client.fileno()] = client
                readers.append(client.fileno())
        except BlockingIOError:
            pass

    def echo(number):
        client = clients[number]
        data = client.recv(BUFFER_BYTES)
        if not data:
            drop(number)
            return
        try:
            count = client.send(data)
        except BlockingIOError:
            count = 0
        if count < len(data):
            rest[number] = memoryview(data)[count:]
            readers.remove(number)
            writers.append(number)

    def send_rest(number):
        rest[number] = rest[number][clients[number].send(rest[number]):]
        if not rest[number]:
            del rest[number]
            writers.remove(number)
            readers.append(number)

    def attend(action, number):
        try:
            action(number)
        except OSError:
            drop(number)

    while True:
        readable, writable, _ = select.select(readers, writers, ())
        for number in writable:
            attend(send_rest, number)
        for number in readable:
            if number == accepting:
                accept()
            else:
                attend(echo, number)


if __name__ == "__main__":
    main()
