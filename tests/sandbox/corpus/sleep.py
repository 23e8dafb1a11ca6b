"""Sleeps."""

# row: 13
# must: timed out
# within: 0.5
import time


def main(target):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
