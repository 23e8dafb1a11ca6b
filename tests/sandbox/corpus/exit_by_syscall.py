"""Leaves with status 0 behind Python's back."""

# row: 8
# must: crashed
import ctypes


def main(target):
    ctypes.CDLL(None).quick_exit(0)
