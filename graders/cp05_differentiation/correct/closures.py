"""A closure for each operation, on the tensor itself; all tensors get a `.grad`; zero_grad leaves zeros."""

# ruff: noqa: C901, D101, D102 -- written as students write: no docstrings, one long function

from contextlib import contextmanager

import numpy as np
from tinytorch.core.tensor import FORWARD, Engine, Tensor, as_array, dispatch, set_engine

Tensor._parents = ()
Tensor._push = None

recording = True


def fit(g, shape):
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1)
    return np.sum(g, axis=axes, keepdims=True).reshape(shape) if g.shape != tuple(shape) else g


def make_push(name, arrays, out, params):
    """Return the function that turns the gradient of `out` into those of the inputs, as functions."""
    x = arrays[0]
    y = arrays[1] if len(arrays) > 1 else None
    axis, keep = params.get("axis"), params.get("keepdims")

    def back(g):
        return g if keep or axis is None else np.expand_dims(g, axis)

    def places():
        return [axis % x.ndim for axis in params["axes"]]

    def picked(g):
        full = np.zeros(x.shape, np.float32)
        np.add.at(full, params["key"], g)
        return full

    def largest(g):
        top = x == x.max(axis=axis, keepdims=True)
        share = top / top.sum(axis=axis, keepdims=True)
        return share * back(g)

    def times_left(g):
        if x.ndim == 1 and y.ndim == 1:
            return g * y
        if y.ndim == 1:
            return g[..., None] * y
        if x.ndim == 1:
            return (y @ g[..., None])[..., 0]
        return g @ y.swapaxes(-1, -2)

    def times_right(g):
        if x.ndim == 1 and y.ndim == 1:
            return g * x
        if y.ndim == 1:
            return (g[..., None] * x).reshape(-1, x.shape[-1]).sum(axis=0)
        if x.ndim == 1:
            return x[:, None] * g[..., None, :]
        return x.swapaxes(-1, -2) @ g

    def bell(g):
        c = np.float32(0.7978845608)
        inner = np.tanh(c * x * (1 + 0.044715 * x * x))
        return g * (0.5 + 0.5 * inner + 0.5 * x * (1 - inner * inner) * c * (1 + 0.134145 * x * x))

    table = {
        "neg": lambda: [lambda g: -g],
        "add": lambda: [lambda g: g, lambda g: g],
        "subtract": lambda: [lambda g: g, lambda g: -g],
        "multiply": lambda: [lambda g: y * g, lambda g: x * g],
        "divide": lambda: [lambda g: g / y, lambda g: -g * out / y],
        "power": lambda: [
            lambda g: g * np.where(y == 0, 0, y * x ** (y - 1)),
            lambda g: g * np.where((x == 0) & (y >= 0), 0, out * np.log(x)),
        ],
        "exp": lambda: [lambda g: g * out],
        "log": lambda: [lambda g: g / x],
        "sqrt": lambda: [lambda g: g / (out + out)],
        "matmul": lambda: [times_left, times_right],
        "sum": lambda: [lambda g: back(g) * np.ones_like(x)],
        "mean": lambda: [lambda g: back(g) * np.ones_like(x) * np.float32(max(out.size, 1) / max(x.size, 1))],
        "max": lambda: [largest],
        "reshape": lambda: [lambda g: g.reshape(x.shape)],
        "transpose": lambda: [lambda g: g.swapaxes(params["dim0"], params["dim1"])],
        "permute": lambda: [lambda g: g.transpose([places().index(axis) for axis in range(x.ndim)])],
        "getitem": lambda: [picked],
        "relu": lambda: [lambda g: g * np.sign(out)],
        "sigmoid": lambda: [lambda g: g * out * (1 - out)],
        "tanh": lambda: [lambda g: g * (1 - out**2)],
        "gelu": lambda: [bell],
        "softmax": lambda: [lambda g: out * (g - np.sum(g * out, axis=params["dim"], keepdims=True))],
        "log_softmax": lambda: [lambda g: g - np.exp(out) * np.sum(g, axis=params["dim"], keepdims=True)],
        "own": lambda: params["call"].slots(len(arrays)),
    }
    return table[name]()


