"""Takes a hundred gigabytes."""
# row: 15
# must: out of memory


def main(target):
    return len(bytearray(100 << 30))
