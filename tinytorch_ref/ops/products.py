"""Products of matrices."""

from __future__ import annotations

from typing import cast

import numpy as np

from tinytorch_ref.ops.registry import Floats, operation


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
