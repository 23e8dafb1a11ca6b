"""Functions do the work and small classes hold what they need; float64 inside; weights from a cut normal."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

from functools import reduce
from types import SimpleNamespace

import numpy as np
from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor


def _he(rows, columns):
    """Normal numbers of variance 2 / rows; those beyond three standard deviations are drawn again."""
    draws = generator().standard_normal((rows, columns))
    while (far := np.abs(draws) > 3).any():
        draws[far] = generator().standard_normal(int(far.sum()))
    return draws * np.sqrt(2 / rows)


def _affine(x, weight, bias):
    x, weight = np.asarray(x.data, dtype=np.float64), np.asarray(weight.data, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != len(weight):
        raise ValueError(f"affine: {x.shape} times {weight.shape}")
    result = np.einsum("...i,io->...o", x, weight)
    return Tensor(result if bias is None else result + bias.data)


def _drop(x, p):
    ranks = generator().random(x.shape)
    kept = np.zeros(x.shape, dtype=bool) if p == 1 else ranks < 1 - p
    out = np.zeros(x.shape)
    out[kept] = x.data[kept] / (1 - p)
    return Tensor(out)


class Layer:
    def parts(self):
        return []

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return [parameter for part in self.parts() for parameter in part.parameters()]

    def train(self):
        self.state().learning = True
        [part.train() for part in self.parts() if hasattr(part, "train")]
        return self

    def eval(self):
        self.state().learning = False
        [part.eval() for part in self.parts() if hasattr(part, "eval")]
        return self

    def state(self):
        return self.__dict__.setdefault("_state", SimpleNamespace(learning=True))


class Linear(Layer):
    def __init__(self, in_features, out_features, bias=True):
        self.weight = Tensor(_he(in_features, out_features), requires_grad=True)
        self.bias = Tensor(np.zeros(out_features), requires_grad=True) if bias else None

    def forward(self, x):
        return _affine(x, self.weight, self.bias)

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class Dropout(Layer):
    def __init__(self, p=0.5):
        if not p >= 0 or not p <= 1:
            raise ValueError(f"Dropout({p}): not within 0 and 1")
        self.p = p

    def forward(self, x):
        return _drop(x, self.p) if self.state().learning else x


class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers[0] if isinstance(layers[0], list) else list(layers)

    def parts(self):
        return self.layers

    def forward(self, x):
        return reduce(lambda value, layer: layer(value), self.layers, x)