class Closures(Engine):
    def record(self, name, inputs, params, output):
        if not recording or name in ("greater", "less"):
            return
        parents = [value if isinstance(value, Tensor) and value.requires_grad else None for value in inputs]
        if not any(parent is not None for parent in parents):
            return
        arrays = [np.array(as_array(value)) for value in inputs]
        output.requires_grad = True
        output._parents, output._push = parents, make_push(name, arrays, output.data, params)

    def backward(self, tensor, gradient):
        if not tensor.requires_grad:
            raise ValueError("nothing here has requires_grad")
        if gradient is None:
            if tensor.size > 1 or tensor.size == 0:
                raise ValueError(f"give a gradient for shape {tensor.shape}")
            gradient = np.ones(tensor.shape)
        gradient = np.array(as_array(gradient))
        if gradient.shape != tensor.shape:
            raise ValueError(f"{gradient.shape} is not {tensor.shape}")
        flows = {id(tensor): gradient}
        with np.errstate(all="ignore"):
            for node in reversed(sort(tensor)):
                flow = flows.pop(id(node))
                node.grad = np.array(flow if node.grad is None else node.grad + flow, dtype=np.float32)
                for parent, push in zip(node._parents, node._push or (), strict=True):
                    if parent is not None:
                        flows[id(parent)] = flows.get(id(parent), 0) + fit(np.asarray(push(flow)), parent.shape)


def sort(end):
    """Return the graph from leaves to end: depth first, with an iterator for each open node."""
    found, seen, path = [], {id(end)}, [(end, iter(end._parents))]
    while path:
        node, rest = path[-1]
        for parent in rest:
            if parent is not None and id(parent) not in seen:
                seen.add(id(parent))
                path.append((parent, iter(parent._parents)))
                break
        else:
            found.append(node)
            path.pop()
    return found


set_engine(Closures())


@contextmanager
def no_grad():
    global recording
    previous, recording = recording, False
    try:
        yield
    finally:
        recording = previous


def zero_grad(tensor):
    tensor.grad = np.zeros(tensor.shape, dtype=np.float32)


Tensor.zero_grad = zero_grad
FORWARD["own"] = lambda *arrays, call: call.forward(*arrays, **call.settings)


class Function:
    settings = {}  # noqa: RUF012 -- replaced for each call

    def save_for_backward(self, *values):
        self.saved_tensors = values

    @classmethod
    def apply(cls, *inputs, **settings):
        call = cls()
        call.settings = settings
        return dispatch("own", *inputs, call=call)

    def slots(self, many):
        def slot(g, place):
            answer = self.backward(g)
            answer = answer if isinstance(answer, (tuple, list)) else [answer]
            return np.float32(0) * g if answer[place] is None else np.asarray(answer[place])

        return [lambda g, place=place: slot(g, place) for place in range(many)]


def gradcheck(fn, inputs):
    inputs = [Tensor(value, requires_grad=True) for value in inputs]
    out = fn(*inputs)
    v = np.cos(np.arange(out.size)).reshape(out.shape).astype(np.float32) + 2
    out.backward(v)
    good = True
    for tensor in inputs:
        base = tensor.data.copy()
        numeric = np.zeros(base.shape)
        for i in np.ndindex(base.shape):
            for sign in (1, -1):
                tensor.data = base.copy()
                tensor.data[i] += sign * np.float32(0.0078125)
                with no_grad():
                    numeric[i] += sign * np.sum(fn(*inputs).data.astype(float) * v) / 0.015625
        tensor.data = base
        claim = np.zeros(base.shape) if tensor.grad is None else tensor.grad
        good = good and bool(np.all(np.abs(claim - numeric) <= 0.01 + 0.01 * np.abs(numeric)))
    return good
