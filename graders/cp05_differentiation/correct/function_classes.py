"""A Function class for each operation, as in PyTorch; the walk counts how many messages each node still waits for."""

# ruff: noqa: D101, D102 -- written as students write: no docstrings

import numpy as np
from tinytorch.core import tensor as base
from tinytorch.core.tensor import Engine, Tensor, as_array, set_engine, wrap


class Function:
    def __init__(self, inputs=(), params=None):
        self.inputs = inputs
        self.params = params or {}
        self.saved_tensors = ()

    def save_for_backward(self, *values):
        self.saved_tensors = values

    def forward(self, *arrays, **params):
        raise ValueError("write a forward")

    def backward(self, gradient):
        raise ValueError("write a backward")

    @classmethod
    def apply(cls, *inputs, **params):
        node = cls()
        arrays = [np.array(as_array(each)) for each in inputs]
        output = wrap(np.array(node.forward(*arrays, **params)))
        attach(node, inputs, output)
        return output


def attach(node, inputs, output):
    node.inputs = [each if isinstance(each, Tensor) and each.requires_grad else None for each in inputs]
    node.shapes = [np.shape(as_array(each)) for each in inputs]
    if no_grad.depth == 0 and any(each is not None for each in node.inputs):
        output.requires_grad = True
        output.grad_fn = node


class Broadcasting(Function):
    """Sums what broadcasting stretched; the subclass gives what would be right without it."""

    def backward(self, gradient):
        shares = self.raw(gradient)
        return tuple(map(shrink, shares, self.shapes))


def shrink(share, shape):
    share = np.asarray(share)
    lead = share.ndim - len(shape)
    share = (
        share.reshape(-1, *share.shape[lead:]).sum(axis=0)
        if lead and share.size
        else share.sum(axis=tuple(range(lead)))
    )
    for axis in range(len(shape)):
        if shape[axis] == 1:
            share = share.sum(axis=axis, keepdims=True)
    return share


class AddBackward(Broadcasting):
    def raw(self, g):
        return g, g


class SubtractBackward(Broadcasting):
    def raw(self, g):
        return g, np.negative(g)


class MultiplyBackward(Broadcasting):
    def raw(self, g):
        a, b = self.saved_tensors
        return np.multiply(g, b), np.multiply(g, a)


class DivideBackward(Broadcasting):
    def raw(self, g):
        a, b = self.saved_tensors
        q = g / b
        return q, -q * a / b


class PowerBackward(Broadcasting):
    def raw(self, g):
        a, b = self.saved_tensors
        to_a = b * np.power(a, b - 1)
        to_a[np.broadcast_to(b == 0, to_a.shape)] = 0
        to_b = np.power(a, b) * np.log(a)
        to_b[np.broadcast_to((a == 0) & (b >= 0), to_b.shape)] = 0
        return g * to_a, g * to_b

    def backward(self, g):
        a, b = self.saved_tensors
        self.saved_tensors = tuple(np.atleast_1d(each) for each in (a, b))
        shares = self.raw(np.atleast_1d(g))
        self.saved_tensors = a, b
        return tuple(shrink(share, shape) for share, shape in zip(shares, self.shapes, strict=True))


class NegBackward(Function):
    def backward(self, g):
        return -g


class ExpBackward(Function):
    def backward(self, g):
        return self.result * g


class LogBackward(Function):
    def backward(self, g):
        return np.divide(g, self.saved_tensors[0])


class SqrtBackward(Function):
    def backward(self, g):
        return np.divide(g, 2 * self.result)


class MatmulBackward(Broadcasting):
    def backward(self, g):
        a, b = self.saved_tensors
        left, right = np.atleast_2d(a), b[:, None] if b.ndim == 1 else b
        g = np.asarray(g)
        g = g[..., None] if b.ndim == 1 else g
        g = np.expand_dims(g, -2) if a.ndim == 1 else g
        to_left, to_right = g @ np.moveaxis(right, -1, -2), np.moveaxis(left, -1, -2) @ g
        return shrink(to_left, left.shape).reshape(a.shape), shrink(to_right, right.shape).reshape(b.shape)


def unfold(g, x, axis):
    kept = np.sum(x, axis=axis, keepdims=True).shape
    return np.broadcast_to(np.reshape(g, kept), x.shape)


class SumBackward(Function):
    def backward(self, g):
        return unfold(g, self.saved_tensors[0], self.params["axis"])


class MeanBackward(SumBackward):
    def backward(self, g):
        whole = self.saved_tensors[0].size
        return super().backward(g) * np.float32(self.result.size / whole) if whole else super().backward(g)


class MaxBackward(Function):
    def backward(self, g):
        x, axis = self.saved_tensors[0], self.params["axis"]
        won = x == unfold(self.result, x, axis)
        return won * unfold(g, x, axis) / unfold(won.sum(axis=axis), x, axis)


class ReshapeBackward(Function):
    def backward(self, g):
        return np.reshape(g, self.shapes[0])


class TransposeBackward(Function):
    def backward(self, g):
        return np.swapaxes(g, self.params["dim0"], self.params["dim1"])


