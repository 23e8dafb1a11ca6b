"""Loops for ever, and ignores every signal that can be ignored."""

# row: 13
# must: timed out
# within: 0.5
import signal


def main(target):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
