"""Operations that treat every element alike. Two operands broadcast as in NumPy.

Edge values are IEEE 754's, as in NumPy and PyTorch: `log(0)` is -inf, `sqrt(-1)` and `0 / 0` are NaN, `1 / 0`
is inf. Gradients follow suit: that of `sqrt` at 0 is inf, that of a constant power of 0 is what the limit says.
Comparisons have no gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch_ref.ops.axes import unbroadcast
from tinytorch_ref.ops.registry import Floats, operation, vjp


@operation("add")
def add(x: Floats, y: Floats) -> Floats:
    """Return `x + y`. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.add, x, y)


@vjp("add", of=0)
def _add_first(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(g, x.shape)


@vjp("add", of=1)
def _add_second(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(g, y.shape)


@operation("sub")
def sub(x: Floats, y: Floats) -> Floats:
    """Return `x - y`. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.subtract, x, y)


@vjp("sub", of=0)
def _sub_first(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(g, x.shape)


@vjp("sub", of=1)
def _sub_second(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(-g, y.shape)


@operation("mul")
def mul(x: Floats, y: Floats) -> Floats:
    """Return `x * y`, element by element. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.multiply, x, y)


@vjp("mul", of=0)
def _mul_first(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(g * y, x.shape)


@vjp("mul", of=1)
def _mul_second(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(g * x, y.shape)


@operation("div")
def div(x: Floats, y: Floats) -> Floats:
    """Return `x / y`. Raises ValueError when the shapes do not broadcast."""
    return _broadcast(np.divide, x, y)


@vjp("div", of=0)
def _div_first(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(g / y, x.shape)


@vjp("div", of=1)
def _div_second(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    return unbroadcast(-g * result / y, y.shape)


@operation("pow")
def power(x: Floats, y: Floats) -> Floats:
    """Return `x ** y`; NaN for a negative base with a broken exponent. Raises ValueError as `add`."""
    return _broadcast(np.power, x, y)


@vjp("pow", of=0)
def _pow_base(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    # x ** 0 is 1 everywhere, so its slope is 0 at x = 0 too, where the formula gives 0 * inf.
    slope = np.where(y == 0, 0, y * np.power(x, y - 1))
    return unbroadcast(g * slope, x.shape)


@vjp("pow", of=1)
def _pow_exponent(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
    # 0 ** y is 0 for every y > 0: slope 0, where the formula gives 0 * -inf. At y = 0 it is PyTorch's choice.
    slope = np.where((x == 0) & (y >= 0), 0, result * np.log(x))
    return unbroadcast(g * slope, y.shape)


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


@vjp("neg")
def _neg_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    return -g


@operation("exp")
def exp(x: Floats) -> Floats:
    """Return e to the power of each element."""
    return np.exp(x)


@vjp("exp")
def _exp_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    return g * result


@operation("log")
def log(x: Floats) -> Floats:
    """Return the natural logarithm of each element."""
    return np.log(x)


@vjp("log")
def _log_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    return g / x


@operation("sqrt")
def sqrt(x: Floats) -> Floats:
    """Return the square root of each element."""
    return np.sqrt(x)


@vjp("sqrt")
def _sqrt_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    return g / (2 * result)


def _broadcast(ufunc: Callable[[Floats, Floats], Any], x: Floats, y: Floats) -> Floats:
    try:
        return np.asarray(ufunc(x, y), dtype=np.result_type(x, y))
    except ValueError:
        # NumPy's text names the shapes too, but not the rule that they break.
        raise ValueError(
            f"shapes {x.shape} and {y.shape} do not broadcast: "
            "counted from the right, two dimensions must be equal, or one of them 1"
        ) from None
