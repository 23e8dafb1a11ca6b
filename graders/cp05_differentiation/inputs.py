"""Strategies and helpers that several tests of this checkpoint draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

HALVES = integers(-12, 12).map(lambda number: number / 2)
"""Sums and products of these are exact in float32: the order in which a correct program adds does not matter."""

POSITIVE = integers(2, 12).map(lambda number: number / 4)

SMOOTH = integers(-11, 11).map(lambda number: number / 4 + 0.125)
"""No zeros: nothing here lies on a corner."""

MATRIX = np.float32([[1, 2, 3], [4, 5, 6]])
ROW = np.float32([10, 20, 30])
COLUMN = np.float32([[100], [200]])
CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
REFUSED = ("ValueError", "TypeError", "RuntimeError")

_MESSAGE = np.float32([1, -2, 0.5, 3, -1.5, 4, 0.25, -3, 2.5, -0.5, 5])


def message(shape: Any) -> Any:
    """Return a gradient for a result of `shape`, whose elements differ, so that a wrong place is seen."""
    return np.resize(_MESSAGE, int(np.prod(shape, dtype=np.int64))).reshape(tuple(shape)).astype(np.float32)


def message_for(*arrays: Any) -> Any:
    """Return a gradient for what comes of operands that broadcast together."""
    return message(np.broadcast_shapes(*(array.shape for array in arrays)))


def exact(**limits: Any) -> Any:
    """Draw arrays whose sums and products are exact."""
    return tensors(elements=HALVES, **limits)


def smooth(**limits: Any) -> Any:
    """Draw arrays without zeros."""
    return tensors(elements=SMOOTH, **limits)


def positive(**limits: Any) -> Any:
    """Draw arrays of positive numbers."""
    return tensors(elements=POSITIVE, **limits)


@st.composite
def pairs(draw: Any, elements: Any = SMOOTH, min_side: int = 1, max_side: int = 3) -> Any:
    """Draw two arrays whose shapes broadcast: equal ones, ones with an axis of size 1 or missing on either side."""
    shape = draw(st.lists(integers(min_side, max_side), min_size=1, max_size=3))
    shapes = []
    for _ in range(2):
        own = [1 if draw(st.booleans()) else side for side in shape]
        shapes.append(tuple(own[draw(integers(0, len(own))) :] if draw(st.booleans()) else own))
    return tuple(draw(tensors(shape=each, elements=elements)) for each in shapes)


@st.composite
def distinct(draw: Any, dims: int = 3, max_side: int = 4) -> Any:
    """Draw an array of whole numbers, no two equal, in any order."""
    shape = [draw(integers(1, max_side)) for _ in range(dims)]
    count = int(np.prod(shape))
    return np.float32(draw(st.permutations(range(count)))).reshape(shape) - np.float32(draw(integers(0, count)))


@st.composite
def reductions(draw: Any, several: bool = False) -> Any:
    """Draw an axis of three (or several of them, or None) and whether to keep it."""
    if several:
        return draw(sampled_from([(0, 1), (0, 2), (-1, 0), (1, -1), (0, 1, 2)])), draw(st.booleans())
    return draw(sampled_from([0, 1, 2, -1, -2, -3, None])), draw(st.booleans())


@st.composite
def factors(draw: Any, kind: str = "matrices") -> Any:
    """Draw two operands of a matrix product: matrices, one vector at least, or a stack of matrices."""
    m, k, n, s = (draw(integers(1, 3)) for _ in range(4))
    choice = {
        "matrices": [((m, k), (k, n))],
        "vectors": [((k,), (k,)), ((m, k), (k,)), ((k,), (k, n))],
        "stacks": [
            ((s, m, k), (k, n)),
            ((s, m, k), (s, k, n)),
            ((m, k), (s, k, n)),
            ((2, 1, m, k), (s, k, n)),
            ((s, m, k), (1, k, n)),
            ((s, m, k), (k,)),
            ((k,), (s, k, n)),
        ],
    }
    left, right = draw(sampled_from(choice[kind]))
    return draw(exact(shape=left)), draw(exact(shape=right))


@st.composite
def weights(draw: Any) -> Any:
    """Draw the parameters of a network of two layers, 3 to 4 to 3."""
    shapes = [(3, 4), (4,), (4, 3), (3,)]
    return [draw(tensors(shape=shape, elements=SMOOTH, layouts=False)) / 4 for shape in shapes]
