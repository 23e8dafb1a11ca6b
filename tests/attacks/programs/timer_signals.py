"""Has signals interrupt the worker between and in its calls, and writes to the channel from the handler."""

# cell: shout
# earned: 60
# any: test-double test-shout test_double test_shout test_shout_refuses test_steps test_words

import os
import signal
import stat


def channel():
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return fd
        except OSError:
            pass


def handler(*ignored):
    os.write(channel(), b"\x01\x00\x00\x00" + bytes(8) + b"\x90")


signal.signal(signal.SIGALRM, handler)


def shout(text):
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    return text.upper()
