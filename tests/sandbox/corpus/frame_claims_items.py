"""Announces lists of millions of entries, nested, in a few bytes."""

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
    os.write(channel(), frame(b"\xdd\x00\x01\x86\xa0" * 500))
    return []
