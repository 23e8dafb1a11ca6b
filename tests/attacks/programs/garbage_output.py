"""Prints bytes that are no text, on both streams, and then gives a wrong answer, so that they are shown."""

# cell: shout
# earned: 40
# failed: test-shout test_shout test_shout_refuses test_words

import os


def shout(text):
    os.write(1, bytes(range(256)) * 4 + b"\xed\xa0\x80\xf4\x90\x80\x80")
    os.write(2, "\u202e\u2066\x9b2J".encode())
    return "WRONG"
