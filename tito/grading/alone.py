"""Scenarios that ask a student's package for one operation alone, or for a recorded piece of a graph.

This file is sent to the sandbox as it stands: NumPy only, and nothing but names of API.md. `operation` is the
reference's name of an operation; parameters cross as plain values.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _index(parts: Any) -> Any:
    """Undo `walks.plain_index`."""
    kind, *rest = parts
    match kind:
        case "tuple":
            return tuple(_index(part) for part in rest)
        case "slice":
            return slice(*rest)
        case "...":
            return Ellipsis
        case _:
            return rest[0]


def _axes(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _reduce(name: str) -> Any:
    return lambda x, axis=None, keepdims=False: getattr(x, name)(axis=_axes(axis), keepdims=keepdims)


_METHODS: dict[str, Any] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "matmul": lambda x, y: x @ y,
    "neg": lambda x: -x,
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "sum": _reduce("sum"),
    "mean": _reduce("mean"),
    "max": _reduce("max"),
    "reshape": lambda x, shape: x.reshape(*_axes(shape)),
    "transpose": lambda x, dim0=None, dim1=None: x.transpose() if dim0 is None else x.transpose(dim0, dim1),
    "permute": lambda x, axes: x.permute(*axes),
    "getitem": lambda x, index: x[_index(index)],
}
_CLASSES = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "gelu": "GELU", "softmax": "Softmax",
            "log_softmax": "LogSoftmax", "cross_entropy": "CrossEntropyLoss",
            "binary_cross_entropy": "BinaryCrossEntropyLoss"}  # fmt: skip
ASKED_BY = frozenset(_METHODS) | frozenset(_CLASSES)


def _apply(tt: Any, operation: str, inputs: Any, parameters: Any) -> Any:
    if operation in _METHODS:
        return _METHODS[operation](*inputs, **parameters)
    if "function" in parameters:
        return getattr(tt, operation)(*inputs)
    if "targets" in parameters:
        return getattr(tt, _CLASSES[operation])()(*inputs, parameters["targets"])
    return getattr(tt, _CLASSES[operation])(**parameters)(*inputs)


def _operand(tt: Any, array: Any, asks: bool) -> Any:
    """A leaf; or a tensor that asks for nothing, and for a single number the number itself."""
    if asks:
        return tt.Tensor(array, requires_grad=True)
    return float(array) if array.ndim == 0 else tt.Tensor(array)


def _grad(tensor: Any) -> Any:
    """Return `.grad` as an array, whether it is kept as an array or as a tensor; None stays None."""
    grad = tensor.grad
    if grad is None:
        return None
    return np.array(grad if isinstance(grad, np.ndarray | np.generic) else grad.data)


def one_operation(tt: Any, operation: str, operands: Any, asks: Any, parameters: Any, gradient: Any) -> Any:
    """Return the result of an operation, and the gradients of the operands that ask for one."""
    inputs = [_operand(tt, array, one) for array, one in zip(operands, asks, strict=True)]
    result = _apply(tt, operation, inputs, parameters)
    value = np.array(result.data)
    result.backward(gradient)
    return [value, [_grad(tensor) if one else None for tensor, one in zip(inputs, asks, strict=True)]]


def piece_of_graph(tt: Any, operands: Any, asks: Any, steps: Any, gradient: Any) -> Any:
    """Compute a graph from its operands on, walk it back once, and return the gradients of those that ask.

    A step is [operation, places of its inputs, parameters]; places count the operands first, then the steps.
    """
    values = [_operand(tt, array, one) for array, one in zip(operands, asks, strict=True)]
    leaves = [tensor for tensor, one in zip(values, asks, strict=True) if one]
    for operation, places, parameters in steps:
        values.append(_apply(tt, operation, [values[place] for place in places], parameters))
    values[-1].backward(gradient)
    return [_grad(leaf) for leaf in leaves]
