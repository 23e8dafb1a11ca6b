"""The tensor that checks before it computes, loops over positions, and copies every result."""

# ruff: noqa: D101, D102, N802 -- written as students write: no docstrings, and `T` is API.md's name

import copy

import numpy as np
from tinytorch.core.setup import generator

_QUIET = {"divide": "ignore", "invalid": "ignore", "over": "ignore", "under": "ignore"}


class ShapeError(ValueError):
    """Shapes that do not fit."""


def as_values(anything):
    if isinstance(anything, Tensor):
        return anything.data
    if isinstance(anything, str | bytes) or anything is None:
        raise TypeError(f"no numbers: {anything!r}")
    values = np.asarray(anything)
    if values.dtype.kind == "O" or values.dtype.kind not in "?bBiuf":
        raise TypeError(f"no numbers: {values.dtype} of shape {values.shape}")
    return values.astype(np.float32)


def elementwise(function, left, right):
    left, right = as_values(left), as_values(right)
    try:
        shape = np.broadcast_shapes(left.shape, right.shape)
    except ValueError:
        raise ShapeError(f"cannot broadcast {left.shape} with {right.shape}") from None
    left, right = np.broadcast_to(left, shape), np.broadcast_to(right, shape)
    result = np.empty(shape, dtype=np.float32)
    with np.errstate(**_QUIET):
        for position in np.ndindex(shape):
            result[position] = function(left[position], right[position])
    return finished(result)


def finished(values):
    return Tensor(copy.deepcopy(values))


def product(left, right):
    left, right = as_values(left), as_values(right)
    if not left.ndim or not right.ndim or left.shape[-1] != right.shape[-2 if right.ndim > 1 else 0]:
        raise ShapeError(f"no matrix product of {left.shape} and {right.shape}")
    rows = left if left.ndim > 1 else left[None, :]
    columns = right if right.ndim > 1 else right[:, None]
    try:
        stack = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    except ValueError:
        raise ShapeError(f"no matrix product of {left.shape} and {right.shape}") from None
    rows = np.broadcast_to(rows, stack + rows.shape[-2:])
    columns = np.broadcast_to(columns, stack + columns.shape[-2:])
    result = (rows[..., :, :, None] * columns[..., None, :, :]).sum(axis=-2)
    if right.ndim == 1:
        result = result[..., 0]
    if left.ndim == 1:
        result = result[..., 0] if right.ndim == 1 else result[..., 0, :]
    return finished(result)


