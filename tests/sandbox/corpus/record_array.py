"""Returns a structured array, whose type is a description of the student's making."""

# row: 7
# must: opaque
import numpy as np


def main(target):
    return np.zeros(3, dtype=[("a", "O"), ("__class__", "<f4")])
