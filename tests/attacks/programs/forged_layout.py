"""Sends arrays whose frames claim other shapes, types and layouts than their bytes have."""

# cell: double
# earned: 30
# protocol violation: test-double test_double test_steps

import struct

import numpy as np
from tito.sandbox import codec

FORMS = [
    struct.pack("<BBB2Q", 10, 2, 0, 1 << 40, 1 << 40),
    struct.pack("<BBB2Q", 10, 2, 0, 1 << 63, 2),
    struct.pack("<BBB1Q", 200, 1, 0, 1),
    struct.pack("<BBB1QB", 10, 1, 2, 1, 7),
    struct.pack("<BBB", 10, 20, 0),
    struct.pack("<BBB3Q", 10, 3, 0, 0, 1 << 62, 1 << 62),
]


def forged(self, array):
    double.calls = getattr(double, "calls", -1) + 1
    self._extension(codec.ARRAY, FORMS[double.calls % len(FORMS)])


codec.Encoder._array = forged


def double(x):
    return np.ones(1, np.float32)
