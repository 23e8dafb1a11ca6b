"""Operations that lay the same elements out in another shape."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np

from tinytorch_ref.ops.axes import one_axis
from tinytorch_ref.ops.registry import Floats, operation, vjp


@operation("reshape")
def reshape(x: Floats, *, shape: Sequence[int]) -> Floats:
    """Return the elements, in row-major order, in `shape`; one dimension may be -1 and is worked out.

    Raises ValueError when the number of elements differs, TypeError for a dimension that is no integer.
    """
    try:
        wanted = tuple(operator.index(side) for side in shape)
    except TypeError:
        raise TypeError(f"cannot reshape {x.shape} into {tuple(shape)}: dimensions are integers") from None
    if min(wanted, default=0) < -1 or wanted.count(-1) > 1:
        raise ValueError(f"cannot reshape {x.shape} into {wanted}: at most one dimension is -1, none is less")
    known = math.prod(side for side in wanted if side != -1)
    fits = x.size == known if -1 not in wanted else known != 0 and x.size % known == 0
    if not fits:
        raise ValueError(f"cannot reshape {x.shape} with {x.size} elements into {wanted}")
    return np.reshape(x, wanted)


@vjp("reshape")
def _reshape_vjp(g: Floats, result: Floats, x: Floats, *, shape: Sequence[int]) -> Floats:
    return np.reshape(g, x.shape)


@operation("transpose")
def transpose(x: Floats, *, dim0: int | None = None, dim1: int | None = None) -> Floats:
    """Swap two axes; by default the last two. A tensor of fewer than two dimensions has none to swap by
    default.

    Raises ValueError when only one axis is given or one is out of range, TypeError when it is no integer.
    """
    if dim0 is None and dim1 is None:
        return np.swapaxes(x, -1, -2) if x.ndim >= 2 else x.view()
    if dim0 is None or dim1 is None:
        raise ValueError(f"transpose of shape {x.shape} needs both axes or none, got {dim0} and {dim1}")
    return np.swapaxes(x, one_axis(dim0, x.shape), one_axis(dim1, x.shape))


@vjp("transpose")
def _transpose_vjp(g: Floats, result: Floats, x: Floats, *, dim0: int | None = None, dim1: int | None = None) -> Floats:
    return transpose(g, dim0=dim0, dim1=dim1)  # swapping twice puts both axes back


@operation("permute")
def permute(x: Floats, *, axes: Sequence[int]) -> Floats:
    """Put the axes in a new order: axis `i` of the result is axis `axes[i]` of `x`.

    Raises ValueError unless `axes` names each axis once, TypeError for one that is no integer.
    """
    order = tuple(one_axis(axis, x.shape) for axis in axes)
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(f"permute of shape {x.shape} needs each of its {x.ndim} axes once, got {tuple(axes)}")
    return np.transpose(x, order)


@vjp("permute")
def _permute_vjp(g: Floats, result: Floats, x: Floats, *, axes: Sequence[int]) -> Floats:
    order = [one_axis(axis, x.shape) for axis in axes]
    return np.transpose(g, np.argsort(order)) if order else g
