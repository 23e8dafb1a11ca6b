"""Sends lists in lists in lists."""

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


def main(target):
    os.write(channel(), frame(b"\x91" * 100_000 + b"\xc0"))
    return []
