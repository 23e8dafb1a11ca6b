"""Strategies and helpers that several tests of this checkpoint draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tito.grading.authoring import integers, sampled_from, st, tensors

QUARTERS = integers(-8, 8).map(lambda number: number / 4)

LOOSE = {"rtol": 2e-3, "atol": 2e-4}
"""For what went through some steps: a correct program may add in another order, or in float64."""


def _numbers(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@st.composite
def starts(draw: Any) -> Any:
    """Draw the parameters of a network of two layers, 3 to 4 to 3. Shrinking numbers one by one would help nobody."""
    seed = draw(integers(0, 999))
    return [_numbers(4 * seed + place, *shape) / 2 for place, shape in enumerate([(3, 4), (4,), (4, 3), (3,)])]


@st.composite
def examples(draw: Any, count: int) -> Any:
    """Draw `count` examples of three numbers with their classes, 0 to 2; the classes can be learned."""
    seed = draw(integers(0, 999))
    x = _numbers(seed, count, 3)
    return x, np.argmax(x @ _numbers(seed + 1000, 3, 3), axis=1).astype(np.int64).tolist()


@st.composite
def cut(draw: Any, batches: int, equal: bool = False, size: int = 3) -> Any:
    """Draw a number of examples for each batch."""
    if equal:
        return [draw(integers(1, size))] * batches
    return [draw(integers(1, size)) for _ in range(batches)]


def rows(start: Any, data: Any, sizes: Any) -> Any:
    """Return what most scenarios take: parameters, as many examples as the batches have, and the batches' sizes."""
    x, y = data
    return start, x[: sum(sizes)], y[: sum(sizes)], sizes


@st.composite
def gradients(draw: Any) -> Any:
    """Draw gradients of two or three parameters, of unlike lengths, not all of them 0."""
    shapes = draw(st.lists(sampled_from([(), (1,), (3,), (2, 2)]), min_size=2, max_size=3))
    arrays = [draw(tensors(shape=shape, elements=QUARTERS, layouts=False)) for shape in shapes]
    arrays[0] = np.asarray(np.abs(arrays[0]) + np.float32(0.5), dtype=np.float32)
    return [arrays[0], *(np.asarray(array * 4, dtype=np.float32) for array in arrays[1:])]
