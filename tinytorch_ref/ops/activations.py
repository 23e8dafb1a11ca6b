"""Nonlinear functions, element by element or along one axis. None overflows, whatever the size of its inputs.

`GELU` is the tanh approximation of Hendrycks and Gimpel (2016), arXiv:1606.08415, section 2.
"""

from __future__ import annotations

import numpy as np

from tinytorch_ref.ops.axes import one_axis
from tinytorch_ref.ops.registry import Floats, operation, vjp

GELU_SCALE = np.float32(np.sqrt(2 / np.pi))
GELU_CUBIC = np.float32(0.044715)


@operation("relu")
def relu(x: Floats) -> Floats:
    """Return `x` where it is above 0, and 0 elsewhere; NaN stays NaN."""
    return np.asarray(np.maximum(x, np.float32(0)))


@vjp("relu")
def _relu_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    """At 0, where there is no slope, it is 0, as in PyTorch."""
    return g * (x > 0)


@operation("sigmoid")
def sigmoid(x: Floats) -> Floats:
    """Return `1 / (1 + exp(-x))`."""
    # The exponential of a number that is never positive cannot overflow.
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, small, np.float32(1)) / (1 + small))


@vjp("sigmoid")
def _sigmoid_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    return g * (result * (1 - result))


@operation("tanh")
def tanh(x: Floats) -> Floats:
    """Return the hyperbolic tangent of each element."""
    return np.tanh(x)


@vjp("tanh")
def _tanh_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    return g * (1 - result * result)


@operation("gelu")
def gelu(x: Floats) -> Floats:
    """Return about `x * P(Z <= x)` for a standard normal Z, by the tanh approximation."""
    return np.asarray(x * ((1 + np.tanh(gelu_inner(x))) / 2))


def gelu_inner(x: Floats) -> Floats:
    """Return what GELU takes the tanh of; the derivative needs it too."""
    return np.asarray(GELU_SCALE * (x + GELU_CUBIC * (x * x * x)))


@vjp("gelu")
def _gelu_vjp(g: Floats, result: Floats, x: Floats) -> Floats:
    """The derivative of the approximation, not of the function that it approximates."""
    t = np.tanh(gelu_inner(x))
    inner_slope = GELU_SCALE * (1 + 3 * GELU_CUBIC * (x * x))
    # Far out, where 1 - t * t is 0, the square may be infinite, and 0 * inf is no number.
    bend = np.where(np.abs(t) == 1, 0, x * (1 - t * t) * inner_slope)
    return np.asarray(g * ((1 + t + bend) / 2))


@operation("softmax")
def softmax(x: Floats, *, dim: int = -1) -> Floats:
    """Return `exp(x)` in proportion to its sum along `dim`. Raises ValueError or TypeError for a wrong `dim`."""
    exponentials = np.exp(_below_largest(x, one_axis(dim, x.shape)))
    return np.asarray(exponentials / np.sum(exponentials, axis=dim, keepdims=True))


@vjp("softmax")
def _softmax_vjp(g: Floats, result: Floats, x: Floats, *, dim: int = -1) -> Floats:
    return np.asarray(result * (g - np.sum(g * result, axis=dim, keepdims=True)))


@operation("log_softmax")
def log_softmax(x: Floats, *, dim: int = -1) -> Floats:
    """Return the logarithm of softmax, finite wherever `x` is. Raises ValueError or TypeError as `softmax`."""
    shifted = _below_largest(x, one_axis(dim, x.shape))
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=dim, keepdims=True)))


@vjp("log_softmax")
def _log_softmax_vjp(g: Floats, result: Floats, x: Floats, *, dim: int = -1) -> Floats:
    return np.asarray(g - np.exp(result) * np.sum(g, axis=dim, keepdims=True))


def _below_largest(x: Floats, axis: int) -> Floats:
    """Shift `x` along `axis` so that the largest is 0: softmax stays the same, and no exponential overflows."""
    return np.asarray(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
