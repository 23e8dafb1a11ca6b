"""Says that a name is missing, and the name is a hidden input."""

# cell: shout
# earned: 40
# missing: test-shout test_shout test_shout_refuses test_words


def shout(text):
    from tito.sandbox.package import MissingName

    raise MissingName(f"input {text}")
