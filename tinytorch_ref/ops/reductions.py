"""Operations that fold axes away.

`axis` is None (all), an integer, or several; `keepdims` leaves them with size 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinytorch_ref.ops.axes import many_axes, unreduced
from tinytorch_ref.ops.registry import Floats, operation, vjp

Axis = int | Sequence[int] | None


@operation("sum")
def sum_over(x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    """Return sums; of nothing it is 0. Raises ValueError or TypeError for a wrong axis."""
    return np.asarray(np.sum(x, axis=many_axes(axis, x.shape), keepdims=keepdims))


@vjp("sum")
def _sum_vjp(g: Floats, result: Floats, x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    return np.broadcast_to(unreduced(g, axis, keepdims, x.shape), x.shape)


@operation("mean")
def mean_over(x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    """Return means; of nothing it is NaN, as in PyTorch. Raises ValueError or TypeError for a wrong axis."""
    axes = many_axes(axis, x.shape)
    count = math.prod(x.shape[each] for each in axes)
    # Not np.mean, which warns about an empty slice through `warnings`, where np.errstate does not reach.
    return np.asarray(np.asarray(np.sum(x, axis=axes, keepdims=keepdims)) / x.dtype.type(count))


@vjp("mean")
def _mean_vjp(g: Floats, result: Floats, x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    # A mean of nothing has no input whose gradient would divide by 0; `max` keeps NumPy from a warning.
    count = x.dtype.type(max(x.size // max(result.size, 1), 1))
    return np.broadcast_to(unreduced(g / count, axis, keepdims, x.shape), x.shape)


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


@vjp("max")
def _max_vjp(g: Floats, result: Floats, x: Floats, *, axis: Axis = None, keepdims: bool = False) -> Floats:
    """The gradient goes to the largest element; several that are equally large share it, as in PyTorch's `amax`."""
    largest = unreduced(result, axis, keepdims, x.shape)
    winners = (x == largest) | (np.isnan(x) & np.isnan(largest))
    count = winners.sum(axis=many_axes(axis, x.shape), keepdims=True)
    return np.where(winners, unreduced(g, axis, keepdims, x.shape) / count, 0).astype(g.dtype, copy=False)
