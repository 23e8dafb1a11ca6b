"""Starts threads and processes that would outlive the call."""

# cell: shout
# earned: 60
# failed: test_shout_refuses

import os
import threading


def shout(text):
    for start in (
        os.fork,
        os.forkpty,
        threading.Thread(target=print).start,
        lambda: os.posix_spawn("/bin/sh", ["sh"], {}),
    ):
        try:
            start()
        except (OSError, RuntimeError):
            continue
        return "started"
    return text.upper()
