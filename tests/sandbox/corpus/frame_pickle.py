"""Sends a pickle, and a type by name, where an array belongs."""

# row: 11
# must: protocol violation
import os
import stat
import struct


def channel():
    return next(fd for fd in range(3, 64) if is_socket(fd))


def is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


def frame(header, body=b""):
    return struct.pack("<IQ", len(header), len(body)) + header + body


import pickle


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/tito-attack-pickle",)


def main(target):
    data = pickle.dumps(Bomb())
    os.write(channel(), frame(b"\x95\x0d\x00\x00\x00" + struct.pack(">BBb", 0xC7, len(data), 1) + data))
    return []
