"""Activations without vectorised code: one Python number after the other, by the math module."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import itertools
import math

import numpy as np
from tinytorch.core.tensor import Tensor


def _each(function, x):
    values = x.data
    out = np.zeros(values.shape)
    for index in itertools.product(*(range(side) for side in values.shape)):
        out[index] = function(float(values[index]))
    return Tensor(out)


def _logistic(v):
    if v < 0:
        power = math.exp(v)
        return power / (1 + power)
    return 1 / (1 + math.exp(-v))


def _rows(function, x, dim):
    """Apply a function of a list of numbers to each line along an axis."""
    if not isinstance(dim, int):
        raise TypeError(f"dim is an integer, got {dim}")
    if dim < -len(x.shape) or dim >= len(x.shape):
        raise ValueError(f"dim {dim} does not exist for shape {x.shape}")
    dim %= len(x.shape)
    values = x.data
    out = np.zeros(values.shape)
    others = [range(1) if axis == dim else range(side) for axis, side in enumerate(x.shape)]
    for index in itertools.product(*others):
        places = [(*index[:dim], k, *index[dim + 1 :]) for k in range(x.shape[dim])]
        line = function([float(values[place]) for place in places])
        for place, value in zip(places, line, strict=True):
            out[place] = value
    return Tensor(out)


def _log_shares(line):
    top = max(line)
    total = math.log(sum(math.exp(value - top) for value in line))
    return [value - top - total for value in line]


class ReLU:
    def forward(self, x):
        return _each(lambda v: v if v > 0 else 0.0, x)

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []


class Sigmoid:
    def forward(self, x):
        return _each(_logistic, x)

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []


class Tanh:
    def forward(self, x):
        return _each(math.tanh, x)

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []


class GELU:
    def forward(self, x):
        return _each(lambda v: v * 0.5 * math.erfc(-v / math.sqrt(2)), x)

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []


class LogSoftmax:
    def __init__(self, dim=-1):
        self.axis = dim

    def forward(self, x):
        return _rows(_log_shares, x, self.axis)

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []


class Softmax:
    def __init__(self, dim=-1):
        self.axis = dim

    def forward(self, x):
        return _rows(lambda line: [math.exp(value) for value in _log_shares(line)], x, self.axis)

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []
