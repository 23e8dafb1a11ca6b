"""What the reference does in `backward`, step by step: the trusted half of finding where a gradient goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tito.grading.alone import ASKED_BY

Array = NDArray[Any]
MOST_STEPS = 400
"""Steps of walks that are kept of one scenario; a training loop has more of the same."""
_MOST_NUMBERS = 50_000
"""Elements of one step's arrays: what is larger is no example that a person reads."""


@dataclass(frozen=True)
class Step:
    """One operation in the order of backward. `result` and `inputs` number tensors; None wants no gradient.

    `operands` has no arrays where the operation is a `Function` of the scenario's own.
    """

    walk: int
    operation: str
    result: int
    inputs: tuple[int | None, ...]
    operands: tuple[Array, ...]
    parameters: dict[str, Any]
    gradient: Array
    shares: tuple[Array | None, ...]

    @property
    def asks(self) -> list[bool]:
        """Which operands want a gradient."""
        return [one is not None for one in self.inputs]

    @property
    def can_be_asked(self) -> bool:
        """Whether the operation has a name in API.md, and arrays of a size that is worth a look."""
        numbers = sum(array.size for array in (*self.operands, self.gradient))
        return self.operation in ASKED_BY and len(self.operands) == len(self.inputs) and numbers <= _MOST_NUMBERS


@dataclass
class Walks:
    """Watches the reference; a `Watcher` of tinytorch_ref.core.graph."""

    steps: list[Step] = field(default_factory=list)
    whole: bool = True
    _numbers: dict[int, int] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)  # an object that lives keeps its id
    _walk: int = -1
    _last_age: int = -1
    _reached: set[int] = field(default_factory=set)

    def __call__(self, tensor: Any, gradient: Array, shares: Sequence[Array | None]) -> None:
        """Note one step."""
        node = tensor._node
        # Within a walk they only become older, and each but the first was the input of one before.
        if node.number >= self._last_age or self._number(tensor) not in self._reached:
            self._walk += 1
            self._reached = set()
        self._last_age = node.number
        self._reached |= {self._number(each) for each in node.inputs if each is not None}
        if len(self.steps) >= MOST_STEPS:
            self.whole = False
            return
        self.steps.append(
            Step(
                walk=self._walk,
                operation=node.name,
                result=self._number(tensor),
                inputs=tuple(None if each is None else self._number(each) for each in node.inputs),
                operands=tuple(map(_float32, node.arrays or ())),
                parameters={name: _plain(name, value) for name, value in node.parameters.items()},
                gradient=_float32(gradient),
                shares=tuple(None if share is None else _float32(share) for share in shares),
            )
        )

    def _number(self, tensor: Any) -> int:
        if id(tensor) not in self._numbers:
            self._numbers[id(tensor)] = len(self._kept)
            self._kept.append(tensor)
        return self._numbers[id(tensor)]


def plain_index(index: Any) -> list[Any]:
    """An index in a form that crosses to the sandbox."""
    if isinstance(index, tuple):
        return ["tuple", *map(plain_index, index)]
    if isinstance(index, slice):
        return ["slice", *(None if part is None else int(part) for part in (index.start, index.stop, index.step))]
    if index is Ellipsis:
        return ["..."]
    return ["value", index]


def _plain(name: str, value: Any) -> Any:
    if name == "index":
        return plain_index(value)
    if isinstance(value, tuple | list):
        return [int(part) for part in value]
    return int(value) if isinstance(value, np.integer) else value


def _float32(array: Any) -> Array:
    return np.array(array, dtype=np.float32)
