"""Opens sockets of every family, and asks for names."""

# row: 16
# must: nothing gained
import ctypes
import socket


def main(target):
    gained = []
    for family in range(46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                socket.socket(family, kind)
                gained.append(f"socket family {family}")
            except OSError:
                pass
    for attempt in (
        lambda: socket.create_connection(("127.0.0.1", target["port"]), 1),
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: socket.socketpair(),
        lambda: socket.gethostbyname("localhost.localdomain"),
    ):
        try:
            attempt()
            gained.append("the network")
        except OSError:
            pass
    if ctypes.CDLL(None).sendmsg(3, None, 0) >= 0:
        gained.append("sendmsg")
    return gained
