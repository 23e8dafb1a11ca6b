"""Arrays as programs meet them: any small shape, sizes 0 and 1, and memory in any order."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

Array = np.ndarray[Any, Any]

# Quarters within +-8: sums and products of a few are exact in float32, in whichever order they are added.
QUARTERS = st.integers(-32, 32).map(lambda number: number / 4)
ANY_FLOAT = st.floats(width=32)


@st.composite
def arrays(
    draw: Any,
    shape: Any = None,
    elements: st.SearchStrategy[float] = QUARTERS,
    min_dims: int = 0,
) -> Array:
    """Draw a float32 array: contiguous, with permuted strides, a strided view, or reversed."""
    chosen = draw(hnp.array_shapes(min_dims=min_dims, max_dims=4, min_side=0, max_side=3)) if shape is None else shape
    axes = draw(st.permutations(range(len(chosen))))
    doubled = tuple(2 * chosen[axis] for axis in axes)
    step = draw(st.sampled_from([1, 2, -1]))
    sides = doubled if step == 2 else tuple(chosen[axis] for axis in axes)
    base = draw(hnp.arrays(np.float32, sides, elements=elements, fill=st.nothing()))
    view = base[(slice(None, None, step),) * base.ndim] if base.ndim else base
    array = view.transpose(np.argsort(axes)) if base.ndim else view
    assert array.shape == tuple(chosen)
    return array


@st.composite
def broadcast_pairs(draw: Any, elements: st.SearchStrategy[float] = QUARTERS) -> tuple[Array, Array]:
    """Draw two arrays whose shapes broadcast together."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=4))
    x, y = (draw(arrays(shape=shape, elements=elements)) for shape in shapes.input_shapes)
    return x, y