class PermuteBackward(Function):
    def backward(self, g):
        back = [0] * g.ndim
        for place, axis in enumerate(self.params["axes"]):
            back[axis] = place
        return g.transpose(back)


class GetitemBackward(Function):
    def backward(self, g):
        full = np.zeros(self.shapes[0])
        np.add.at(full, self.params["key"], g)
        return full


class ReluBackward(Function):
    def backward(self, g):
        g = np.array(g)
        g[self.saved_tensors[0] <= 0] = 0
        return g


class SigmoidBackward(Function):
    def backward(self, g):
        return self.result * g - self.result * self.result * g


class TanhBackward(Function):
    def backward(self, g):
        return g - g * self.result**2


class GeluBackward(Function):
    def backward(self, g):
        x = self.saved_tensors[0]
        c = np.sqrt(2 / np.pi)
        t = np.tanh(c * (x + 0.044715 * x**3))
        slope = (1 + t) / 2 + (1 - t**2) * (c * x / 2 + 3 * 0.044715 * c * x**3 / 2)
        return g * np.where(np.abs(x) > 20, x > 0, slope)


class SoftmaxBackward(Function):
    def backward(self, g):
        p, dim = np.moveaxis(self.result, self.params["dim"], -1), self.params["dim"]
        g = np.moveaxis(g, dim, -1)
        return np.moveaxis(p * (g - np.einsum("...i,...i->...", g, p)[..., None]), -1, dim)


class LogSoftmaxBackward(Function):
    def backward(self, g):
        p = np.exp(self.result)
        return g - p * g.sum(axis=self.params["dim"], keepdims=True)


KINDS = {
    "log_softmax": LogSoftmaxBackward,
    **{
        kind.__name__.removesuffix("Backward").lower(): kind
        for kind in [*Broadcasting.__subclasses__(), *Function.__subclasses__(), MeanBackward]
    },
}


class no_grad:  # noqa: N801 -- a name of the contract
    depth = 0

    def __enter__(self):
        no_grad.depth += 1
        return self

    def __exit__(self, kind, error, trace):
        no_grad.depth -= 1
        return False


def node_of(tensor):
    return tensor.__dict__.get("grad_fn")


class GraphEngine(Engine):
    def record(self, name, inputs, params, output):
        if name not in KINDS:
            return
        node = KINDS[name](params=params)
        node.result = output.data
        attach(node, inputs, output)
        if output.requires_grad:
            node.save_for_backward(*(np.array(as_array(each)) for each in inputs))

    def backward(self, tensor, gradient):
        if not tensor.requires_grad:
            raise TypeError("requires_grad is False")
        if gradient is None:
            if tensor.size != 1:
                raise TypeError(f"shape {tensor.shape} needs a gradient")
            gradient = np.ones(tensor.shape)
        gradient = as_array(gradient)
        if gradient.shape != tensor.shape:
            raise TypeError(f"shapes {gradient.shape} and {tensor.shape} differ")
        with np.errstate(all="ignore"):
            run(tensor, gradient)


def run(tensor, gradient):
    waiting, todo = {}, [tensor]
    while todo:
        node = node_of(todo.pop())
        for source in node.inputs if node else ():
            if source is not None:
                waiting[id(source)] = waiting.get(id(source), 0) + 1
                if waiting[id(source)] == 1:
                    todo.append(source)
    total, ready = {id(tensor): gradient}, [tensor]
    while ready:
        current = ready.pop()
        node, g = node_of(current), total.pop(id(current))
        if node is None:
            current.grad = (np.zeros(current.shape) if current.grad is None else current.grad) + g
            current.grad = np.array(current.grad, dtype=np.float32)
            continue
        shares = node.backward(np.asarray(g, dtype=np.float32))
        shares = shares if isinstance(shares, (tuple, list)) else (shares,)
        for source, share in zip(node.inputs, shares, strict=True):
            if source is None:
                continue
            share = np.zeros(source.shape) if share is None else share
            total[id(source)] = total.get(id(source), 0) + np.asarray(share)
            waiting[id(source)] -= 1
            if waiting[id(source)] == 0:
                ready.append(source)


set_engine(GraphEngine())


def zero_grad(self):
    self.grad = None


base.Tensor.zero_grad = zero_grad


def gradcheck(fn, inputs, step=1 / 64):
    inputs = [Tensor(each, requires_grad=True) for each in inputs]
    result = fn(*inputs)
    for place in np.ndindex(result.shape):
        chosen = np.zeros(result.shape)
        chosen[place] = 1
        for each in inputs:
            each.zero_grad()
        result.backward(chosen)
        for each in inputs:
            for spot in np.ndindex(each.shape):
                kept = each.data[spot]
                sides = []
                with no_grad():
                    for here in (kept + step, kept - step):
                        each.data[spot] = here
                        sides.append(float(fn(*inputs).data[place]))
                each.data[spot] = kept
                wanted = (sides[0] - sides[1]) / (2 * step)
                found = 0.0 if each.grad is None else float(each.grad[spot])
                if not abs(wanted - found) < 0.02 * (1 + abs(wanted)):
                    return False
    return True
