"""The tensor on NumPy's own protocol: operators from a mixin, one method for all ufuncs."""

# ruff: noqa: D101, D102, N802 -- written as students write: no docstrings, and `T` is API.md's name

import numpy as np
import tinytorch.core.setup as setup
from numpy.lib.mixins import NDArrayOperatorsMixin


class Tensor(NDArrayOperatorsMixin):
    def __init__(self, data, requires_grad=False):
        self.data = np.array(_plain(data), dtype=np.float32, order="C")
        self.requires_grad = requires_grad
        self.grad = None

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method not in ("__call__", "reduce"):
            return NotImplemented
        arrays = [np.asarray(_plain(value), dtype=np.float32) for value in inputs]
        shapes = " and ".join(str(array.shape) for array in arrays)
        if ufunc is np.matmul and 0 in (arrays[0].ndim, arrays[1].ndim):
            raise ValueError(f"matmul of shapes {shapes}")
        try:
            return Tensor(getattr(ufunc, method)(*arrays, **options))
        except ValueError as error:
            raise ValueError(f"{ufunc.__name__} of shapes {shapes}: {error}") from error

    def exp(self):
        return np.exp(self)

    def log(self):
        return np.log(self)

    def sqrt(self):
        return np.sqrt(self)

    def matmul(self, other):
        return np.matmul(self, other)

    def sum(self, axis=None, keepdims=False):
        return np.add.reduce(self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return np.maximum.reduce(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return self.sum(axis, keepdims) / np.ones_like(self.data).sum(axis=axis, keepdims=keepdims)

    def permute(self, *axes):
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        letters = [chr(ord("a") + place) for place in range(self.ndim)]
        try:
            if len(order) != self.ndim:
                raise ValueError("each axis once")
            target = "".join(letters[axis] for axis in order)
            return Tensor(np.einsum("".join(letters) + "->" + target, self.data))
        except (ValueError, IndexError) as error:
            raise ValueError(f"axes {order} for shape {self.shape}") from error

    def transpose(self, dim0=None, dim1=None):
        axes = list(range(self.ndim))
        if dim0 is not None or self.ndim > 1:
            first, second = (-2, -1) if dim0 is None else (dim0, dim1)
            try:
                axes[first], axes[second] = axes[second], axes[first]
            except IndexError:
                raise ValueError(f"shape {self.shape} lacks axis {first} or {second}") from None
        return self.permute(*axes) if axes else Tensor(self)

    @property
    def T(self):
        return self.transpose()

    def reshape(self, *shape):
        try:
            return Tensor(np.ascontiguousarray(self.data).reshape(*shape))
        except ValueError as error:
            raise ValueError(f"{error} (its shape is {self.shape})") from error

    def __getitem__(self, key):
        try:
            return Tensor(self.data[key])
        except IndexError as error:
            raise IndexError(f"{error} (shape {self.shape})") from error

    def __len__(self):
        return self.data.__len__()

    @property
    def shape(self):
        return self.data.shape

    @property
    def size(self):
        return np.prod(self.data.shape, dtype=int)

    @property
    def ndim(self):
        return len(self.data.shape)

    @property
    def dtype(self):
        return self.data.dtype

    def numpy(self):
        return self.data.copy()

    def item(self):
        (value,) = self._only()
        return float(value)

    def _only(self):
        if self.size != 1:
            raise ValueError(f"shape {self.shape} does not hold exactly one number")
        return self.data.ravel()

    def detach(self):
        return Tensor(self.data)

    def memory_footprint(self):
        return memoryview(np.ascontiguousarray(self.data)).nbytes

    def backward(self, gradient=None):
        raise AttributeError("no gradients before module 05 (autograd)")


def _plain(value):
    if isinstance(value, Tensor):
        return value.data
    array = np.asarray(value)
    if array.dtype.kind in "OUScV":
        raise TypeError(f"{array.dtype} is no type of numbers (shape {array.shape})")
    return array


def zeros(*shape, requires_grad=False):
    return full(shape, 0, requires_grad)


def ones(*shape, requires_grad=False):
    return full(shape, 1, requires_grad)


def full(shape, value, requires_grad):
    if len(shape) == 1 and not isinstance(shape[0], int):
        (shape,) = shape
    return Tensor(np.full(shape, value), requires_grad)


def randn(*shape, requires_grad=False):
    empty = full(shape, 0, requires_grad)
    setup.generator().standard_normal(dtype=np.float32, out=empty.data)
    return empty


for function in (zeros, ones, randn):
    setattr(Tensor, function.__name__, staticmethod(function))
