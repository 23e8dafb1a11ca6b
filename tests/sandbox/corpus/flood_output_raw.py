"""Writes to the pipe behind Python's back, without end."""

# row: 15
# must: output limit
import os


def main(target):
    while True:
        os.write(2, bytes(65536))
