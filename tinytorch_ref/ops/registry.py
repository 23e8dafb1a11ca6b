"""The one table of operations. An entry pairs a forward function with its vector-Jacobian product (VJP).

A forward function takes float32 arrays by position and plain parameters by keyword, and returns an array of
its own or a view of an input (never an input itself):

    @operation("mul")
    def mul(x: Floats, y: Floats) -> Floats:
        return x * y

Up to module 04 nothing asks for a derivative, and the slot stays empty. Module 05 fills it, one function an
operation, and changes no forward function:

    @vjp("mul")
    def mul_vjp(g: Floats, result: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        return unbroadcast(g * y, x.shape), unbroadcast(g * x, y.shape)

`g` has the shape of the result. A VJP gets it, then the result, then what the forward function got, and
returns one array for each input, in that input's shape: the product of `g` with the Jacobian of the operation
in that input (Griewank and Walther, Evaluating Derivatives, chapter 3; the pairing follows HIPS/autograd).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Forward = Callable[..., Floats]
Vjp = Callable[..., tuple[Floats, ...]]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, how to compute it, and (from module 05 on) how gradients flow back."""

    name: str
    forward: Forward
    vjp: Vjp | None = None


_operations: dict[str, Operation] = {}


def operation(name: str) -> Callable[[F], F]:
    """Enter the decorated forward function under `name`. Raises ValueError when the name is taken."""

    def enter(forward: F) -> F:
        if name in _operations:
            raise ValueError(f"there is an operation {name!r} already")
        _operations[name] = Operation(name, forward)
        return forward

    return enter


def vjp(name: str) -> Callable[[F], F]:
    """Fill the VJP slot of operation `name` with the decorated function.

    Raises KeyError when there is no such operation, ValueError when its slot is filled.
    """

    def fill(function: F) -> F:
        entry = find_operation(name)
        if entry.vjp is not None:
            raise ValueError(f"operation {name!r} has a vector-Jacobian product already")
        _operations[name] = replace(entry, vjp=function)
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
