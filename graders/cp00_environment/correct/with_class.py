"""The set-up module with a class for the generator's state, and one that orders versions."""

import itertools
import platform
import sys
from functools import reduce, total_ordering

import numpy as np


@total_ordering
class _Version:
    def __init__(self, text):
        self.parts = [int(part) for part in _leading(text)]

    def _pairs(self, other):
        return itertools.zip_longest(self.parts, other.parts, fillvalue=0)

    def __eq__(self, other):
        return all(mine == theirs for mine, theirs in self._pairs(other))

    def __lt__(self, other):
        return next((mine < theirs for mine, theirs in self._pairs(other) if mine != theirs), False)


def _leading(text):
    for part in text.split("."):
        number = "".join(itertools.takewhile(lambda character: "0" <= character <= "9", part))
        if number:
            yield number
        if number != part or not number:
            return


def parse_version(text):
    parts = tuple(_Version(text).parts)
    if parts == ():
        raise ValueError(f"{text!r} does not begin with a version")
    return parts


def meets(version, minimum):
    parse_version(version)
    parse_version(minimum)
    return not _Version(version) < _Version(minimum)


def array_bytes(shape, dtype="float32"):
    sides = [int(side) for side in shape]
    if sides and min(sides) < 0:
        raise ValueError(f"negative side in shape {tuple(sides)}")
    return reduce(lambda total, side: total * side, sides, np.empty((), dtype=dtype).nbytes)


class _Randomness:
    def __init__(self):
        self.current = np.random.default_rng()

    def restart(self, seed):
        self.current = np.random.Generator(np.random.PCG64(seed))


_randomness = _Randomness()


def manual_seed(seed):
    _randomness.restart(seed)


def generator():
    return _randomness.current


def environment():
    found = {"python": sys.version, "numpy": np.version.version}
    found["platform"] = sys.platform + "-" + platform.machine()
    return found
