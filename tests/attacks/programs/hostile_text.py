"""Puts what terminals, browsers and readers obey into every text of a public test that is shown."""

# cell: shout
# earned: 40
# raised: test-shout test_shout test_words
# failed: test_shout_refuses

EVIL = "\x1b]0;owned\x07\x1b[2J\r\x08\x9b31m\u202ereversed\u2066<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


def shout(text):
    print(EVIL)
    error = type(EVIL, (ValueError,), {"__str__": lambda self: EVIL})
    namespace = {}
    exec(compile("def f(error):\n    raise error", shout.__code__.co_filename, "exec"), namespace)
    f = namespace["f"]
    f.__code__ = f.__code__.replace(co_qualname=EVIL, co_name=EVIL)
    f(error())
