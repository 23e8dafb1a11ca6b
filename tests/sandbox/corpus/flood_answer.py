"""Returns more than an answer may hold: it arrives as a value that could not cross, and as nothing more."""
# row: 15
# must: opaque


def main(target):
    return [0] * 1_000_000
