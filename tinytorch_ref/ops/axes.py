"""Axes: negative ones count from the end, and a wrong one is named together with the shape.

And the two steps that gradients take along axes: back through broadcasting, and back through a reduction.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from tinytorch_ref.ops.registry import Floats


def one_axis(axis: int, shape: tuple[int, ...]) -> int:
    """Return `axis` as a number from 0 on.

    Raises TypeError unless it is an integer, ValueError when out of range.
    """
    try:
        number = operator.index(axis)
    except TypeError:
        raise TypeError(f"an axis of shape {shape} is an integer, got {axis!r} of type {type(axis).__name__}") from None
    if not -len(shape) <= number < len(shape):
        raise ValueError(f"axis {number} is out of range for shape {shape} of {len(shape)} dimensions")
    return number % len(shape)


def many_axes(axis: int | Sequence[int] | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes to reduce; None is all of them.

    Raises as `one_axis`, and ValueError for one named twice.
    """
    if axis is None:
        return tuple(range(len(shape)))
    if not isinstance(axis, tuple | list):
        return (one_axis(axis, shape),)  # type: ignore[arg-type]  # what is no integer is refused there
    axes = tuple(one_axis(each, shape) for each in axis)
    if len(set(axes)) != len(axes):
        raise ValueError(f"axes {tuple(axis)} name one axis of shape {shape} twice")
    return axes


def unbroadcast(g: Floats, shape: tuple[int, ...]) -> Floats:
    """Return `g` summed over the axes that broadcasting an array of `shape` to `g.shape` stretched.

    An element that was read n times gets the sum of n gradients.
    """
    if g.shape == shape:
        return g
    added = g.ndim - len(shape)
    stretched = tuple(added + axis for axis, side in enumerate(shape) if side == 1 and g.shape[added + axis] != 1)
    return np.asarray(np.sum(g, axis=(*range(added), *stretched))).reshape(shape)


def unreduced(g: Floats, axis: int | Sequence[int] | None, keepdims: bool, shape: tuple[int, ...]) -> Floats:
    """Return `g`, of the shape that a reduction of `shape` gave, with reduced axes of size 1."""
    if keepdims:
        return g
    axes = many_axes(axis, shape)
    return g.reshape(tuple(1 if place in axes else side for place, side in enumerate(shape)))
