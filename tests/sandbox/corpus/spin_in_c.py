"""Loops inside one C function, which never returns to the interpreter."""

# row: 13
# must: timed out
# within: 0.5
import itertools


def main(target):
    return sum(itertools.repeat(0))
