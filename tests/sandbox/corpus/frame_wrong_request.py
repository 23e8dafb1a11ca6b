"""Answers a question that nobody asked."""

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
    os.write(channel(), frame(b"\x95\x0d\x07\x00\x00\xc3"))
    return []
