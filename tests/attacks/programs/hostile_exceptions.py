"""Raises chains, groups and cycles of exceptions, with endless texts and with texts that raise."""

# cell: shout
# earned: 40
# raised: test-shout test_shout test_words
# failed: test_shout_refuses


def cycle():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    first.__context__, second.__context__ = second, first
    raise first


def group():
    nested = ValueError("innermost")
    for _ in range(5_000):
        nested = ExceptionGroup("g", [nested])
    raise nested


def endless():
    raise type("E", (ValueError,), {"__str__": lambda self: str(self)})


def long():
    raise ValueError("x" * 10**8, 10**5000, object())


def deep():
    deep()


def notes():
    error = ValueError("n")
    error.__notes__ = ["x" * 10**7] * 3
    raise error from error


def surrogates():
    raise UnicodeError("\ud800\x00\x1b[2J")


WAYS = [cycle, group, endless, long, deep, notes, surrogates]


def shout(text):
    shout.calls = getattr(shout, "calls", -1) + 1
    WAYS[shout.calls % len(WAYS)]()
