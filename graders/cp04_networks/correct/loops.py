"""Losses without vectorised code: numbers are added one after the other, with the math module."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import math

import numpy as np
from tinytorch.core.tensor import Tensor


def _numbers(tensor):
    return [float(value) for value in np.ravel(tensor.data)]


def _log_shares(line):
    top = max(line)
    total = 0.0
    for value in line:
        total += math.exp(value - top)
    return [value - top - math.log(total) for value in line]


def log_softmax(x, dim=-1):
    if dim >= len(x.shape) or dim < -len(x.shape):
        raise ValueError(f"a tensor of shape {x.shape} has no axis {dim}")
    values = np.array(x.data, dtype=float)
    lines = np.moveaxis(values, dim, -1)  # a view: what is written here is written into values
    for index in np.ndindex(*lines.shape[:-1]):
        lines[index] = _log_shares([float(value) for value in lines[index]])
    return Tensor(values)


class MSELoss:
    def __call__(self, predictions, targets):
        return self.forward(predictions, targets)

    def parameters(self):
        return []

    def forward(self, predictions, targets):
        if predictions.shape != targets.shape:
            raise ValueError(f"shapes {predictions.shape} and {targets.shape} differ")
        total = 0.0
        for p, t in zip(_numbers(predictions), _numbers(targets), strict=True):
            total += (p - t) ** 2
        return Tensor(total / predictions.size)


class CrossEntropyLoss:
    def __call__(self, logits, targets):
        return self.forward(logits, targets)

    def parameters(self):
        return []

    def forward(self, logits, targets):
        if isinstance(targets, Tensor):
            targets = targets.data
        targets = np.array(targets)
        if targets.shape != logits.shape[:-1]:
            raise ValueError(f"there are logits of shape {logits.shape} and targets of shape {targets.shape}")
        total = 0.0
        for index in np.ndindex(*targets.shape):
            target = float(targets[index])
            if target != int(target):
                raise TypeError(f"class {target} is no integer")
            if target < 0 or target >= logits.shape[-1]:
                raise IndexError(f"class {target} is not among {logits.shape[-1]} classes")
            total -= _log_shares([float(value) for value in logits.data[index]])[int(target)]
        return Tensor(total / targets.size)


class BinaryCrossEntropyLoss:
    def __call__(self, predictions, targets):
        return self.forward(predictions, targets)

    def parameters(self):
        return []

    def forward(self, predictions, targets):
        if predictions.shape != targets.shape:
            raise ValueError(f"shapes {predictions.shape} and {targets.shape} differ")
        total = 0.0
        for p, t in zip(_numbers(predictions), _numbers(targets), strict=True):
            if not 0 <= p <= 1:
                raise ValueError(f"{p} is no probability")
            total -= t * math.log(max(p, 1e-40)) + (1 - t) * math.log(max(1 - p, 1e-40))
        return Tensor(total / predictions.size)
