"""Prints without end."""
# row: 15
# must: output limit


def main(target):
    while True:
        print("x" * 10_000)
