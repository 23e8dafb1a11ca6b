"""Strategies that several tests of this checkpoint draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

LINE = np.linspace(-6, 6, 49, dtype=np.float32)
"""Every quarter from -6 to 6: no two right formulas are told apart here, and few wrong ones pass."""

FAR = np.float32([-10000, -1000, -100, 0, 100, 1000, 10000])
LOGITS = np.float32([[2, 1, 0.5], [-1, 3, 0]])
CUBE = (np.arange(24) % 7 - 3).astype(np.float32).reshape(2, 3, 4)

HALVES = integers(-12, 12).map(lambda number: number / 2)
EXTREMES = st.one_of(sampled_from([1e4, -1e4, 1e3, -1e3, 150.0, -150.0, 89.5, -89.5]), HALVES)
"""Numbers up to 10,000 of either sign, those where e**x leaves float32 and small ones among them."""


def small(**limits: Any) -> Any:
    """Draw arrays of halves from -6 to 6 and of other numbers within 8."""
    return tensors(**limits)


def extreme(**limits: Any) -> Any:
    """Draw arrays with numbers up to 10,000 of either sign."""
    return tensors(elements=EXTREMES, **limits)


@st.composite
def with_axis(draw: Any, elements: Any = HALVES, min_dims: int = 1, max_dims: int = 3) -> tuple[Any, int]:
    """Draw an array without empty axes, and one of its axes, counted from either end."""
    x = draw(tensors(min_dims=min_dims, max_dims=max_dims, min_side=1, elements=elements))
    return x, draw(integers(-x.ndim, x.ndim - 1))
