"""Strategies that several tests of this checkpoint draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

HALVES = integers(-12, 12).map(lambda number: number / 2)
EXTREMES = st.one_of(sampled_from([1e4, -1e4, 1e3, -1e3, 150.0, -150.0, 89.5, -89.5]), HALVES)
PROBABILITIES = st.one_of(integers(1, 15).map(lambda k: k / 16), st.floats(0.0234375, 0.9765625, width=32))
LABELS = sampled_from([0.0, 1.0])

LOGITS = np.float32([[2, 1, 0.5], [-1, 3, 0]])
WORDS = (np.arange(24) % 7 - 3).astype(np.float32).reshape(2, 3, 4)
PLACES = np.array([[0, 3, 1], [2, 2, 0]])


def classes(*numbers: int) -> Any:
    """Return targets."""
    return np.array(numbers, dtype=np.int64)


def long_sides(*shapes: tuple[int, ...]) -> list[str]:
    """Return the two-digit sides as text: an error that names the shapes holds them, however it writes a shape."""
    return [str(side) for shape in shapes for side in shape if side > 9]


@st.composite
def pairs(draw: Any, first: Any = HALVES, second: Any = HALVES, **limits: Any) -> tuple[Any, Any]:
    """Draw predictions and targets of one shape."""
    x = draw(tensors(elements=first, min_side=1, **limits))
    return x, draw(tensors(elements=second, shape=x.shape))


@st.composite
def batches(draw: Any, leading: int = 1, elements: Any = HALVES, min_classes: int = 2) -> tuple[Any, Any]:
    """Draw logits of `leading` axes and the classes, and targets that fit."""
    shape = tuple(draw(st.lists(integers(1, 4), min_size=leading, max_size=leading)))
    logits = draw(tensors(elements=elements, shape=(*shape, draw(integers(min_classes, 5)))))
    count = int(np.prod(shape))
    targets = draw(st.lists(integers(0, logits.shape[-1] - 1), min_size=count, max_size=count))
    return logits, np.array(targets, dtype=np.int64).reshape(shape)


@st.composite
def with_axis(draw: Any, elements: Any = HALVES) -> tuple[Any, int]:
    """Draw an array of two or three axes, none empty, and one of its axes, counted from either end."""
    x = draw(tensors(min_dims=2, max_dims=3, min_side=1, elements=elements))
    return x, draw(integers(-x.ndim, x.ndim - 1))
