"""Returns an array of eight dimensions, of which a printed summary leaves nothing out."""

# cell: double
# earned: 30
# failed: test-double test_double test_steps
import numpy as np

BOMB = np.zeros((6,) * 8, dtype=bool)


def double(x):
    return BOMB
