"""Ends the process while its cells are loaded."""

# cell: double
# earned: 0
# crashed: test-double test-shout test_double test_shout test_shout_refuses test_steps test_words

import os

os._exit(0)
