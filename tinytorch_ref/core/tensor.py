"""Module 01: the tensor, a float32 array with the operations that networks are built from."""

from __future__ import annotations

from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from tinytorch_ref.core.arrays import as_floats, owned
from tinytorch_ref.core.setup import generator
from tinytorch_ref.ops import find_operation
from tinytorch_ref.ops.reductions import Axis
from tinytorch_ref.ops.registry import Floats

Operand = Union["Tensor", float, NDArray[Any]]


def dispatch(name: str, *inputs: Operand, **parameters: Any) -> Tensor:
    """Apply the operation `name` to tensors, numbers and arrays.

    This is the one point that every operation goes through, and where module 05 records the graph. Computes
    in float32 without warnings; the result shares no memory with an input. Raises KeyError for an unknown
    operation, and what its forward function raises.
    """
    arrays = [each.data if isinstance(each, Tensor) else as_floats(each) for each in inputs]
    with np.errstate(all="ignore"):
        value = np.asarray(find_operation(name).forward(*arrays, **parameters), dtype=np.float32)
    result = Tensor.__new__(Tensor)
    result._data, result.requires_grad, result.grad = owned(value), False, None
    return result


class Tensor:
    """`Tensor(data, requires_grad=False)`: float32 numbers in any number of dimensions.

    `data` is a number, nested lists or an array; it is copied. `requires_grad` is kept for module 05, until
    which `grad` stays None. No result shares memory with what it was computed from. Raises ValueError for
    rows of different lengths, TypeError for what is no number.
    """

    __slots__ = ("_data", "grad", "requires_grad")
    # An array on the left must leave `array + tensor` to us instead of making an array of objects.
    __array_ufunc__ = None

    _data: Floats
    requires_grad: bool
    grad: Floats | None

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self.data = data
        self.requires_grad = bool(requires_grad)
        self.grad = None

    @property
    def data(self) -> Floats:
        """The elements. Changing the array in place changes the tensor; assigning copies."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = as_floats(data.data if isinstance(data, Tensor) else data, copy=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; `()` for a single number."""
        return self._data.shape

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """float32, always."""
        return self._data.dtype

    @property
    def T(self) -> Tensor:  # noqa: N802 -- API.md's name, as in NumPy
        """The last two axes swapped: `(m, n)` gives `(n, m)`."""
        return self.transpose()

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a tensor of shape () is a single number and has no length")
        return len(self._data)

    def __repr__(self) -> str:
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({np.array2string(self._data, separator=', ', prefix='Tensor(')}{grad})"

    def numpy(self) -> Floats:
        """Return the elements as an array of the caller's own."""
        return self._data.copy()

    def item(self) -> float:
        """Return the only element as a Python number. Raises ValueError when there is not exactly one."""
        if self.size != 1:
            raise ValueError(f"item() needs exactly one element; shape {self.shape} has {self.size}")
        return float(self._data.item())

    def detach(self) -> Tensor:
        """Return the same values as a tensor that asks for no gradient."""
        return Tensor(self._data)

    def memory_footprint(self) -> int:
        """Return the number of bytes that the elements take."""
        return self._data.nbytes

    def backward(self, gradient: Operand | None = None) -> None:
        """Raise RuntimeError: gradients are module 05's subject."""
        raise RuntimeError("backward() comes with module 05 (autograd); until then tensors record no operations")

    # Arithmetic, with a number or an array on either side. Shapes that do not broadcast raise ValueError.

    def __add__(self, other: Operand) -> Tensor:
        return dispatch("add", self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return dispatch("add", other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return dispatch("sub", self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return dispatch("sub", other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return dispatch("mul", self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return dispatch("mul", other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return dispatch("div", self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return dispatch("div", other, self)

    def __pow__(self, other: Operand) -> Tensor:
        return dispatch("pow", self, other)

    def __rpow__(self, other: Operand) -> Tensor:
        return dispatch("pow", other, self)

    def __matmul__(self, other: Operand) -> Tensor:
        return dispatch("matmul", self, other)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return dispatch("matmul", other, self)

    def __neg__(self) -> Tensor:
        return dispatch("neg", self)

    def __gt__(self, other: Operand) -> Tensor:  # type: ignore[misc]  # an array defers: `a > t` is `t < a`
        return dispatch("greater", self, other)

    def __lt__(self, other: Operand) -> Tensor:  # type: ignore[misc]  # likewise
        return dispatch("less", self, other)

    def matmul(self, other: Operand) -> Tensor:
        """Return `self @ other`: `(..., m, k)` times `(..., k, n)` is `(..., m, n)`. Raises ValueError."""
        return dispatch("matmul", self, other)

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        return dispatch("exp", self)

    def log(self) -> Tensor:
        """Return natural logarithms: -inf at 0, NaN below."""
        return dispatch("log", self)

    def sqrt(self) -> Tensor:
        """Return square roots: NaN below 0."""
        return dispatch("sqrt", self)

    # Shape and elements.

    def __getitem__(self, index: Any) -> Tensor:
        return dispatch("getitem", self, index=index)

    def reshape(self, *shape: Any) -> Tensor:
        """Return the elements in row-major order in `shape`, where one dimension may be -1.

        Raises ValueError.
        """
        return dispatch("reshape", self, shape=_unpacked(shape))

    def transpose(self, dim0: int | None = None, dim1: int | None = None) -> Tensor:
        """Return the tensor with two axes swapped, by default the last two. Raises ValueError."""
        return dispatch("transpose", self, dim0=dim0, dim1=dim1)

    def permute(self, *axes: Any) -> Tensor:
        """Return the tensor whose axis `i` is this one's axis `axes[i]`. Raises ValueError."""
        return dispatch("permute", self, axes=_unpacked(axes))

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return sums over `axis` (all by default; one or several). Raises ValueError."""
        return dispatch("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return means over `axis` (all by default; one or several). Raises ValueError."""
        return dispatch("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return the largest elements along `axis` (all by default; one or several). Raises ValueError."""
        return dispatch("max", self, axis=axis, keepdims=keepdims)

    # Making tensors.

    @staticmethod
    def zeros(*shape: Any, requires_grad: bool = False) -> Tensor:
        """Return a tensor of zeros of `shape`."""
        return Tensor(np.zeros(_unpacked(shape), dtype=np.float32), requires_grad)

    @staticmethod
    def ones(*shape: Any, requires_grad: bool = False) -> Tensor:
        """Return a tensor of ones of `shape`."""
        return Tensor(np.ones(_unpacked(shape), dtype=np.float32), requires_grad)

    @staticmethod
    def randn(*shape: Any, requires_grad: bool = False) -> Tensor:
        """Return draws from the normal distribution of mean 0 and variance 1, by the package's generator."""
        return Tensor(generator().standard_normal(_unpacked(shape), dtype=np.float32), requires_grad)


def _unpacked(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return `(2, 3)` for the arguments of both `f(2, 3)` and `f((2, 3))`."""
    if len(arguments) == 1 and isinstance(arguments[0], tuple | list):
        return tuple(arguments[0])
    return arguments


zeros = Tensor.zeros
ones = Tensor.ones
randn = Tensor.randn
