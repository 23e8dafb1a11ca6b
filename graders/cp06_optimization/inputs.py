"""Strategies and helpers that several tests of this checkpoint draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

KINDS = ("SGD", "Adam", "AdamW", "RMSprop")

VALUES = integers(-12, 12).map(lambda number: number / 4)

SLOPES = sampled_from([-2000.0, -3.0, -1.5, -0.5, -0.25, -0.001, 0.001, 0.25, 0.5, 1.0, 2.0, 4.0, 1000.0])
"""Large and small ones: an optimizer that scales by what it has seen shows it. Without 0, of which nothing follows."""

SHAPES = [(), (1,), (3,), (2, 2), (2, 1, 2)]

REFUSED = ("ValueError", "TypeError")

A = np.float32([1, -2, 3])
B = np.float32([[2, -4], [0.5, 8]])
C = np.float32(5)

FULL = {
    "SGD": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"lr": 0.05, "betas": (0.8, 0.95), "eps": 0.01, "weight_decay": 0.1},
    "AdamW": {"lr": 0.05, "betas": (0.8, 0.95), "eps": 0.01, "weight_decay": 0.1},
    "RMSprop": {"lr": 0.05, "alpha": 0.9, "eps": 0.01, "weight_decay": 0.1, "momentum": 0.5},
}
"""Every setting away from its default."""


@st.composite
def walks(draw: Any, steps: int = 4, parameters: int = 3, elements: Any = SLOPES) -> Any:
    """Draw the parameters' first values, and a gradient for each of them in each step."""
    shapes = [draw(sampled_from(SHAPES)) for _ in range(draw(integers(1, parameters)))]
    starts = [draw(tensors(shape=shape, elements=VALUES, layouts=False)) for shape in shapes]
    pushes = [
        [draw(tensors(shape=shape, elements=elements, layouts=False)) for shape in shapes]
        for _ in range(draw(integers(1, steps)))
    ]
    return starts, pushes


def pushes_of(starts: Any, *factors: float) -> Any:
    """Return a gradient for each parameter in each of some steps, no two alike."""
    return [[np.float32((start + number + 1) * factor) for number, start in enumerate(starts)] for factor in factors]
