"""Lifts the worker's own caps and sends what the other side does not take."""

# cell: double
# earned: 30
# protocol violation: test-double test_double test_steps

import numpy as np
from tito.sandbox import codec

codec.MAX_HEADER = codec.MAX_ITEMS = codec.MAX_DEPTH = codec.MAX_NDIM = 1 << 40
NESTED = []
for _ in range(200):
    NESTED = [NESTED]


def double(x):
    double.calls = getattr(double, "calls", -1) + 1
    return [NESTED, "x" * 5_000_000, [0] * 300_000, np.zeros((1,) * 30)][double.calls % 4]
