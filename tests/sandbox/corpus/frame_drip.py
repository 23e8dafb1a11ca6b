"""Sends a byte now and then, so that something always comes."""

# row: 12
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
    os.write(channel(), struct.pack("<IQ", 100_000, 0))
    while True:
        os.write(channel(), b"\x90")
        time.sleep(0.01)
