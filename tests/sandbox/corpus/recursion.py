"""Calls itself for ever, with the limit lifted and through C, so that the stack itself gives way."""

# row: 8
# must: crashed
import sys


class Deep:
    def __repr__(self):
        return repr([self])


def main(target):
    sys.setrecursionlimit(10**8)
    return repr(Deep())
