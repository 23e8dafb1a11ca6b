"""Returns a hidden input as a value, as a key, and as the name of a class."""

# cell: shout
# earned: 40
# failed: test-shout test_shout test_shout_refuses test_words


def shout(text):
    return [f"input {text}", {f"input {text}": 1}, type(f"input {text}", (), {})()]
