"""Leaves with status 0 before a test can fail."""

# row: 8
# must: crashed
import os


def main(target):
    os._exit(0)
