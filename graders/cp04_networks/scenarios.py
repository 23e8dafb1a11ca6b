"""What the losses of module 04 are asked to do: in the sandbox on the student's package, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def loss_of(tt: Any, name: str, predictions: Any, targets: Any) -> Any:
    return getattr(tt, name)()(tt.Tensor(predictions), tt.Tensor(targets)).data


def loss_by_forward(tt: Any, name: str, predictions: Any, targets: Any) -> Any:
    result = getattr(tt, name)().forward(tt.Tensor(predictions), tt.Tensor(targets))
    return [result.shape, np.dtype(result.dtype).name, (result * 2 + 1).data, result.item()]


def loss_both_ways(tt: Any, name: str, first: Any, second: Any) -> Any:
    loss = getattr(tt, name)()
    return [loss(tt.Tensor(first), tt.Tensor(second)).data, loss(tt.Tensor(second), tt.Tensor(first)).data]


def loss_again(tt: Any, name: str, predictions: Any, targets: Any, others: Any) -> Any:
    """One object for several batches, and what is left of its inputs."""
    loss = getattr(tt, name)()
    p, t, o = tt.Tensor(predictions), tt.Tensor(targets), tt.Tensor(others)
    values = [loss(p, t).data, loss(o, t).data, loss(p, t).data]
    return [values, p.data, t.data]


# Cross-entropy: targets are an array of integers.


def cross_entropy(tt: Any, logits: Any, targets: Any) -> Any:
    return tt.CrossEntropyLoss()(tt.Tensor(logits), targets).data


def cross_entropy_by_forward(tt: Any, logits: Any, targets: Any) -> Any:
    result = tt.CrossEntropyLoss().forward(tt.Tensor(logits), targets)
    return [result.shape, np.dtype(result.dtype).name, (result * 2 + 1).data]


def cross_entropy_of_tensor(tt: Any, logits: Any, targets: Any) -> Any:
    return tt.CrossEntropyLoss()(tt.Tensor(logits), tt.Tensor(targets)).data


def cross_entropy_afterwards(tt: Any, logits: Any, targets: Any) -> Any:
    loss, tensor = tt.CrossEntropyLoss(), tt.Tensor(logits)
    first = loss(tensor, targets).data
    return [first, loss(tensor, targets).data, tensor.data, targets]


def cross_entropy_shifted(tt: Any, logits: Any, targets: Any, shift: float) -> Any:
    return tt.CrossEntropyLoss()(tt.Tensor(logits) + shift, targets).data


def cross_entropy_in_parts(tt: Any, logits: Any, targets: Any) -> Any:
    """The loss of a batch, and the losses of its examples one by one."""
    loss = tt.CrossEntropyLoss()
    alone = [loss(tt.Tensor(logits[k : k + 1]), targets[k : k + 1]).data for k in range(len(logits))]
    return [loss(tt.Tensor(logits), targets).data, alone]


# log_softmax.


def log_softmax(tt: Any, x: Any) -> Any:
    return tt.log_softmax(tt.Tensor(x)).data


def log_softmax_along(tt: Any, x: Any, dim: int) -> Any:
    return tt.log_softmax(tt.Tensor(x), dim=dim).data


def log_softmax_afterwards(tt: Any, x: Any) -> Any:
    tensor = tt.Tensor(x)
    result = tt.log_softmax(tensor)
    shape, total = result.shape, result.exp().sum(axis=-1).data
    result.data[...] = 77
    return [shape, total, tensor.data]


# Networks.


def _network(tt: Any, weight: Any, bias: Any, name: str) -> Any:
    layer = tt.Linear(weight.shape[0], weight.shape[1])
    layer.weight.data, layer.bias.data = weight, bias
    return tt.Sequential(layer, getattr(tt, name)())


def classes_of_network(tt: Any, x: Any, weight: Any, bias: Any, targets: Any) -> Any:
    return tt.CrossEntropyLoss()(_network(tt, weight, bias, "Tanh")(tt.Tensor(x)), targets).data


def answers_of_network(tt: Any, x: Any, weight: Any, bias: Any, targets: Any) -> Any:
    return tt.BinaryCrossEntropyLoss()(_network(tt, weight, bias, "Sigmoid")(tt.Tensor(x)), tt.Tensor(targets)).data
