"""Takes what there is, piece by piece, and holds on to it."""
# row: 15
# must: out of memory


def main(target):
    held = []
    while True:
        held.append(bytearray(1 << 20))
