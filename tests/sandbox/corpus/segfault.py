"""Reads address 0."""

# row: 8
# must: crashed
import ctypes


def main(target):
    return ctypes.string_at(0)
