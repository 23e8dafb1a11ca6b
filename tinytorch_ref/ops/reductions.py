"""Operations that fold axes away.

`axis` is None (all), an integer, or several; `keepdims` leaves them with size 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np

from tinytorch_ref.ops.axes import many_axes
from tinytorch_ref.ops.registry import Floats, operation

Axis = int | Sequence[int] | None


@operation("sum")
def sum_over(x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    """Return sums; of nothing it is 0. Raises ValueError or TypeError for a wrong axis."""
    return np.asarray(np.sum(x, axis=many_axes(axis, x.shape), keepdims=keepdims))


@operation("mean")
def mean_over(x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    """Return means; of nothing it is NaN, as in PyTorch. Raises ValueError or TypeError for a wrong axis."""
    axes = many_axes(axis, x.shape)
    count = math.prod(x.shape[each] for each in axes)
    # Not np.mean, which warns about an empty slice through `warnings`, where np.errstate does not reach.
    return cast(Floats, np.asarray(np.sum(x, axis=axes, keepdims=keepdims)) / np.float32(count))


@operation("max")
def max_over(x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    """Return the largest elements; a NaN wins.

    Raises ValueError for a wrong axis and for the largest of nothing, TypeError for an axis that is no
    integer.
    """
    axes = many_axes(axis, x.shape)
    if any(x.shape[each] == 0 for each in axes):
        raise ValueError(f"the largest of no elements is not defined: shape {x.shape}, axis {axis}")
    return np.asarray(np.max(x, axis=axes, keepdims=keepdims))
