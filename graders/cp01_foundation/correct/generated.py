"""The tensor with float64 inside each operation and its operators made in a loop."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import operator

import numpy as np
from tinytorch.core.setup import generator


def _numbers(value):
    if isinstance(value, Tensor):
        return np.float64(value.data)
    try:
        array = np.array(value)
    except ValueError as error:
        raise ValueError(f"not a regular array: {error}") from error
    if (
        array.dtype != bool
        and not np.issubdtype(array.dtype, np.integer)
        and not np.issubdtype(array.dtype, np.floating)
    ):
        raise TypeError(f"cannot make a tensor of {value!r}")
    return array.astype("float64")


def _compute(function, *operands):
    arrays = [_numbers(operand) for operand in operands]
    try:
        return Tensor(function(*arrays))
    except (ValueError, IndexError) as error:
        kind = IndexError if type(error) is IndexError else ValueError
        raise kind(f"{error}; the shapes were {[array.shape for array in arrays]}") from error


class Tensor:
    __array_priority__ = 1000.0

    def __init__(self, data, requires_grad=False):
        self.data = _numbers(data).astype("float32")
        self.requires_grad = requires_grad
        self.grad = None

    def numpy(self):
        return self.data

    def detach(self):
        other = Tensor.__new__(Tensor)
        other.__dict__.update(data=self.data, requires_grad=False, grad=None)
        return other

    def memory_footprint(self):
        return self.data.nbytes

    def item(self):
        if self.data.size != 1:
            raise ValueError("item() of a tensor of shape " + str(self.data.shape))
        return self.data.item()

    def __len__(self):
        return len(self.data)

    def backward(self, gradient=None):
        raise NotImplementedError("backward is a matter of autograd, module 05")

    def transpose(self, dim0=None, dim1=None):
        if dim0 is None:
            dim0, dim1 = (-2, -1) if self.data.ndim > 1 else (0, 0)
        return _compute(lambda x: x.swapaxes(dim0, dim1) if x.ndim else x, self)

    def permute(self, *axes):
        return _compute(lambda x: x.transpose(*axes), self)

    def reshape(self, *shape):
        return _compute(lambda x: x.reshape(*shape), self)

    def __getitem__(self, key):
        return _compute(lambda x: x[key], self)

    @staticmethod
    def zeros(*shape, requires_grad=False):
        return Tensor(np.zeros(_shape(shape)), requires_grad=requires_grad)

    @staticmethod
    def ones(*shape, requires_grad=False):
        return Tensor(np.ones(_shape(shape)), requires_grad=requires_grad)

    @staticmethod
    def randn(*shape, requires_grad=False):
        return Tensor(generator().normal(0.0, 1.0, _shape(shape)), requires_grad=requires_grad)


def _shape(sizes):
    return sizes[0] if sizes and isinstance(sizes[0], tuple | list) else sizes


for _name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
    _function = getattr(operator, _name)
    setattr(Tensor, f"__{_name}__", lambda self, other, f=_function: _compute(f, self, other))
    setattr(Tensor, f"__r{_name}__", lambda self, other, f=_function: _compute(f, other, self))

for _function in (operator.gt, operator.lt):
    setattr(Tensor, f"__{_function.__name__}__", lambda self, other, f=_function: _compute(f, self, other))

for _function in (np.exp, np.log, np.sqrt):
    setattr(Tensor, _function.__name__, lambda self, f=_function: _compute(f, self))

for _name in ("sum", "mean", "max"):

    def _reduce(self, axis=None, keepdims=False, name=_name):
        return _compute(lambda x: getattr(np, name)(x, axis=axis, keepdims=keepdims), self)

    setattr(Tensor, _name, _reduce)

for _name in ("shape", "size", "ndim", "dtype"):
    setattr(Tensor, _name, property(lambda self, name=_name: getattr(self.data, name)))

Tensor.matmul = Tensor.__matmul__
Tensor.__neg__ = lambda self: _compute(operator.neg, self)
Tensor.T = property(Tensor.transpose)
zeros, ones, randn = Tensor.zeros, Tensor.ones, Tensor.randn
