"""Carries a hidden input out in an exception: its type, its message, its arguments, its cause."""

# cell: shout
# earned: 40
# raised: test-shout test_shout test_words
# failed: test_shout_refuses


def shout(text):
    kind = type(f"Error_{text}", (ValueError,), {"__str__": lambda self: f"the input was {text}"})
    try:
        raise KeyError(text)
    except KeyError as cause:
        raise kind(text) from cause
