"""A tape of numbered entries, walked with a heap; one function per input; ties to the first; float64 inside."""

# ruff: noqa: ARG001, ARG005, D101, D102 -- written as students write; rules all take the same

import heapq
from itertools import count

import numpy as np
from tinytorch.core.tensor import FORWARD, Engine, Tensor, as_array, dispatch, set_engine, wrap


class Entry:
    def __init__(self, number, name, inputs, arrays, result, params):
        self.number, self.name, self.inputs = number, name, inputs
        self.arrays, self.result, self.params = arrays, result, params


def wide(value):
    return np.array(as_array(value), dtype=np.float64)


def expand(reduced, x, axis, keepdims):
    if not keepdims:
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = {each % x.ndim for each in axes} if x.ndim else set()
        reduced = reduced.reshape([1 if place in axes else side for place, side in enumerate(x.shape)])
    return reduced + np.zeros_like(x)


def max_rule(g, r, x, axis, keepdims):
    if axis is None or isinstance(axis, tuple):
        moved = tuple(range(x.ndim)) if axis is None else axis
        rest = [each for each in range(x.ndim) if each not in {one % x.ndim for one in moved}]
        order = [*rest, *(one % x.ndim for one in moved)]
        flat = x.transpose(order).reshape([*(x.shape[each] for each in rest), -1])
        spread = np.zeros_like(flat)
        first = flat.argmax(axis=-1)[..., None]
        np.put_along_axis(spread, first, np.reshape(g, first.shape), axis=-1)
        return spread.reshape([x.shape[each] for each in order]).transpose(np.argsort(order))
    spread = np.zeros_like(x)
    first = np.expand_dims(x.argmax(axis=axis), axis)
    np.put_along_axis(spread, first, g if keepdims else np.expand_dims(g, axis), axis=axis)
    return spread


def pick_rule(g, r, x, key):
    counted = np.arange(x.size).reshape(x.shape)[key]
    return np.bincount(counted.ravel(), weights=g.ravel(), minlength=x.size).reshape(x.shape)


def matrix_pair(g, x, y):
    columns = y.reshape(-1, 1) if y.ndim == 1 else y
    rows = x.reshape(1, -1) if x.ndim == 1 else x
    leads = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    return rows, columns, g.reshape(*leads, rows.shape[-2], columns.shape[-1])


def left_rule(g, r, x, y):
    rows, columns, g = matrix_pair(g, x, y)
    return fold(np.einsum("...mn,...kn->...mk", g, columns), rows.shape).reshape(x.shape)


def right_rule(g, r, x, y):
    rows, columns, g = matrix_pair(g, x, y)
    return fold(np.einsum("...mk,...mn->...kn", rows, g), columns.shape).reshape(y.shape)


def gelu_rule(g, r, x):
    c, k = np.sqrt(2 / np.pi), 0.044715
    t = np.tanh(c * (x + k * x**3))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * k * x**2))


RULES = {
    "neg": [lambda g, r, x: -g],
    "add": [lambda g, r, x, y: g, lambda g, r, x, y: g],
    "subtract": [lambda g, r, x, y: g, lambda g, r, x, y: -g],
    "multiply": [lambda g, r, x, y: g * y, lambda g, r, x, y: g * x],
    "divide": [lambda g, r, x, y: g / y, lambda g, r, x, y: -g * x / y / y],
    "power": [
        lambda g, r, x, y: g * np.where(y == 0, 0.0, y * np.power(x, np.where(y == 0, 1.0, y - 1))),
        lambda g, r, x, y: g * r * np.log(np.where((x == 0) & (y >= 0), 1.0, x)),
    ],
    "exp": [lambda g, r, x: g * np.exp(x)],
    "log": [lambda g, r, x: g / x],
    "sqrt": [lambda g, r, x: 0.5 * g / np.sqrt(x)],
    "matmul": [left_rule, right_rule],
    "sum": [lambda g, r, x, axis, keepdims: expand(g, x, axis, keepdims)],
    "mean": [lambda g, r, x, axis, keepdims: expand(g, x, axis, keepdims) * (max(r.size, 1) / max(x.size, 1))],
    "max": [max_rule],
    "reshape": [lambda g, r, x, shape: g.reshape(x.shape)],
    "transpose": [lambda g, r, x, dim0, dim1: np.swapaxes(g, dim1, dim0)],
    "permute": [lambda g, r, x, axes: np.moveaxis(g, list(range(x.ndim)), list(axes))],
    "getitem": [pick_rule],
    "relu": [lambda g, r, x: np.where(x > 0, g, 0)],
    "sigmoid": [lambda g, r, x: g * r * (1 - r)],
    "tanh": [lambda g, r, x: g * (1 - r) * (1 + r)],
    "gelu": [gelu_rule],
    "softmax": [lambda g, r, x, dim: r * g - r * (r * g).sum(axis=dim, keepdims=True)],
    "log_softmax": [lambda g, r, x, dim: g - np.exp(r) * g.sum(axis=dim, keepdims=True)],
}


