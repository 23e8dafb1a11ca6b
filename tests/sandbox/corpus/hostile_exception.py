"""Raises an exception that fails to describe itself, with a type that lies about its name."""
# row: 20
# must: raised Nameless


class Meta(type):
    def __getattribute__(cls, name):
        raise RuntimeError("no")


class Nameless(Exception, metaclass=Meta):
    def __str__(self):
        raise SystemExit(0)


def main(target):
    raise Nameless
