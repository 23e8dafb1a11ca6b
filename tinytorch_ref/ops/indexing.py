"""Taking elements out, by NumPy's rules: integers, slices, `...`, None, integer arrays and boolean masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ref.ops.registry import Floats, operation


@operation("getitem")
def getitem(x: Floats, *, index: Any) -> Floats:
    """Return `x[index]`. Raises IndexError that names the index and the shape."""
    try:
        return np.asarray(x[index])
    except IndexError as error:
        raise IndexError(f"a tensor of shape {x.shape} cannot be indexed with {_describe(index)}: {error}") from None


def _describe(index: Any) -> str:
    """Return an index in a few words; arrays by their shape, which is what usually does not fit."""
    if isinstance(index, tuple):
        return f"({', '.join(_describe(part) for part in index)})"
    if isinstance(index, np.ndarray):
        return f"an array of {index.dtype} of shape {index.shape}"
    return repr(index)
