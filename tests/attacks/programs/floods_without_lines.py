"""Prints twice the limit in one line that does not end."""

# cell: shout
# earned: 40
# output limit: test-shout test_shout test_shout_refuses test_words


def shout(text):
    print("x" * 2_100_000, end="")
    return text.upper()
