"""Plain values: the one form in which answers are compared, on whichever side they were made."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.checks.compare import register_stand_in
from tito.sandbox.program import Opaque


def as_plain(value: Any) -> Any:
    """Return `value` in the form in which it would come out of the sandbox.

    Tuples become lists, NumPy scalars 0-d arrays, arrays exact `numpy.ndarray` copies; anything foreign `Opaque`.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes):
        return value
    if kind in (list, tuple):
        return [as_plain(item) for item in value]
    if kind is dict and all(type(key) is str for key in value):
        return {key: as_plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        return np.array(value, dtype=value.dtype.newbyteorder("="), copy=True, subok=False)
    return Opaque(kind.__name__)


def fresh(value: Any) -> Any:
    """Return a copy of an argument that a scenario may change without touching the original; order is kept."""
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if isinstance(value, list | tuple):
        return type(value)(fresh(item) for item in value)
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    return value


def same(left: Any, right: Any) -> bool:
    """Whether two arguments of our own are identical: same types, shapes, dtypes and bits (NaN equals NaN)."""
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.shape == right.shape and left.dtype == right.dtype and bool(left.tobytes() == right.tobytes())
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    return bool(left == right) or (left != left and right != right)


def size(value: Any) -> int:
    """How much a person has to read to understand an argument: the measure by which counterexamples are small."""
    if isinstance(value, np.ndarray):
        return 2 + 2 * value.ndim + sum(_number_size(item) for item in value.ravel().tolist())
    if isinstance(value, list | tuple):
        return 1 + sum(map(size, value))
    if isinstance(value, dict):
        return 1 + sum(1 + size(item) for item in value.values())
    return _number_size(value)


def _number_size(value: Any) -> int:
    return 0 if value == 0 else len(repr(value))


register_stand_in(Opaque, lambda opaque: opaque.type_name)
