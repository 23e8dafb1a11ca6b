"""Losses as in PyTorch: a `reduction`, targets gathered, logarithms cut at -100; all in float32."""

# ruff: noqa: A002, D101, D102 -- written as students write: without docstrings, and with PyTorch's names

import numpy as np
from tinytorch.core.activations import LogSoftmax
from tinytorch.core.tensor import Tensor


class _Loss:
    def __init__(self, reduction="mean"):
        self.reduction = reduction

    def __call__(self, input, target):
        each = self.forward_each(input, target)
        return getattr(Tensor(each), self.reduction)()

    def forward(self, input, target):
        return self(input, target)

    def parameters(self):
        return []


def _equal(input, target):
    if input.shape != target.shape:
        raise ValueError(f"input {input.shape} and target {target.shape} should have the same shape")


def log_softmax(input, dim=-1):
    return LogSoftmax(dim)(input)


class MSELoss(_Loss):
    def forward_each(self, input, target):
        _equal(input, target)
        return np.power(target.data - input.data, 2)


class CrossEntropyLoss(_Loss):
    def forward_each(self, input, target):
        target = target.numpy() if isinstance(target, Tensor) else np.array(target)
        if target.shape != input.shape[:-1]:
            raise ValueError(f"expected target size {input.shape[:-1]} for {input.shape}, got {target.shape}")
        if not np.array_equal(target, np.trunc(target)):
            raise TypeError("expected target of integers")
        if target.min() < 0 or target.max() >= input.shape[-1]:
            raise IndexError(f"target from {target.min()} to {target.max()} is out of bounds")
        places = target.astype(np.intp)[..., np.newaxis]
        return -np.take_along_axis(log_softmax(input).data, places, axis=-1)


class BinaryCrossEntropyLoss(_Loss):
    def forward_each(self, input, target):
        _equal(input, target)
        p, t = input.data, target.data
        if not ((p >= 0) & (p <= 1)).all():
            raise ValueError("all elements of input should be between 0 and 1")
        with np.errstate(divide="ignore"):
            positive, negative = np.log(p), np.log(1 - p)
        return (t - 1) * np.maximum(negative, -100) - t * np.maximum(positive, -100)