class Tensor:
    __array_ufunc__ = None
    __slots__ = ("_grad", "_values", "requires_grad")

    def __init__(self, data, requires_grad=False):
        self._values = np.array(as_values(data), dtype=np.float32)
        self._grad = None
        self.requires_grad = bool(requires_grad)

    @property
    def data(self):
        return self._values

    @data.setter
    def data(self, values):
        self._values = np.array(as_values(values), dtype=np.float32)

    @property
    def grad(self):
        return self._grad

    @property
    def shape(self):
        return tuple(len(np.moveaxis(self._values, axis, 0)) for axis in range(self._values.ndim))

    @property
    def ndim(self):
        return np.ndim(self._values)

    @property
    def size(self):
        return int(np.size(self._values))

    @property
    def dtype(self):
        return np.dtype("float32")

    @property
    def T(self):
        return self.transpose()

    def __len__(self):
        if self.ndim:
            return self.shape[0]
        raise TypeError("len() of a tensor of shape ()")

    def __add__(self, other):
        return elementwise(np.add, self, other)

    def __radd__(self, other):
        return elementwise(np.add, other, self)

    def __sub__(self, other):
        return elementwise(np.subtract, self, other)

    def __rsub__(self, other):
        return -(self - other)

    def __mul__(self, other):
        return elementwise(np.multiply, self, other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return elementwise(np.divide, self, other)

    def __rtruediv__(self, other):
        return elementwise(np.divide, other, self)

    def __pow__(self, other):
        return elementwise(np.power, self, other)

    def __rpow__(self, other):
        return elementwise(np.power, other, self)

    def __matmul__(self, other):
        return product(self, other)

    def __rmatmul__(self, other):
        return product(other, self)

    def matmul(self, other):
        return self @ other

    def __gt__(self, other):
        return elementwise(np.greater, self, other)

    def __lt__(self, other):
        return elementwise(np.less, self, other)

    def __neg__(self):
        return self * -1

    def exp(self):
        with np.errstate(**_QUIET):
            return finished(np.exp(self._values))

    def log(self):
        with np.errstate(**_QUIET):
            return finished(np.log(self._values))

    def sqrt(self):
        return self**0.5 if not np.isneginf(self._values).any() else self._sqrt()

    def _sqrt(self):
        with np.errstate(**_QUIET):
            return finished(np.sqrt(self._values))

    def __getitem__(self, key):
        try:
            return finished(self._values[key])
        except IndexError as error:
            raise IndexError(f"shape {self.shape}: {error}") from None

    def _moved(self, axis):
        """Return the values with the axes to reduce as one last axis, and which axes these are."""
        axes = tuple(range(self.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if any(not -self.ndim <= each < self.ndim for each in axes):
            raise ShapeError(f"axis {axis} for shape {self.shape}")
        axes = tuple(each % self.ndim for each in axes)
        rest = [each for each in range(self.ndim) if each not in axes]
        count = int(np.prod([self.shape[each] for each in axes], dtype=int))
        sides = [self.shape[each] for each in rest]
        return self._values.transpose(*rest, *axes).reshape(*sides, count), axes

    def _folded(self, function, axis, keepdims):
        values, axes = self._moved(axis)
        with np.errstate(**_QUIET):
            result = function(values)
        if keepdims:
            result = result.reshape([1 if n in axes else side for n, side in enumerate(self.shape)])
        return finished(result)

    def sum(self, axis=None, keepdims=False):
        return self._folded(lambda values: values.sum(axis=-1), axis, keepdims)

    def mean(self, axis=None, keepdims=False):
        return self._folded(lambda values: values.sum(axis=-1) / np.float32(values.shape[-1]), axis, keepdims)

    def max(self, axis=None, keepdims=False):
        if self._moved(axis)[0].shape[-1] == 0:
            raise ShapeError(f"nothing to take the largest of: shape {self.shape}")
        return self._folded(lambda values: np.sort(values, axis=-1)[..., -1], axis, keepdims)

    def reshape(self, *shape):
        shape = one_tuple(shape)
        try:
            return finished(np.fromiter(self._values.flat, np.float32).reshape(shape))
        except ValueError:
            raise ShapeError(f"from {self.shape} to {shape}") from None

    def transpose(self, dim0=None, dim1=None):
        if dim0 is None and self.ndim < 2:
            return finished(self._values)
        dim0, dim1 = (-1, -2) if dim0 is None else (dim0, dim1)
        if not all(-self.ndim <= dim < self.ndim for dim in (dim0, dim1)):
            raise ShapeError(f"axes {dim0} and {dim1} of shape {self.shape}")
        order = list(range(self.ndim))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return self.permute(*order)

    def permute(self, *axes):
        axes = one_tuple(axes)
        if (
            sorted(axis % max(self.ndim, 1) for axis in axes) != list(range(self.ndim))
            or max(axes, default=0) >= self.ndim > 0
        ):
            raise ShapeError(f"axes {axes} of shape {self.shape}")
        return finished(np.moveaxis(self._values, axes, range(self.ndim)))

    def numpy(self):
        return self._values

    def item(self):
        if self.size == 1:
            return self._values.tolist() if self.ndim == 0 else self[(0,) * self.ndim].item()
        raise ShapeError(f"{self.size} numbers in shape {self.shape}, one is needed")

    def detach(self):
        other = Tensor(0)
        other._values = self._values
        return other

    def memory_footprint(self):
        return len(self._values.tobytes())

    def backward(self, gradient=None):
        raise RuntimeError("Gradients come with module 05.")


def one_tuple(sizes):
    sizes = tuple(sizes[0]) if len(sizes) == 1 and not np.isscalar(sizes[0]) else tuple(sizes)
    if any(int(size) != size for size in sizes):
        raise TypeError(f"integers, please: {sizes}")
    return sizes


def _made(maker):
    def make(*shape, requires_grad=False):
        return Tensor(maker(one_tuple(shape)), requires_grad)

    return make


zeros = _made(np.zeros)
ones = _made(np.ones)
randn = _made(lambda shape: generator().standard_normal(shape))
Tensor.zeros, Tensor.ones, Tensor.randn = staticmethod(zeros), staticmethod(ones), staticmethod(randn)
