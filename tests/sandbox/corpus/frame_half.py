"""Sends half a frame and sits there."""

# row: 11
# must: timed out
# within: 0.5
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


import time


def main(target):
    os.write(channel(), struct.pack("<IQ", 100, 0) + b"\x95")
    time.sleep(1000)
