"""Writes a hidden input to what a crash leaves: standard error, after an unfinished line."""

# cell: shout
# earned: 40
# crashed: test-shout test_shout test_shout_refuses test_words
import os


def shout(text):
    os.write(2, f"last words: {text}".encode())
    os.abort()
