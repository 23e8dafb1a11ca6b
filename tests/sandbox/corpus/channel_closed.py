"""Closes its channel and goes on."""

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


import time


def main(target):
    os.close(channel())
    time.sleep(1000)
