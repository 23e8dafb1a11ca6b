"""Returns an array of objects, whose bytes would be pointers."""

# row: 7
# must: opaque
import numpy as np


def main(target):
    return np.array([object(), main], dtype=object)
