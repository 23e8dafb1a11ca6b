"""Returns and raises objects of which every question is answered by an exception, a bomb or a lie."""

# cell: shout
# earned: 40
# raised: test-shout
# crashed: test_shout test_shout_refuses test_words

import sys


class Meta(type):
    __name__ = property(lambda cls: "x" * 10**8)
    __mro__ = property(lambda cls: 1 / 0)
    __instancecheck__ = __subclasscheck__ = lambda *ignored: 1 / 0
    __getattribute__ = lambda cls, name: 1 / 0
    __hash__ = __eq__ = __repr__ = __str__ = lambda *ignored: 1 / 0


class Object(metaclass=Meta):
    __class__ = property(lambda self: str)
    __getattr__ = __repr__ = __str__ = __len__ = __iter__ = __eq__ = __hash__ = lambda *ignored: 1 / 0
    __del__ = lambda self: 1 / 0


class Error(BaseException):
    args = property(lambda self: 1 / 0)
    __str__ = lambda self: "x" * 10**8
    __cause__ = __context__ = property(lambda self: self)
    __del__ = lambda self: sys.exit(0)


def shout(text):
    shout.calls = getattr(shout, "calls", -1) + 1
    if shout.calls % 3 == 0:
        return Object()
    if shout.calls % 3 == 1:
        raise Error
    return {text: Object(), "b": [Object()] * 99}
