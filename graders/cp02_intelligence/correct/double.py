"""One class, made anew for each function; all of it in float64, and only the result in float32."""

import numpy as np
from tinytorch.core.tensor import Tensor


def _erf(x):
    """The error function: Abramowitz and Stegun, formula 7.1.26, within 1.5e-7."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return np.sign(x) * (1 - polynomial * np.exp(-x * x))


def _axis_of(array, dim):
    if array.ndim == 0 or not -array.ndim <= dim < array.ndim:
        raise ValueError(f"no axis {dim} in a tensor of shape {array.shape}")
    return dim


def _softmax(array, dim):
    dim = _axis_of(array, dim)
    return np.exp(_log_softmax(array, dim))


def _log_softmax(array, dim):
    dim = _axis_of(array, dim)
    top = np.max(array, axis=dim, keepdims=True)
    return array - (top + np.log(np.sum(np.exp(array - top), axis=dim, keepdims=True)))


def _activation(name, function, takes_dim=False):
    class Made:
        def forward(self, x):
            wide = np.array(x.data, dtype=np.float64)
            return Tensor(function(wide, self.settings["dim"]) if takes_dim else function(wide))

        def __call__(self, x):
            return self.forward(x)

        def parameters(self):
            return list(self.settings.get("parameters", ()))

        def __init__(self, dim=-1):
            self.settings = {"dim": dim}

    Made.__name__ = name
    return Made


ReLU = _activation("ReLU", lambda a: (a + np.abs(a)) / 2)
Sigmoid = _activation("Sigmoid", lambda a: np.exp(-np.logaddexp(0, -a)))
Tanh = _activation("Tanh", lambda a: -np.expm1(-2 * np.abs(a)) / (1 + np.exp(-2 * np.abs(a))) * np.sign(a))
GELU = _activation("GELU", lambda a: a * 0.5 * (1 + _erf(a / np.sqrt(2))))
Softmax = _activation("Softmax", _softmax, takes_dim=True)
LogSoftmax = _activation("LogSoftmax", _log_softmax, takes_dim=True)
