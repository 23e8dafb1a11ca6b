"""What the activations of module 02 are asked to do: in the sandbox on the student's package, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def apply(tt: Any, name: str, x: Any) -> Any:
    return getattr(tt, name)()(tt.Tensor(x)).data


def apply_forward(tt: Any, name: str, x: Any) -> Any:
    return getattr(tt, name)().forward(tt.Tensor(x)).data


def apply_along(tt: Any, name: str, x: Any, dim: int) -> Any:
    return getattr(tt, name)(dim=dim)(tt.Tensor(x)).data


def apply_along_by_place(tt: Any, name: str, x: Any, dim: int) -> Any:
    return getattr(tt, name)(dim).forward(tt.Tensor(x)).data


def apply_twice(tt: Any, name: str, x: Any, other: Any) -> Any:
    activation = getattr(tt, name)()
    first = activation(tt.Tensor(x))
    second = activation(tt.Tensor(other))
    return [first.data, second.data, activation(tt.Tensor(x)).data]


def two_axes(tt: Any, name: str, x: Any, dim: int, other: int) -> Any:
    one, two = getattr(tt, name)(dim=dim), getattr(tt, name)(dim=other)
    return [one(tt.Tensor(x)).data, two(tt.Tensor(x)).data]


def what_comes_out(tt: Any, name: str, x: Any) -> Any:
    result = getattr(tt, name)()(tt.Tensor(x))
    return [result.shape, np.dtype(result.dtype).name, (result + 1).data, result.requires_grad]


def input_afterwards(tt: Any, name: str, x: Any) -> Any:
    tensor = tt.Tensor(x)
    result = getattr(tt, name)()(tensor)
    after = tensor.data.copy()
    result.data[...] = 77
    return [after, tensor.data]


def parameters(tt: Any, name: str) -> Any:
    return getattr(tt, name)().parameters()


def stacked(tt: Any, names: Any, x: Any) -> Any:
    value = tt.Tensor(x)
    for name in names:
        value = getattr(tt, name)()(value)
    return value.data


def gated(tt: Any, x: Any, y: Any) -> Any:
    x, y = tt.Tensor(x), tt.Tensor(y)
    return (tt.Sigmoid()(x) * y + tt.Tanh()(x - y).sum(axis=0)).data


def hidden_layer(tt: Any, x: Any, weight: Any, offset: Any) -> Any:
    return tt.ReLU()(tt.Tensor(x) @ tt.Tensor(weight) + tt.Tensor(offset)).data


def temperature(tt: Any, x: Any, degrees: float) -> Any:
    return tt.Softmax()(tt.Tensor(x) / degrees).data


def shifted(tt: Any, name: str, x: Any, shift: float) -> Any:
    return getattr(tt, name)()(tt.Tensor(x) + shift).data


def mean_log(tt: Any, x: Any) -> Any:
    return tt.LogSoftmax()(tt.Tensor(x)).mean().data
