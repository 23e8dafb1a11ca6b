"""Strategies and properties that several tests of this checkpoint share."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

HALVES = integers(-12, 12).map(lambda number: number / 2)
"""Sums and products of these are exact in float32: the order in which a correct program adds does not matter."""

MATRIX = np.float32([[1, 2, 3], [4, 5, 6]])
WEIGHT = np.float32([[1, 0], [0, 1], [1, -1]])
BIAS = np.float32([10, 20])

SEEDS = integers(0, 2**31)
NAMES = sampled_from(["ReLU", "Tanh", "Sigmoid"])


def exact(**limits: Any) -> Any:
    """Draw arrays whose sums and products are exact."""
    return tensors(elements=HALVES, **limits)


def is_floats(value: Any, shape: tuple[int, ...]) -> bool:
    """Return whether a value is a float32 array of a shape."""
    return type(value) is np.ndarray and value.shape == tuple(shape) and value.dtype == np.float32


def numbered(*shape: int) -> Any:
    """Return an array of a shape without zeros, in which all elements differ."""
    count = int(np.prod(shape))
    return (np.arange(1, count + 1, dtype=np.float32) / np.float32(count) + np.float32(0.5)).reshape(shape)


@st.composite
def affine(draw: Any, min_dims: int = 1, with_bias: bool = True) -> tuple[Any, Any, Any]:
    """Draw (x, weight, bias) that fit, x with any number of leading axes."""
    inputs, outputs = draw(integers(1, 4)), draw(integers(1, 4))
    leading = draw(st.lists(integers(0, 3), min_size=min_dims - 1, max_size=2))
    x = draw(exact(shape=(*leading, inputs)))
    weight = draw(exact(shape=(inputs, outputs), layouts=False))
    return x, weight, draw(exact(shape=(outputs,), layouts=False)) if with_bias else None


@st.composite
def networks(draw: Any) -> tuple[Any, list[Any], list[Any], list[str]]:
    """Draw (x, weights, biases, names of activations) of a network of one to three layers."""
    sides = draw(st.lists(integers(1, 4), min_size=2, max_size=4))
    x = draw(exact(shape=(draw(integers(1, 3)), sides[0]), layouts=False))
    weights = [draw(exact(shape=tuple(sides[k : k + 2]), layouts=False)) for k in range(len(sides) - 1)]
    biases = [draw(st.one_of(st.none(), exact(shape=(side,), layouts=False))) for side in sides[1:]]
    return x, weights, biases, [draw(NAMES) for _ in biases]
