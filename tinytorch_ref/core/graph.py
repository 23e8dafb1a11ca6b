"""Module 05's engine: what remembers operations, and walks back over them.

A tensor that was computed from one that asks for a gradient holds a `Node`: the tensors it came from, and how a
gradient flows back to them (its pullback). Nodes point backwards only, so a graph lives exactly as long as
somebody holds its end, and it may be walked more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tinytorch_ref.ops.registry import Floats, Operation

if TYPE_CHECKING:
    from tinytorch_ref.core.tensor import Tensor

Pullback = Callable[[Floats], Sequence[Floats | None]]

_numbers = count()
_recording = True
_watcher: Watcher | None = None


class Watcher(Protocol):
    """Who wants to see a walk: called for each tensor that an operation gave, in the order of the walk.

    `gradient` is the whole gradient of the tensor; `shares` are those of its node's inputs. Neither may be changed.
    """

    def __call__(self, tensor: Tensor, gradient: Floats, shares: Sequence[Floats | None]) -> None:
        """See one step."""


class Node:
    """How one tensor came about.

    `inputs` holds None where no gradient is wanted. `pullback` takes the gradient of the tensor and returns one
    for each input. `number` grows with time: an operation has a larger one than everything that it was computed
    from, so that sorting by it is a topological order. `arrays` and `parameters` are what an operation of the registry
    was computed from; a `Function` has none.
    """

    __slots__ = ("arrays", "inputs", "name", "number", "parameters", "pullback")

    def __init__(
        self,
        name: str,
        inputs: Sequence[Tensor | None],
        pullback: Pullback,
        arrays: Sequence[Floats] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.inputs = tuple(inputs)
        self.pullback = pullback
        self.arrays = arrays
        self.parameters = parameters or {}
        self.number = next(_numbers)


def is_recording() -> bool:
    """Return whether operations are remembered just now."""
    return _recording


@contextmanager
def no_grad() -> Iterator[None]:
    """Remember no operation inside: results ask for no gradient. Nests, ends with an error too, decorates functions."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


def node_of(
    operation: Operation,
    inputs: Sequence[Tensor | None],
    arrays: Sequence[Floats],
    result: Floats,
    parameters: dict[str, Any],
) -> Node:
    """Return the node of an operation of the registry."""

    def pullback(g: Floats) -> list[Floats | None]:
        return [
            None if each is None else operation.vjps[place](g, result, *arrays, **parameters)
            for place, each in enumerate(inputs)
        ]

    return Node(operation.name, inputs, pullback, arrays, parameters)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Show each step of the walks inside to `watcher`: how a grader sees gradients of what lies between the ends."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before


def backward(root: Tensor, gradient: Floats) -> None:
    """Add to each leaf's `grad` the product of `gradient` with the Jacobian of `root` in that leaf.

    Visits each node once, after all that used it: linear in the size of the graph, without recursion. Gradients are
    written at the end, so that an error on the way changes none.
    """
    pending = {id(root): gradient}
    leaves: list[Tensor] = []
    with np.errstate(all="ignore"):
        for tensor in _latest_first(root):
            if tensor._node is None:
                leaves.append(tensor)
                continue
            g = pending.pop(id(tensor), None)
            if g is None:
                continue  # a Function had no gradient for it
            shares = tensor._node.pullback(g)
            if _watcher is not None:
                _watcher(tensor, g, shares)
            for each, share in zip(tensor._node.inputs, shares, strict=True):
                if each is not None and share is not None:
                    before = pending.get(id(each))
                    pending[id(each)] = np.asarray(share if before is None else before + share)
        for leaf in leaves:
            g = pending.get(id(leaf))
            if g is not None:
                leaf.grad = np.array(g if leaf.grad is None else leaf.grad + g, dtype=leaf.dtype)


def _latest_first(root: Tensor) -> list[Tensor]:
    """Return the tensors that a gradient of `root` flows to; each stands before those that it was computed from."""
    seen = {id(root): root}
    waiting = [root]
    while waiting:
        node = waiting.pop()._node
        for each in node.inputs if node is not None else ():
            if each is not None and id(each) not in seen:
                seen[id(each)] = each
                waiting.append(each)
    return sorted(seen.values(), key=_age, reverse=True)


def _age(tensor: Tensor) -> int:
    return -1 if tensor._node is None else tensor._node.number
