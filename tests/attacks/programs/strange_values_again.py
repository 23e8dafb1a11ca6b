"""The same, the other half: whatever a single answer did not reach."""

# cell: double
# earned: 30
# failed: test-double test_double test_steps

import numpy as np

NAN = np.frombuffer(np.array([0x7F800001, 0xFFC00001, 0x7FFFFFFF], "u4").tobytes(), "f4")
VALUES = [
    NAN, NAN[::-1], NAN[:0], np.lib.stride_tricks.as_strided(NAN, (1 << 20, 1 << 20), (0, 0)), np.float32(-0.0),
    np.zeros((1 << 20, 0, 1 << 20), "f4"), np.array(["a"]), np.array([None]), np.ones(3, ">f4"), np.ones((2, 2), order="F"),
    [NAN] * 3, {"x": NAN}, type("x" * 1_000_000, (), {})(), type("\x1b[2J\u202e", (), {})(), np.bool_(True), True,
]  # fmt: skip


def double(x):
    double.calls = getattr(double, "calls", -1) + 1
    return VALUES[double.calls % len(VALUES)]
