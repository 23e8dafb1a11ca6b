"""Operations that treat every element alike. Two operands broadcast as in NumPy.

Edge values are IEEE 754's, as in NumPy and PyTorch: `log(0)` is -inf, `sqrt(-1)` and `0 / 0` are NaN, `1 / 0`
is inf.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch_ref.ops.registry import Floats, operation


@operation("add")
def add(x: Floats, y: Floats) -> Floats:
    """Return `x + y`. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.add, x, y)


@operation("sub")
def sub(x: Floats, y: Floats) -> Floats:
    """Return `x - y`. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.subtract, x, y)


@operation("mul")
def mul(x: Floats, y: Floats) -> Floats:
    """Return `x * y`, element by element. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.multiply, x, y)


@operation("div")
def div(x: Floats, y: Floats) -> Floats:
    """Return `x / y`. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.divide, x, y)


@operation("pow")
def power(x: Floats, y: Floats) -> Floats:
    """Return `x ** y`; NaN for a negative base with a broken exponent. Raises ValueError as `add`."""
    return _broadcast(np.power, x, y)


@operation("greater")
def greater(x: Floats, y: Floats) -> Floats:
    """Return 1.0 where `x > y` and 0.0 elsewhere; a NaN is greater than nothing.

    Raises ValueError as `add`.
    """
    return _broadcast(np.greater, x, y)


@operation("less")
def less(x: Floats, y: Floats) -> Floats:
    """Return 1.0 where `x < y` and 0.0 elsewhere; a NaN is less than nothing. Raises ValueError as `add`."""
    return _broadcast(np.less, x, y)


@operation("neg")
def neg(x: Floats) -> Floats:
    """Return `-x`."""
    return np.negative(x)


@operation("exp")
def exp(x: Floats) -> Floats:
    """Return e to the power of each element."""
    return np.exp(x)


@operation("log")
def log(x: Floats) -> Floats:
    """Return the natural logarithm of each element."""
    return np.log(x)


@operation("sqrt")
def sqrt(x: Floats) -> Floats:
    """Return the square root of each element."""
    return np.sqrt(x)


def _broadcast(ufunc: Callable[[Floats, Floats], Any], x: Floats, y: Floats) -> Floats:
    try:
        return np.asarray(ufunc(x, y), dtype=np.float32)
    except ValueError:
        # NumPy's text names the shapes too, but not the rule that they break.
        raise ValueError(
            f"shapes {x.shape} and {y.shape} do not broadcast: "
            "counted from the right, two dimensions must be equal, or one of them 1"
        ) from None
