"""Strategies that several tests of this checkpoint draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

HALVES = integers(-12, 12).map(lambda number: number / 2)
"""Sums and products of these are exact in float32: the order in which a correct program adds does not matter."""

POSITIVE = integers(1, 32).map(lambda number: number / 4)

EDGES = sampled_from([0.0, 1.0, -1.0, float("inf"), float("-inf"), float("nan"), -0.0, 2.5])

MATRIX = np.float32([[1, 2, 3], [4, 5, 6]])
ROW = np.float32([10, 20, 30])
COLUMN = np.float32([[100], [200]])
SQUARE = np.float32([[1, 2], [3, 4]])
CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
NOTHING = np.zeros((0, 3), dtype=np.float32)


def exact(**limits: Any) -> Any:
    """Draw arrays whose sums and products are exact."""
    return tensors(elements=HALVES, **limits)


def filled(shape: tuple[int, ...]) -> Any:
    """Return an array for a test in which only its shape matters."""
    return np.ones(shape, dtype=np.float32)


def long_sides(*shapes: tuple[int, ...]) -> list[str]:
    """Return the two-digit sides as text: an error that names the shapes holds them, however it writes a shape."""
    return [str(side) for shape in shapes for side in shape if side > 9]


@st.composite
def numbered(draw: Any, min_dims: int = 1, max_dims: int = 3, min_side: int = 1, max_side: int = 4) -> Any:
    """Draw an array of consecutive numbers: all differ, so an element in a wrong place is always seen."""
    shape = draw(st.lists(integers(min_side, max_side), min_size=min_dims, max_size=max_dims))
    count = int(np.prod(shape, dtype=np.int64))
    array = np.arange(count, dtype=np.float32).reshape(shape) + np.float32(draw(integers(-9, 9)))
    return np.asfortranarray(array) if array.ndim > 1 and draw(st.booleans()) else array


@st.composite
def factors(draw: Any, min_side: int = 0) -> Any:
    """Draw two matrices whose product exists."""
    rows, inner, columns = (draw(integers(min_side, 4)) for _ in range(3))
    return draw(exact(shape=(rows, inner))), draw(exact(shape=(inner, columns)))


@st.composite
def factors_with_vector(draw: Any) -> Any:
    """Draw factors of which one at least is a vector."""
    rows, inner, columns = (draw(integers(1, 4)) for _ in range(3))
    choice = [((inner,), (inner,)), ((rows, inner), (inner,)), ((inner,), (inner, columns))]
    left, right = draw(sampled_from(choice))
    return draw(exact(shape=left)), draw(exact(shape=right))


@st.composite
def stacked_factors(draw: Any) -> Any:
    """Draw factors of which one at least is a stack of matrices."""
    rows, inner, columns, stack = (draw(integers(1, 3)) for _ in range(4))
    choice = [
        ((stack, rows, inner), (inner, columns)),
        ((stack, rows, inner), (stack, inner, columns)),
        ((rows, inner), (stack, inner, columns)),
        ((2, 1, rows, inner), (stack, inner, columns)),
        ((stack, rows, inner), (inner,)),
    ]
    left, right = draw(sampled_from(choice))
    return draw(exact(shape=left)), draw(exact(shape=right))
