"""Takes all memory that there is, in the sixth of its calls."""

# cell: double
# earned: 35
# out of memory: test_double test_steps

import numpy as np


def double(x):
    double.calls = getattr(double, "calls", 0) + 1
    if double.calls > 5:
        return [bytearray(1 << 28) for _ in range(99)]
    return (np.asarray(x) * 2).astype(np.float32)
