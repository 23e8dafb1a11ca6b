"""Module 00: what every later module stands on: versions, the size of arrays, and one random generator."""

from __future__ import annotations

import math
import operator
import platform
import re
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import DTypeLike

_LEADING_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def parse_version(text: str) -> tuple[int, ...]:
    """Return the leading dotted numbers of a version: `"2.0.0rc1"` gives `(2, 0, 0)`.

    Raises TypeError for anything but a string, ValueError (naming the text) when it does not start with a
    digit.
    """
    if not isinstance(text, str):
        raise TypeError(f"a version is a string such as '3.11.7', got {text!r} of type {type(text).__name__}")
    numbers = _LEADING_NUMBERS.match(text)
    if numbers is None:
        raise ValueError(f"a version starts with a number, as in '3.11.7'; got {text!r}")
    return tuple(int(part) for part in numbers.group().split("."))


def meets(version: str, minimum: str) -> bool:
    """Return whether `version` is at least `minimum`, number by number; missing parts count as 0.

    Raises ValueError when one of them does not start with a number.
    """
    pairs = zip_longest(parse_version(version), parse_version(minimum), fillvalue=0)
    for have, need in pairs:
        if have != need:
            return have > need
    return True


def array_bytes(shape: Sequence[int], dtype: DTypeLike = "float32") -> int:
    """Return how many bytes an array of this shape and dtype takes, without allocating it.

    Shape `()` is one element, a dimension of 0 gives 0 bytes. The product is exact, whatever its size. Raises
    ValueError (naming the shape) for a negative dimension, TypeError for one that is no integer or for an
    unknown dtype.
    """
    try:
        sides = tuple(operator.index(side) for side in shape)
    except TypeError:
        raise TypeError(f"a shape is a tuple of integers such as (2, 3), got {shape!r}") from None
    if any(side < 0 for side in sides):
        raise ValueError(f"shape {sides} has a negative dimension; the smallest is 0")
    return math.prod(sides) * np.dtype(dtype).itemsize


_generator = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Start the package's generator anew: the same seed gives the same numbers, bit for bit.

    Raises ValueError for a negative seed, TypeError for one that is no integer.
    """
    global _generator
    _generator = np.random.default_rng(operator.index(seed))


def generator() -> np.random.Generator:
    """Return the one generator that everything random in the package draws from.

    Ask again after `manual_seed`.
    """
    return _generator


def environment() -> dict[str, str]:
    """Return what this program runs on: versions of `python` and `numpy`, and the `platform`."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }
