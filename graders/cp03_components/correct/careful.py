"""Uniform weights of He's variance, masks by binomial draws, and every argument looked at first."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import numbers

import numpy as np
from tinytorch.core import setup, tensor


class Layer:
    """The mode is a private attribute of each layer; a layer that was never told learns."""

    def __call__(self, x):
        if not isinstance(x, tensor.Tensor):
            raise TypeError(f"a layer takes a Tensor, got {type(x).__name__}")
        return self.forward(x)

    def layers_inside(self):
        return ()

    def tensors(self):
        return ()

    def parameters(self):
        return list(self.tensors()) + [p for layer in self.layers_inside() for p in layer.parameters()]

    def train(self):
        self._tell(True)

    def eval(self):
        self._tell(False)

    def _tell(self, learning):
        self._learning = learning
        for layer in self.layers_inside():
            if hasattr(layer, "_tell"):
                layer._tell(learning)

    @property
    def learning(self):
        return getattr(self, "_learning", True)


def _positive(name, size):
    if not isinstance(size, numbers.Integral):
        raise TypeError(f"{name} is an integer, got {size!r}")
    if size < 1:
        raise ValueError(f"{name} is at least 1, got {size}")
    return int(size)


class Linear(Layer):
    def __init__(self, in_features, out_features, bias=True):
        rows, columns = _positive("in_features", in_features), _positive("out_features", out_features)
        limit = np.sqrt(6 / rows)
        draws = setup.generator().uniform(-limit, limit, size=(rows, columns))
        self.weight = tensor.Tensor(draws.astype(np.float32), requires_grad=True)
        offsets = setup.generator().uniform(-limit, limit, size=columns) / 10
        self.bias = tensor.Tensor(offsets, requires_grad=True) if bias else None

    def tensors(self):
        return [each for each in (self.weight, self.bias) if each is not None]

    def forward(self, x):
        if not x.shape or x.shape[-1] != self.weight.shape[0]:
            raise ValueError(f"x of shape {x.shape} does not fit weights of shape {self.weight.shape}")
        flat = x.reshape(x.size // x.shape[-1], x.shape[-1]) @ self.weight
        flat = flat if self.bias is None else self.bias + flat
        return flat.reshape(*x.shape[:-1], self.weight.shape[1])


class Dropout(Layer):
    def __init__(self, p=0.5):
        if not isinstance(p, numbers.Real) or not 0 <= p <= 1:
            raise ValueError(f"p is a number from 0 to 1, got {p!r}")
        self._keep = 1 - p

    def forward(self, x):
        if not self.learning or self._keep == 1:
            return x
        mask = setup.generator().binomial(1, self._keep, size=x.shape)
        factor = 1 / self._keep if self._keep else 0
        return x * tensor.Tensor(mask * np.float32(factor))


class Sequential(Layer):
    def __init__(self, *layers):
        only = layers[0] if len(layers) == 1 else None
        self._layers = tuple(only) if isinstance(only, list | tuple) else layers
        for layer in self._layers:
            if not callable(layer):
                raise TypeError(f"no layer: {layer!r}")

    def layers_inside(self):
        return self._layers

    def forward(self, x):
        for layer in self._layers:
            x = layer(x)
        return x
