"""The tensor without vectorised code: a flat array of Python floats, a shape, and loops."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import array
import itertools
import math
import numbers

import numpy as np
from tinytorch.core.setup import generator


def _product(sides):
    total = 1
    for side in sides:
        total *= side
    return total


def _read(data):
    """Return (shape, numbers) of a number, nested lists, an array or a tensor."""
    if isinstance(data, Tensor):
        return data.shape, list(data._flat)
    if isinstance(data, np.ndarray | np.generic):
        if not (np.issubdtype(data.dtype, np.number) or data.dtype == bool) or np.iscomplexobj(data):
            raise TypeError(f"not an array of numbers: dtype {data.dtype}, shape {data.shape}")
        return tuple(data.shape), [float(value) for value in data.flatten().tolist()]
    if isinstance(data, numbers.Real):
        return (), [float(data)]
    if isinstance(data, list | tuple):
        parts = [_read(part) for part in data]
        shapes = {shape for shape, _ in parts}
        if len(shapes) > 1:
            raise ValueError(f"rows of different shapes: {sorted(shapes)}")
        inner = shapes.pop() if shapes else ()
        return (len(parts), *inner), [number for _, values in parts for number in values]
    raise TypeError(f"a tensor is made of numbers, not of {type(data).__name__}")


def _sides(sizes):
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        sizes = sizes[0]
    for side in sizes:
        if not isinstance(side, int | np.integer):
            raise TypeError(f"sides are integers: {tuple(sizes)}")
    return tuple(int(side) for side in sizes)


def _positions(shape):
    return itertools.product(*(range(side) for side in shape))


def _steps(shape):
    """Return by how much the place in the flat list grows with each index."""
    steps, step = [], 1
    for side in reversed(shape):
        steps.append(step)
        step *= side
    return steps[::-1]


def _broadcast(one, two, what):
    longest = max(len(one), len(two))
    left = (1,) * (longest - len(one)) + one
    right = (1,) * (longest - len(two)) + two
    shape = []
    for mine, theirs in zip(left, right, strict=True):
        if mine != theirs and mine != 1 and theirs != 1:
            raise ValueError(f"{what}: shapes {one} and {two} do not go together")
        shape.append(theirs if mine == 1 else mine)
    return tuple(shape)


def _place(index, shape):
    """Return the place of a broadcast index in the flat list of a smaller shape."""
    own = index[len(index) - len(shape) :]
    pairs = zip(own, shape, _steps(shape), strict=True)
    return sum(step * (0 if side == 1 else i) for i, side, step in pairs)


def _divide(x, y):
    if y != 0 or math.isnan(y):
        return x / y
    if x == 0 or math.isnan(x):
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1, y)


def _power(x, y):
    try:
        result = x**y
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return -math.inf if x < 0 and y % 2 == 1 else math.inf
    return math.nan if isinstance(result, complex) else result


def _exp(x):
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x):
    if x == 0:
        return -math.inf
    return math.log(x) if x > 0 or math.isnan(x) else math.nan


def _sqrt(x):
    return math.sqrt(x) if x >= 0 or math.isnan(x) else math.nan


def _largest(values):
    if not values:
        raise ValueError("the largest of nothing")
    return math.nan if any(math.isnan(value) for value in values) else max(values)


def _mean(values):
    return math.nan if not values else sum(values) / len(values)


class Tensor:
    __array_ufunc__ = None

    def __init__(self, data, requires_grad=False):
        shape, values = _read(data)
        self._set(shape, values)
        self.requires_grad = bool(requires_grad)

    def _set(self, shape, values):
        self.shape = tuple(shape)
        self._flat = array.array("f", values)
        self.requires_grad = False
        self.grad = None

    @classmethod
    def _of(cls, shape, values):
        tensor = cls.__new__(cls)
        tensor._set(shape, values)
        return tensor

    @property
    def data(self):
        return np.array(self._flat, dtype=np.float32).reshape(self.shape)

    @data.setter
    def data(self, value):
        self.shape, values = _read(value)
        self._flat = array.array("f", values)

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: len(self._flat))
    T = property(lambda self: self.transpose())
    dtype = np.dtype(np.float32)

    def numpy(self):
        return self.data

    def __len__(self):
        if not self.shape:
            raise TypeError("a number has no length")
        return self.shape[0]

    def memory_footprint(self):
        return len(self._flat) * self._flat.itemsize

    def item(self):
        if len(self._flat) == 1:
            return self._flat[0]
        raise ValueError(f"one element is needed, shape {self.shape} has {len(self._flat)}")

    def detach(self):
        return Tensor._of(self.shape, self._flat)

    def backward(self, gradient=None):
        raise RuntimeError("wait for module 05, autograd")

    def _with(self, other, function, what, swapped=False):
        shape, values = _read(other)
        together = _broadcast(self.shape, shape, what) if not swapped else _broadcast(shape, self.shape, what)
        result = []
        for index in _positions(together):
            mine, theirs = self._flat[_place(index, self.shape)], values[_place(index, shape)]
            result.append(function(theirs, mine) if swapped else function(mine, theirs))
        return Tensor._of(together, result)

    def _each(self, function):
        return Tensor._of(self.shape, [function(value) for value in self._flat])

    def __add__(self, other):
        return self._with(other, lambda x, y: x + y, "sum")

    def __radd__(self, other):
        return self._with(other, lambda x, y: x + y, "sum", True)

    def __sub__(self, other):
        return self._with(other, lambda x, y: x - y, "difference")

    def __rsub__(self, other):
        return self._with(other, lambda x, y: x - y, "difference", True)

    def __mul__(self, other):
        return self._with(other, lambda x, y: x * y, "product")

    def __rmul__(self, other):
        return self._with(other, lambda x, y: x * y, "product", True)

    def __truediv__(self, other):
        return self._with(other, _divide, "quotient")

    def __rtruediv__(self, other):
        return self._with(other, _divide, "quotient", True)

    def __pow__(self, other):
        return self._with(other, _power, "power")

    def __rpow__(self, other):
        return self._with(other, _power, "power", True)

    def __gt__(self, other):
        return self._with(other, lambda x, y: float(x > y), "comparison")

    def __lt__(self, other):
        return self._with(other, lambda x, y: float(x < y), "comparison")

    def __neg__(self):
        return self._each(lambda x: -x)

    def exp(self):
        return self._each(_exp)

    def log(self):
        return self._each(_log)

    def sqrt(self):
        return self._each(_sqrt)

    def matmul(self, other):
        return _matmul(self, Tensor(other))

    __matmul__ = matmul

    def __rmatmul__(self, other):
        return _matmul(Tensor(other), self)

    def reshape(self, *shape):
        wanted = _sides(shape)
        known = _product(side for side in wanted if side != -1)
        if wanted.count(-1) == 1 and known and self.size % known == 0:
            wanted = tuple(self.size // known if side == -1 else side for side in wanted)
        if min(wanted, default=0) < 0 or _product(wanted) != self.size:
            raise ValueError(f"{self.shape} does not become {tuple(_sides(shape))}")
        return Tensor._of(wanted, self._flat)

    def permute(self, *axes):
        order = [axis + self.ndim if axis < 0 else axis for axis in _sides(axes)]
        if sorted(order) != list(range(self.ndim)):
            raise ValueError(f"axes {order} of a tensor of shape {self.shape}")
        shape = [self.shape[axis] for axis in order]
        steps = _steps(self.shape)
        places = (sum(i * steps[axis] for i, axis in zip(index, order, strict=True)) for index in _positions(shape))
        return Tensor._of(shape, [self._flat[place] for place in places])

    def transpose(self, dim0=None, dim1=None):
        order = list(range(self.ndim))
        if dim0 is None and dim1 is None:
            dim0, dim1 = -2, -1
            if self.ndim < 2:
                return self.detach()
        for dim in (dim0, dim1):
            if dim is None or not -self.ndim <= dim < self.ndim:
                raise ValueError(f"no axis {dim} in shape {self.shape}")
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return self.permute(*order)

    def __getitem__(self, key):
        places = np.arange(self.size).reshape(self.shape)
        try:
            chosen = np.asarray(places[key])
        except IndexError as error:
            raise IndexError(f"{error} (shape {self.shape})") from None
        return Tensor._of(chosen.shape, [self._flat[place] for place in chosen.flatten().tolist()])

    def _fold(self, function, axis, keepdims):
        chosen = range(self.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = set()
        for each in chosen:
            if not -self.ndim <= each < self.ndim or each % self.ndim in axes:
                raise ValueError(f"axis {axis} in shape {self.shape}")
            axes.add(each % self.ndim)
        kept = tuple(1 if axis in axes else side for axis, side in enumerate(self.shape))
        groups = {index: [] for index in _positions(kept)}
        for index, value in zip(_positions(self.shape), self._flat, strict=True):
            groups[tuple(0 if axis in axes else i for axis, i in enumerate(index))].append(value)
        try:
            values = [function(group) for group in groups.values()]
        except ValueError as error:
            raise ValueError(f"{error}: shape {self.shape}, axis {axis}") from None
        gone = tuple(side for axis, side in enumerate(kept) if axis not in axes)
        return Tensor._of(kept if keepdims else gone, values)

    def sum(self, axis=None, keepdims=False):
        return self._fold(sum, axis, keepdims)

    def mean(self, axis=None, keepdims=False):
        return self._fold(_mean, axis, keepdims)

    def max(self, axis=None, keepdims=False):
        return self._fold(_largest, axis, keepdims)


def _matmul(left, right):
    if not left.shape or not right.shape:
        raise ValueError(f"matrix product of shapes {left.shape} and {right.shape}")
    a = (1, *left.shape) if left.ndim == 1 else left.shape
    b = (*right.shape, 1) if right.ndim == 1 else right.shape
    if a[-1] != b[-2]:
        raise ValueError(f"matrix product of shapes {left.shape} and {right.shape}: {a[-1]} is not {b[-2]}")
    try:
        front = _broadcast(a[:-2], b[:-2], "matrix product")
    except ValueError:
        raise ValueError(f"matrix product of shapes {left.shape} and {right.shape}") from None
    values = []
    for index in _positions((*front, a[-2], b[-1])):
        *stack, row, column = index
        start = _place(tuple(stack), a[:-2]) * a[-2] * a[-1] + row * a[-1]
        other = _place(tuple(stack), b[:-2]) * b[-2] * b[-1] + column
        pairs = ((left._flat[start + k], right._flat[other + k * b[-1]]) for k in range(a[-1]))
        values.append(sum(x * y for x, y in pairs))
    shape = list(front)
    if left.ndim > 1:
        shape.append(a[-2])
    if right.ndim > 1:
        shape.append(b[-1])
    return Tensor._of(shape, values)


def _filled(shape, value, requires_grad):
    sides = _sides(shape)
    if min(sides, default=0) < 0:
        raise ValueError(f"negative side in {sides}")
    tensor = Tensor._of(sides, [value] * _product(sides))
    tensor.requires_grad = requires_grad
    return tensor


def zeros(*shape, requires_grad=False):
    return _filled(shape, 0.0, requires_grad)


def ones(*shape, requires_grad=False):
    return _filled(shape, 1.0, requires_grad)


def randn(*shape, requires_grad=False):
    tensor = _filled(shape, 0.0, requires_grad)
    tensor._flat = array.array("f", [generator().normal() for _ in tensor._flat])
    return tensor


Tensor.zeros, Tensor.ones, Tensor.randn = staticmethod(zeros), staticmethod(ones), staticmethod(randn)