def fold(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, side in enumerate(shape):
        if side == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


class Tape(Engine):
    numbers = count()
    paused = 0

    def record(self, name, inputs, params, output):
        asking = [each if getattr(each, "requires_grad", False) else None for each in inputs]
        if self.paused or name not in RULES or all(each is None for each in asking):
            return
        output.requires_grad = True
        arrays = [wide(each) for each in inputs]
        output.entry = Entry(next(self.numbers), name, asking, arrays, output.data.astype(np.float64), params)

    def backward(self, tensor, gradient):
        if not tensor.requires_grad:
            raise RuntimeError("this tensor does not require a gradient")
        if gradient is None and tensor.size != 1:
            raise RuntimeError(f"shape {tensor.shape} is not a single number: pass a gradient")
        start = np.ones(tensor.shape) if gradient is None else wide(gradient)
        if start.shape != tensor.shape:
            raise RuntimeError(f"gradient {start.shape} for {tensor.shape}")
        sums, leaves, heap = {id(tensor): start}, [], []
        self.meet(tensor, heap, leaves)
        with np.errstate(all="ignore"):
            while heap:
                tensor = heapq.heappop(heap)[2]
                entry, g = tensor.entry, sums.pop(id(tensor))
                for source, rule, array in zip(entry.inputs, RULES[entry.name], entry.arrays, strict=False):
                    if source is None:
                        continue
                    if id(source) not in sums:
                        sums[id(source)] = 0.0
                        self.meet(source, heap, leaves)
                    share = fold(np.asarray(rule(g, entry.result, *entry.arrays, **entry.params)), array.shape)
                    sums[id(source)] = sums[id(source)] + share
        for leaf in leaves:
            g = np.asarray(sums[id(leaf)], dtype=np.float32)
            leaf.grad = wrap(g.copy() if leaf.grad is None else leaf.grad.data + g)

    @staticmethod
    def meet(tensor, heap, leaves):
        entry = getattr(tensor, "entry", None)
        if entry is None:
            leaves.append(tensor)
        else:
            heapq.heappush(heap, (-entry.number, id(tensor), tensor))


tape = Tape()
set_engine(tape)


def zero_grad(self):
    self.grad = None


Tensor.zero_grad = zero_grad


class no_grad:  # noqa: N801 -- a name of the contract
    def __enter__(self):
        tape.paused += 1

    def __exit__(self, *error):
        tape.paused -= 1


class Function:
    def save_for_backward(self, *values):
        self.saved_tensors = values

    @classmethod
    def apply(cls, *inputs, **params):
        call = cls()
        name = f"{cls.__name__} {id(call)}"
        FORWARD[name] = lambda *arrays: call.forward(*arrays, **params)
        RULES[name] = [lambda g, r, *arrays, place=place: call.share(g, place, arrays) for place in range(len(inputs))]
        return dispatch(name, *inputs)

    def share(self, g, place, arrays):
        answer = self.backward(g.astype(np.float32))
        answer = answer if isinstance(answer, tuple) else (answer,)
        return np.zeros(arrays[place].shape) if answer[place] is None else as_array(answer[place])


def gradcheck(fn, inputs, eps=0.01, tolerance=0.02):
    points = [Tensor(each, requires_grad=True) for each in inputs]
    result = fn(*points)
    weights = np.random.default_rng(3).uniform(0.5, 2, result.shape)
    result.backward(weights)
    with no_grad():
        for point in points:
            for place in np.ndindex(point.shape):
                here = point.data[place]
                point.data[place] = here + eps
                up = (fn(*points).data * weights).sum()
                point.data[place] = here - eps
                down = (fn(*points).data * weights).sum()
                point.data[place] = here
                slope = (up - down) / (2 * eps)
                found = 0.0 if point.grad is None else float(point.grad.data[place])
                if abs(found - slope) > tolerance * max(1.0, abs(slope)):
                    return False
    return True
