"""Aborts."""

# row: 8
# must: crashed
import os


def main(target):
    os.abort()
