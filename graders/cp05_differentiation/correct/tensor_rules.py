"""Rules written with tensors, through the same door that computes forward; `.grad` is a tensor."""

# ruff: noqa: ARG001, ARG005, D101, D102 -- written as students write; rules all take the same

from contextlib import contextmanager

import numpy as np
from tinytorch.core.tensor import FORWARD, Engine, Tensor, as_array, dispatch, set_engine

STATE = {"on": True, "next": 0}


def constant(array):
    return Tensor(np.asarray(array, dtype=np.float32))


def summed_to(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, side in enumerate(shape):
        if side == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def as_matrix(t, column):
    return t if t.ndim > 1 else t.reshape(-1, 1) if column else t.reshape(1, -1)


def through_matmul(g, out, a, b):
    left, right = as_matrix(a, False), as_matrix(b, True)
    lead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    g = g.reshape(*lead, left.shape[-2], right.shape[-1])
    to_left, to_right = g @ right.transpose(), left.transpose() @ g
    return (
        summed_to(to_left, left.shape).reshape(*a.shape),
        summed_to(to_right, right.shape).reshape(*b.shape),
    )


def opened(g, a, axis):
    return g.reshape(*np.sum(a.data, axis=axis, keepdims=True).shape) + constant(np.zeros(a.shape))


def through_mean(g, out, a, axis, keepdims):
    return (opened(g, a, axis) * (out.size / max(a.size, 1) or 1),)


def through_max(g, out, a, axis, keepdims):
    top = constant(a.data == np.max(a.data, axis=axis, keepdims=True))
    return (opened(g, a, axis) * top / top.sum(axis=axis, keepdims=True),)


def through_permute(g, out, a, axes):
    places = [axis % a.ndim for axis in axes]
    return (g.permute(*(places.index(axis) for axis in range(a.ndim))),)


def through_getitem(g, out, a, key):
    """One row of zeros and ones for each picked number, and a matrix product."""
    where = np.arange(a.size).reshape(a.shape)[key].reshape(-1)
    chooser = constant(where[None, :] == np.arange(a.size)[:, None])
    return ((chooser @ g.reshape(-1, 1) if where.size else constant(np.zeros((a.size, 1)))).reshape(*a.shape),)


def through_power(g, out, a, b):
    to_a = b * a ** (b - 1)
    to_b = out * a.log()
    to_a.data = np.where(b.data == 0, 0, to_a.data).astype(np.float32)
    to_b.data = np.where((a.data == 0) & (b.data >= 0), 0, to_b.data).astype(np.float32)
    return g * to_a, g * to_b


def through_gelu(g, out, a):
    c = float(np.sqrt(2 / np.pi))
    t = constant(np.tanh((c * (a + 0.044715 * a * a * a)).data))
    return (g * (0.5 * (1 + t) + 0.5 * a * (1 - t * t) * (c * (1 + 0.134145 * a * a))),)


THROUGH = {
    "neg": lambda g, out, a: (-g,),
    "add": lambda g, out, a, b: (g, g),
    "subtract": lambda g, out, a, b: (g, -g),
    "multiply": lambda g, out, a, b: (g * b, g * a),
    "divide": lambda g, out, a, b: (g / b, -g * out / b),
    "power": through_power,
    "exp": lambda g, out, a: (g * out,),
    "log": lambda g, out, a: (g / a,),
    "sqrt": lambda g, out, a: (g / (2 * out),),
    "matmul": through_matmul,
    "sum": lambda g, out, a, axis, keepdims: (opened(g, a, axis),),
    "mean": through_mean,
    "max": through_max,
    "reshape": lambda g, out, a, shape: (g.reshape(*a.shape),),
    "transpose": lambda g, out, a, dim0, dim1: (g.transpose(dim0, dim1),),
    "permute": through_permute,
    "getitem": through_getitem,
    "relu": lambda g, out, a: (g * (a > 0),),
    "sigmoid": lambda g, out, a: (g * out * (1 - out),),
    "tanh": lambda g, out, a: (g * (1 - out * out),),
    "gelu": through_gelu,
    "softmax": lambda g, out, a, dim: (out * (g - (g * out).sum(axis=dim, keepdims=True)),),
    "log_softmax": lambda g, out, a, dim: (g - out.exp() * g.sum(axis=dim, keepdims=True),),
}


class Link:
    def __init__(self, name, inputs, params, output):
        self.number, STATE["next"] = STATE["next"], STATE["next"] + 1
        self.name, self.params = name, params
        self.sources = [each if getattr(each, "requires_grad", False) is True else None for each in inputs]
        self.values = [constant(as_array(each)) for each in inputs]
        self.output = constant(output.data)

    def shares(self, g):
        shares = THROUGH[self.name](g, self.output, *self.values, **self.params)
        for source, share, value in zip(self.sources, shares, self.values, strict=True):
            if source is not None and share is not None:
                yield source, summed_to(share, value.shape)


class Linked(Engine):
    def record(self, name, inputs, params, output):
        if STATE["on"] and name in THROUGH and any(getattr(each, "requires_grad", False) for each in inputs):
            output.requires_grad = True
            output.link = Link(name, inputs, params, output)

    def backward(self, tensor, gradient):
        if not tensor.requires_grad or (gradient is None and tensor.size != 1):
            raise ValueError(f"backward() of shape {tensor.shape} needs requires_grad and a gradient")
        start = constant(np.ones(tensor.shape) if gradient is None else as_array(gradient))
        if start.shape != tensor.shape:
            raise ValueError(f"the gradient has shape {start.shape}, the tensor {tensor.shape}")
        with no_grad():
            self.walk(tensor, start)

    def walk(self, tensor, start):
        everybody, stack = {id(tensor): tensor}, [tensor]
        while stack:
            link = getattr(stack.pop(), "link", None)
            for source in link.sources if link else []:
                if source is not None and id(source) not in everybody:
                    everybody[id(source)] = source
                    stack.append(source)
        messages = {id(tensor): start}
        links = sorted((each for each in everybody.values() if hasattr(each, "link")), key=lambda t: -t.link.number)
        for each in links:
            if id(each) in messages:
                for source, share in each.link.shares(messages.pop(id(each))):
                    known = messages.get(id(source))
                    messages[id(source)] = share if known is None else known + share
        for key, message in messages.items():
            leaf = everybody[key]
            leaf.grad = constant(message.data) if leaf.grad is None else leaf.grad + message


set_engine(Linked())


@contextmanager
def no_grad():
    before, STATE["on"] = STATE["on"], False
    try:
        yield
    finally:
        STATE["on"] = before


def zero_grad(self):
    self.grad = None


Tensor.zero_grad = zero_grad


def through_own(g, out, *values, call, settings):
    shares = call.backward(g.data)
    shares = shares if isinstance(shares, (list, tuple)) else [shares]
    return [None if share is None else constant(share) for share in shares]


THROUGH["own"] = through_own
FORWARD["own"] = lambda *arrays, call, settings: call.forward(*arrays, **settings)


class Function:
    def save_for_backward(self, *values):
        self.saved_tensors = values

    @classmethod
    def apply(cls, *inputs, **settings):
        return dispatch("own", *inputs, call=cls(), settings=settings)


def gradcheck(fn, inputs):
    points = [Tensor(each.data, requires_grad=True) for each in inputs]
    out = fn(*points)
    v = np.sqrt(1 + np.arange(out.size, dtype=np.float32)).reshape(out.shape)
    out.backward(v)
    for number, point in enumerate(points):
        direction = [np.eye(point.size)[k].reshape(point.shape) / 50 for k in range(point.size)]
        for k, move in enumerate(direction):
            ends = []
            for sign in (1, -1):
                moved = [each.data + sign * move if i == number else each.data for i, each in enumerate(points)]
                with no_grad():
                    ends.append(float((fn(*map(Tensor, moved)).data * v).sum(dtype=np.float64)))
            slope = 25 * (ends[0] - ends[1])
            claim = 0.0 if point.grad is None else float(point.grad.data.reshape(-1)[k])
            if abs(slope - claim) > 0.02 + 0.02 * abs(slope):
                return False
    return True
