"""Products of matrices."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from tinytorch_ref.ops.axes import unbroadcast
from tinytorch_ref.ops.registry import Floats, operation, vjp


@operation("matmul")
def matmul(x: Floats, y: Floats) -> Floats:
    """Return the matrix product: `(..., m, k)` times `(..., k, n)` gives `(..., m, n)`; leading axes
    broadcast.

    A 1-D operand counts as a row on the left and as a column on the right, and its axis is gone from the
    result. Raises ValueError for an operand of no dimensions, or when the inner or the leading dimensions do
    not fit.
    """
    if x.ndim == 0 or y.ndim == 0:
        raise ValueError(
            f"a matrix product needs at least one dimension on both sides, got shapes {x.shape} and {y.shape}"
        )
    inner = y.shape[0] if y.ndim == 1 else y.shape[-2]
    if x.shape[-1] != inner:
        raise ValueError(
            f"shapes {x.shape} and {y.shape} do not fit a matrix product: "
            f"the left has {x.shape[-1]} columns, the right has {inner} rows"
        )
    try:
        return cast(Floats, np.matmul(x, y))
    except ValueError:
        raise ValueError(
            f"shapes {x.shape} and {y.shape} do not fit a matrix product: the leading axes do not broadcast"
        ) from None


@vjp("matmul", of=0)
def _matmul_left(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    """`g @ y.T`: `(..., m, n)` times `(..., n, k)`."""
    rows, _, columns = _as_matrices(g, x, y)
    return unbroadcast(np.matmul(rows, np.swapaxes(columns, -1, -2)), _matrix_shape(x)).reshape(x.shape)


@vjp("matmul", of=1)
def _matmul_right(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    """`x.T @ g`: `(..., k, m)` times `(..., m, n)`."""
    rows, left, right = _as_matrices(g, x, y)
    if right.ndim == 2 and left.ndim > 2:
        # One matrix for a whole batch: one product of tall matrices does the sum over the batch as well.
        height = math.prod(left.shape[:-1])  # not -1, which cannot be worked out when there are no columns
        rows, left = rows.reshape(height, rows.shape[-1]), left.reshape(height, left.shape[-1])
    shape = right.shape
    return unbroadcast(np.matmul(np.swapaxes(left, -1, -2), rows), shape).reshape(y.shape)


def _as_matrices(g: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the three with a 1-D `x` as a row and a 1-D `y` as a column, as the product took them."""
    if y.ndim == 1:
        g = g[..., None]
        y = y[:, None]
    if x.ndim == 1:
        g = g[..., None, :]
        x = x[None, :]
    return g, x, y


def _matrix_shape(x: Floats) -> tuple[int, ...]:
    return x.shape if x.ndim > 1 else (1, x.shape[0])
