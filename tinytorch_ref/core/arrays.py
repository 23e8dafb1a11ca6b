"""What a tensor is made from, as an array: float32, or float64 while `gradcheck` looks closely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinytorch_ref.ops.registry import Floats

_NUMBERS = "biuf"  # NumPy's kinds: bool, signed and unsigned integers, floats

_precision: Any = np.float32


def precision() -> Any:
    """Return the type that tensors are computed in."""
    return _precision


@contextmanager
def double_precision() -> Iterator[None]:
    """Compute in float64 inside: there a difference quotient has digits enough to be compared with."""
    global _precision
    before, _precision = _precision, np.float64
    try:
        yield
    finally:
        _precision = before


def as_floats(data: Any, *, copy: bool = False) -> Floats:
    """Return `data` (a number, nested lists of numbers, or an array of numbers) as a float32 array.

    With `copy` the array shares no memory with `data`.
    Raises ValueError for rows of different lengths, TypeError for what is no number.
    """
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"rows of different lengths make no tensor: {error}") from None
    if array.dtype.kind not in _NUMBERS:
        raise TypeError(
            f"a tensor holds numbers, got {type(data).__name__} that makes an array of shape {array.shape} "
            f"and dtype {array.dtype}"
        )
    # A number too large for float32 becomes inf, and that is the answer: no warning beside it.
    with np.errstate(over="ignore"):
        return np.array(array, dtype=_precision, copy=True if copy else None, subok=False)


def owned(array: Floats) -> Floats:
    """Return `array`, or a copy where it is a view of somebody else's memory."""
    return array if array.flags.owndata else array.copy()
