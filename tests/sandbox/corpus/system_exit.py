"""Raises SystemExit, which must not pass for success."""

# row: 8
# must: raised SystemExit
import sys


def main(target):
    sys.exit(0)
