"""Taking elements out, by NumPy's rules: integers, slices, `...`, None, integer arrays and boolean masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ref.ops.registry import Floats, operation, vjp


@operation("getitem")
def getitem(x: Floats, *, index: Any) -> Floats:
    """Return `x[index]`. Raises IndexError that names the index and the shape."""
    try:
        return np.asarray(x[index])
    except IndexError as error:
        raise IndexError(f"a tensor of shape {x.shape} cannot be indexed with {_describe(index)}: {error}") from None


@vjp("getitem")
def _getitem_vjp(g: Floats, result: Floats, x: Floats, *, index: Any) -> Floats:
    """An element that was taken several times gets the sum; one that was not taken gets 0."""
    spread = np.zeros(x.shape, dtype=g.dtype)
    if _takes_once(index):
        spread[index] = g
    else:
        np.add.at(spread, index, g)
    return spread


def _takes_once(index: Any) -> bool:
    """Return whether no element can be taken twice: only lists and arrays of integers can do that."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, slice | int | np.integer | bool | np.bool_)
        or (isinstance(part, np.ndarray) and part.dtype == bool)
        for part in parts
    )


def _describe(index: Any) -> str:
    """Return an index in a few words; arrays by their shape, which is what usually does not fit."""
    if isinstance(index, tuple):
        return f"({', '.join(_describe(part) for part in index)})"
    if isinstance(index, np.ndarray):
        return f"an array of {index.dtype} of shape {index.shape}"
    return repr(index)
