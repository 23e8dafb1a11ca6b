"""The one table of operations. An entry pairs a forward function with its vector-Jacobian product (VJP).

A forward function takes float32 arrays by position and plain parameters by keyword, and returns an array of
its own or a view of an input (never an input itself):

    @operation("mul")
    def mul(x: Floats, y: Floats) -> Floats:
        return x * y

Module 05 makes it differentiable: one function for each input that a gradient flows back to.

    @vjp("mul", of=0)
    def mul_first(g: Floats, result: Floats, x: Floats, y: Floats) -> Floats:
        return unbroadcast(g * y, x.shape)

`g` has the shape of the result. A VJP gets it, then the result, then what the forward function got, and
returns the product of `g` with the Jacobian of the operation in input number `of`, in that input's shape
(Griewank and Walther, Evaluating Derivatives, chapter 3; the pairing follows HIPS/autograd). It changes no
array that it gets, but may return one of them, or a view. One function an input means that nothing is computed
for inputs that want no gradient: for the first layer of a network that is a third of the work.

Forward functions and VJPs compute in the precision of what they get. That is float32, except where `gradcheck`
asks for float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Forward = Callable[..., Floats]
Vjp = Callable[..., Floats]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, how to compute it, and how gradients flow back to its inputs, by number."""

    name: str
    forward: Forward
    vjps: Mapping[int, Vjp] = field(default_factory=dict)


_operations: dict[str, Operation] = {}


def operation(name: str) -> Callable[[F], F]:
    """Enter the decorated forward function under `name`. Raises ValueError when the name is taken."""

    def enter(forward: F) -> F:
        if name in _operations:
            raise ValueError(f"there is an operation {name!r} already")
        _operations[name] = Operation(name, forward)
        return forward

    return enter


def vjp(name: str, of: int = 0) -> Callable[[F], F]:
    """Enter the decorated function as the VJP of operation `name` for its input number `of`.

    Raises KeyError when there is no such operation, ValueError when it has this VJP already.
    """

    def fill(function: F) -> F:
        entry = find_operation(name)
        if of in entry.vjps:
            raise ValueError(f"operation {name!r} has a vector-Jacobian product for input {of} already")
        _operations[name] = replace(entry, vjps={**entry.vjps, of: function})
        return function

    return fill


def find_operation(name: str) -> Operation:
    """Return the entry of `name`. Raises KeyError that lists the known names."""
    try:
        return _operations[name]
    except KeyError:
        known = ", ".join(sorted(_operations))
        raise KeyError(f"no operation {name!r}; there are: {known}") from None


def operation_names() -> tuple[str, ...]:
    """Return the names of all operations, sorted."""
    return tuple(sorted(_operations))
