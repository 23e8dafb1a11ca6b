"""New arrays filled through masks; sigmoid and tanh from one another; the logarithm of a sum of powers in one call."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import numpy as np
from tinytorch.core.tensor import FORWARD, dispatch


def _relu(a):
    out = np.array(a)
    out[out < 0] = 0
    return out


def _sigmoid(a):
    return (1 + np.tanh(a / 2)) / 2


def _tanh(a):
    return 2 * _sigmoid(2 * a) - 1


def _gelu(a):
    out = np.zeros_like(a)
    middle = np.abs(a) < 10
    x = a[middle]
    out[middle] = x * _sigmoid(np.float32(1.5957691) * (x + np.float32(0.044715) * x**3))
    out[a >= 10] = a[a >= 10]
    return out


def _last(a, dim):
    try:
        return np.moveaxis(a, dim, -1)
    except ValueError as error:
        raise ValueError(f"shape {a.shape}: {error}") from None


def _log_softmax(a, dim=-1):
    rows = _last(a, dim)
    logs = rows - np.logaddexp.reduce(rows, axis=-1)[..., None]
    return np.moveaxis(logs, -1, dim)


def _softmax(a, dim=-1):
    rows = _last(a, dim)
    powers = np.exp(rows - np.sort(rows, axis=-1)[..., -1:])
    return np.moveaxis(powers / np.einsum("...i->...", powers)[..., None], -1, dim)


FORWARD.update(relu=_relu, sigmoid=_sigmoid, tanh=_tanh, gelu=_gelu, softmax=_softmax, log_softmax=_log_softmax)


class ReLU:
    name = "relu"

    def __init__(self, **settings):
        self.settings = settings

    def forward(self, x):
        return dispatch(self.name, x, **self.settings)

    __call__ = forward

    def parameters(self):
        return ()


class Sigmoid(ReLU):
    name = "sigmoid"


class Tanh(ReLU):
    name = "tanh"


class GELU(ReLU):
    name = "gelu"


class Softmax(ReLU):
    name = "softmax"

    def __init__(self, dim=-1):
        super().__init__(dim=dim)


class LogSoftmax(Softmax):
    name = "log_softmax"
