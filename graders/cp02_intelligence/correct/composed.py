"""Activations as sums, products and powers of tensors: no NumPy at all."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import math


class _Pointwise:
    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []


class ReLU(_Pointwise):
    def forward(self, x):
        return x * (x > 0)


class Sigmoid(_Pointwise):
    def forward(self, x):
        # Far on the left the power is infinite, and 1 / infinity is the 0 that is wanted.
        return 1 / (1 + (-x).exp())


class Tanh(_Pointwise):
    def forward(self, x):
        small = (abs_of(x) * -2).exp()
        return ((x > 0) - (x < 0)) * (1 - small) / (1 + small)


class GELU(_Pointwise):
    def forward(self, x):
        inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
        return x * (Tanh()(inner) + 1) * 0.5


class Softmax(_Pointwise):
    def __init__(self, dim=-1):
        self.dim = dim

    def forward(self, x):
        powers = (x - x.max(axis=self.dim, keepdims=True)).exp()
        return powers / powers.sum(axis=self.dim, keepdims=True)


class LogSoftmax(_Pointwise):
    def __init__(self, dim=-1):
        self.dim = dim

    def forward(self, x):
        lower = x - x.max(axis=self.dim, keepdims=True)
        return lower - lower.exp().sum(axis=self.dim, keepdims=True).log()


def abs_of(x):
    """Return |x|."""
    return x * (x > 0) - x * (x < 0)
