"""Prints a hidden input and fails, so that what it printed may be shown."""

# cell: shout
# earned: 40
# failed: test-shout test_shout test_shout_refuses test_words
import os
import sys


def shout(text):
    print("printed:", text)
    print("complained:", text, file=sys.stderr)
    os.write(1, f"written: {text}\n".encode())
    return "WRONG"
