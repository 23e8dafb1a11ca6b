"""Module 01: the tensor, a float32 array with the operations that networks are built from."""

from __future__ import annotations

from collections.abc import Container, Sequence
from copy import deepcopy
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from tinytorch_ref.core.arrays import as_floats, owned, precision
from tinytorch_ref.core.graph import Node, backward, is_recording, node_of
from tinytorch_ref.core.setup import generator
from tinytorch_ref.ops import find_operation
from tinytorch_ref.ops.reductions import Axis
from tinytorch_ref.ops.registry import Floats

Operand = Union["Tensor", float, NDArray[Any]]


def dispatch(name: str, *inputs: Operand, **parameters: Any) -> Tensor:
    """Apply the operation `name` to tensors, numbers and arrays.

    This is the one point that every operation goes through, and where the graph is recorded: a result asks for a
    gradient when an input does, unless inside `no_grad()` or when the operation has none. Computes in float32
    without warnings; the result shares no memory with an input. Raises KeyError for an unknown operation, and what
    its forward function raises.
    """
    operation = find_operation(name)
    arrays = [each.data if isinstance(each, Tensor) else as_floats(each) for each in inputs]
    with np.errstate(all="ignore"):
        value = owned(np.asarray(operation.forward(*arrays, **parameters), dtype=precision()))
    wanted = wanting(inputs, operation.vjps) if is_recording() else None
    if wanted is None:
        return computed(value, None)
    # What backward reads must not change when the caller re-uses an array.
    pairs = zip(inputs, arrays, strict=True)
    arrays = [array.copy() if isinstance(each, np.ndarray) else array for each, array in pairs]
    kept = {key: deepcopy(parameter) for key, parameter in parameters.items()}
    return computed(value, node_of(operation, wanted, arrays, value, kept))


def wanting(inputs: Sequence[Any], places: Container[int]) -> list[Tensor | None] | None:
    """Return the inputs, with None for each that no gradient is wanted for or can flow to.

    Returns None when that is all of them.
    """
    found = [
        each if isinstance(each, Tensor) and each.requires_grad and place in places else None
        for place, each in enumerate(inputs)
    ]
    return None if all(each is None for each in found) else found


def computed(value: Floats, node: Node | None) -> Tensor:
    """Return a tensor around a result, without copying it, that came about as `node` says."""
    result = Tensor.__new__(Tensor)
    result._data, result.requires_grad, result.grad, result._node = value, node is not None, None, node
    return result


class Tensor:
    """`Tensor(data, requires_grad=False)`: float32 numbers in any number of dimensions.

    `data` is a number, nested lists or an array; it is copied. With `requires_grad`, operations on the tensor are
    recorded, and `backward()` of a result adds to `grad` (an array, None before). No result shares memory with what
    it was computed from. Raises ValueError for rows of different lengths, TypeError for what is no number.
    """

    __slots__ = ("_data", "_node", "grad", "requires_grad")
    # An array on the left must leave `array + tensor` to us instead of making an array of objects.
    __array_ufunc__ = None

    _data: Floats
    requires_grad: bool
    grad: Floats | None
    _node: Node | None

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self.data = data
        self.requires_grad = bool(requires_grad)
        self.grad = None
        self._node = None

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
        """Compute the gradients of all leaves that the tensor was computed from, and add them to their `grad`.

        A leaf is a tensor that was made with `requires_grad`. `gradient` is the gradient of the final quantity in
        this tensor, in its shape; 1 by default, for which the tensor must be a single number. May be called again.
        Raises RuntimeError when the tensor asks for no gradient or `gradient` is missing, ValueError when its shape
        differs.
        """
        if not self.requires_grad:
            raise RuntimeError(
                f"backward() of a tensor of shape {self.shape} that asks for no gradient: it was not computed from "
                "tensors with requires_grad=True, or inside no_grad()"
            )
        if gradient is None:
            if self.size != 1:
                raise RuntimeError(
                    f"backward() of a tensor of shape {self.shape} needs a gradient of that shape; "
                    "only a single number has an obvious one"
                )
            backward(self, np.ones_like(self._data))
            return
        given = as_floats(gradient.data if isinstance(gradient, Tensor) else gradient)
        if given.shape != self.shape:
            raise ValueError(f"a gradient of shape {given.shape} for backward() of a tensor of shape {self.shape}")
        backward(self, given)

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None again."""
        self.grad = None

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
