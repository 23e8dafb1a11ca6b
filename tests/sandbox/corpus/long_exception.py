"""Raises an exception as large as it can, whose text is code of its own."""
# row: 20
# must: raised Long


class Long(Exception):
    def __str__(self):
        return "\x1b[2J<script>" + "x" * 50_000_000


def main(target):
    raise Long
