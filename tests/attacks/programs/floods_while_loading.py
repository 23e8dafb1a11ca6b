"""Prints without end while its cells are loaded."""

# cell: double
# earned: 0
# output limit: test-double test-shout test_double test_shout test_shout_refuses test_steps test_words

import os

while True:
    os.write(1, b"x" * 65536)
