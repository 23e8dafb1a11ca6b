"""Hypothesis strategies for arrays: small shapes that shrink well, with the sizes 0 and 1 that break broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

Floats = NDArray[np.float32]
T = TypeVar("T")

# Halves are exact in float32, print short and shrink towards 0; arbitrary floats are mixed in for the rest.
_HALVES: SearchStrategy[float] = st.integers(-12, 12).map(lambda half: half / 2)
_ELEMENTS: SearchStrategy[float] = st.one_of(_HALVES, st.floats(-8, 8, width=32, allow_subnormal=False), _HALVES)


def scalars(low: float = -8, high: float = 8) -> SearchStrategy[float]:
    """Python floats within `low..high`, mostly halves; each is exact in float32."""
    halves = st.integers(int(2 * low), int(2 * high)).map(lambda half: half / 2)
    return st.one_of(halves, st.floats(low, high, width=32, allow_subnormal=False))


def integers(low: int, high: int) -> SearchStrategy[int]:
    """Integers from `low` to `high`, both included."""
    return st.integers(low, high)


def sampled_from(values: Sequence[T]) -> SearchStrategy[T]:
    """One of `values`; shrinks towards the first."""
    return st.sampled_from(values)


def shapes(
    min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 4
) -> SearchStrategy[tuple[int, ...]]:
    """Shapes of `min_dims..max_dims` dimensions, each of `min_side..max_side`."""
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


@st.composite
def tensors(
    draw: Any,
    min_dims: int = 0,
    max_dims: int = 3,
    min_side: int = 0,
    max_side: int = 4,
    elements: SearchStrategy[float] | None = None,
    shape: SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None,
    layouts: bool = True,
) -> Floats:
    """float32 arrays. With `layouts`, some lie in memory in another order or with gaps, which the wire keeps."""
    chosen = draw(shapes(min_dims, max_dims, min_side, max_side)) if shape is None else shape
    if isinstance(chosen, SearchStrategy):
        chosen = draw(chosen)
    array: Floats = draw(hnp.arrays(np.float32, chosen, elements=elements or _ELEMENTS, fill=st.nothing()))
    layout = draw(st.sampled_from(("as it is", "columns first", "gaps"))) if layouts and array.ndim else "as it is"
    if layout == "columns first":
        return np.asfortranarray(array)
    if layout == "gaps":
        return np.repeat(array, 2, axis=-1)[..., ::2]
    return array


def broadcastable(
    count: int = 2, max_dims: int = 3, min_side: int = 0, max_side: int = 3
) -> SearchStrategy[tuple[Floats, ...]]:
    """Tuples of `count` float32 arrays whose shapes broadcast together, sizes 0 and 1 included."""
    together = hnp.mutually_broadcastable_shapes(
        num_shapes=count, min_dims=0, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return together.flatmap(
        lambda drawn: st.tuples(*(tensors(shape=shape, layouts=False) for shape in drawn.input_shapes))
    )
