"""What the tensor of module 01 is asked to do. Runs on the student's package in the sandbox, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_OPERATORS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
    "@": lambda x, y: x @ y,
}


# Making tensors and looking at them.


def create(tt: Any, data: Any) -> Any:
    tensor = tt.Tensor(data)
    return [tensor.data, tensor.shape]


def create_then_change(tt: Any, array: Any) -> Any:
    tensor = tt.Tensor(array)
    array[...] = 99
    return tensor.data


def change_in_place(tt: Any, array: Any) -> Any:
    tensor = tt.Tensor(array)
    tensor.data[...] = 99
    return array


def describe(tt: Any, data: Any) -> Any:
    tensor = tt.Tensor(data)
    return [tensor.shape, int(tensor.size), int(tensor.ndim), np.dtype(tensor.dtype).name]


def to_numpy(tt: Any, data: Any) -> Any:
    return tt.Tensor(data).numpy()


def gradient_wanted(tt: Any, data: Any) -> Any:
    wanted = tt.Tensor(data, requires_grad=True)
    plain = tt.Tensor(data)
    return [wanted.requires_grad, wanted.grad, plain.requires_grad, plain.grad, wanted.data]


def detach(tt: Any, data: Any) -> Any:
    tensor = tt.Tensor(data, requires_grad=True)
    detached = tensor.detach()
    return [detached.data, detached.requires_grad, tensor.requires_grad]


def item(tt: Any, data: Any) -> Any:
    return tt.Tensor(data).item()


def length(tt: Any, data: Any) -> Any:
    return len(tt.Tensor(data))


def footprint(tt: Any, data: Any) -> Any:
    return int(tt.Tensor(data).memory_footprint())


def backward(tt: Any, data: Any) -> Any:
    tensor = tt.Tensor(data, requires_grad=True)
    try:
        tensor.backward()
    except Exception as error:  # noqa: BLE001 -- the kind of error is left to the student
        message = str(error).lower()
        return ["raised", "05" in message or "autograd" in message]
    return ["nothing was raised", tensor.grad is not None and float(np.asarray(tensor.grad.data)) == 1.0]


# Makers, as static methods or as functions.


def _maker(tt: Any, name: str) -> Any:
    method = getattr(tt.Tensor, name, None)
    return getattr(tt, name) if method is None else method


def made(tt: Any, name: str, shape: Any) -> Any:
    tensor = _maker(tt, name)(*shape)
    return [tensor.data, tensor.shape, tensor.requires_grad]


def made_with_gradient(tt: Any, name: str, shape: Any) -> Any:
    return _maker(tt, name)(*shape, requires_grad=True).requires_grad


def drawn(tt: Any, seed: int, shape: Any) -> Any:
    tt.manual_seed(seed)
    return _maker(tt, "randn")(*shape).data


def drawn_twice(tt: Any, seed: int, count: int) -> Any:
    randn = _maker(tt, "randn")
    tt.manual_seed(seed)
    first, following = randn(count).data, randn(count).data
    tt.manual_seed(seed)
    return [first, following, randn(count).data]


def drawn_beside_the_generator(tt: Any, seed: int, count: int) -> Any:
    tt.manual_seed(seed)
    alone = tt.generator().random(4)
    tt.manual_seed(seed)
    _maker(tt, "randn")(count)
    return [alone, tt.generator().random(4)]


# Arithmetic.


def combine(tt: Any, sign: str, x: Any, y: Any) -> Any:
    return _OPERATORS[sign](tt.Tensor(x), tt.Tensor(y)).data


def combine_and_look_back(tt: Any, sign: str, x: Any, y: Any) -> Any:
    left, right = tt.Tensor(x), tt.Tensor(y)
    result = _OPERATORS[sign](left, right)
    return [result.data, left.data, right.data]


def plain_on_the_left(tt: Any, sign: str, x: Any, y: Any) -> Any:
    return _OPERATORS[sign](x, tt.Tensor(y)).data


def plain_on_the_right(tt: Any, sign: str, x: Any, y: Any) -> Any:
    return _OPERATORS[sign](tt.Tensor(x), y).data


def double_on_the_right(tt: Any, sign: str, x: Any, y: Any) -> Any:
    return _OPERATORS[sign](tt.Tensor(x), np.asarray(y, dtype=np.float64)).data


def told_to_the_engine(tt: Any, x: Any, y: Any) -> Any:
    """What the engine learns of two operations: module 05 lives on it.

    A package that is not made of the notebook's cells has no engine, and nothing to tell.
    """
    module = tt.module("core.tensor")
    if not hasattr(module, "set_engine"):
        return ["no engine"]
    told = []

    class Listener(module.Engine):  # type: ignore[misc, name-defined]
        def record(self, name: Any, inputs: Any, params: Any, output: Any) -> None:
            told.append((name, list(inputs), params, output))

    a, b = tt.Tensor(x), tt.Tensor(y)
    module.FORWARD["stretch"] = lambda array, by: array * by
    before = module.set_engine(Listener())
    try:
        results = [a + b, module.dispatch("stretch", a, by=3)]
    finally:
        module.set_engine(before)
        del module.FORWARD["stretch"]
    return [
        [str(name), [any(value is each for each in (a, b)) for value in inputs], dict(params), output is result]
        for (name, inputs, params, output), result in zip(told, results, strict=True)
    ]


def negate(tt: Any, x: Any) -> Any:
    return (-tt.Tensor(x)).data


def compare(tt: Any, x: Any, y: Any) -> Any:
    left, right = tt.Tensor(x), tt.Tensor(y)
    return [(left > right).data, (left < right).data]


def compare_with_number(tt: Any, x: Any, number: float) -> Any:
    tensor = tt.Tensor(x)
    return [answer.data for answer in (tensor > number, tensor < number, number > tensor, number < tensor)]


def matmul(tt: Any, x: Any, y: Any) -> Any:
    left, right = tt.Tensor(x), tt.Tensor(y)
    return [left.matmul(right).data, (left @ right).data]


def exp(tt: Any, x: Any) -> Any:
    return tt.Tensor(x).exp().data


def log(tt: Any, x: Any) -> Any:
    return tt.Tensor(x).log().data


def sqrt(tt: Any, x: Any) -> Any:
    return tt.Tensor(x).sqrt().data


# Shapes.


def reshape(tt: Any, x: Any, shape: Any) -> Any:
    result = tt.Tensor(x).reshape(*shape)
    return [result.data, result.shape]


def reshape_transposed(tt: Any, x: Any, shape: Any) -> Any:
    return tt.Tensor(x).transpose().reshape(*shape).data


def transpose(tt: Any, x: Any) -> Any:
    return tt.Tensor(x).transpose().data


def transpose_two(tt: Any, x: Any, dim0: int, dim1: int) -> Any:
    return tt.Tensor(x).transpose(dim0, dim1).data


def attribute_t(tt: Any, x: Any) -> Any:
    return tt.Tensor(x).T.data


def permute(tt: Any, x: Any, axes: Any) -> Any:
    result = tt.Tensor(x).permute(*axes)
    return [result.data, result.shape]


# Elements.


def _index(parts: Any) -> Any:
    """Build an index from plain values: ["slice", start, stop, step], "...", integers."""
    decoded = [
        Ellipsis if isinstance(part, str) else slice(*part[1:]) if isinstance(part, list | tuple) else part
        for part in parts
    ]
    return decoded[0] if len(decoded) == 1 else tuple(decoded)


def pick(tt: Any, x: Any, parts: Any) -> Any:
    result = tt.Tensor(x)[_index(parts)]
    return [result.data, result.shape]


def pick_rows(tt: Any, x: Any, rows: Any) -> Any:
    return tt.Tensor(x)[np.asarray(rows)].data


def pick_pairs(tt: Any, x: Any, rows: Any, columns: Any) -> Any:
    return tt.Tensor(x)[np.asarray(rows), np.asarray(columns)].data


def pick_by_mask(tt: Any, x: Any, mask: Any) -> Any:
    return tt.Tensor(x)[mask].data


# Reductions.


def reduce_all(tt: Any, name: str, x: Any) -> Any:
    result = getattr(tt.Tensor(x), name)()
    return [result.data, result.shape]


def reduce_axis(tt: Any, name: str, x: Any, axis: int) -> Any:
    return getattr(tt.Tensor(x), name)(axis=axis).data


def reduce_keeping(tt: Any, name: str, x: Any, axis: Any) -> Any:
    return getattr(tt.Tensor(x), name)(axis=axis, keepdims=True).data


def reduce_several(tt: Any, name: str, x: Any, axes: Any, keepdims: bool) -> Any:
    return getattr(tt.Tensor(x), name)(axis=tuple(axes), keepdims=keepdims).data


# Several steps.


def standardise(tt: Any, x: Any) -> Any:
    tensor = tt.Tensor(x)
    centred = tensor - tensor.mean(axis=0, keepdims=True)
    spread = ((centred**2).mean(axis=0, keepdims=True) + 1.0).sqrt()
    return (centred / spread).data


def linear_layer(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    return (tt.Tensor(x) @ tt.Tensor(weight) + tt.Tensor(bias)).data
