"""Values that cross the wire, for Hypothesis, and how to compare them exactly."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tito.sandbox import codec
from tito.sandbox.program import Opaque

arrays = npst.arrays(st.sampled_from(codec.DTYPES), npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
values = st.recursive(
    plain | arrays,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)


def same(a: object, b: object) -> bool:
    """Equal in type, and in every bit that matters: NaN equals NaN, 0.0 is not -0.0, True is not 1."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


def is_closed(value: object) -> bool:
    """Whether the value consists of nothing but the types that may come out of the decoder."""
    if type(value) is list:
        return all(map(is_closed, value))
    if type(value) is dict:
        return all(type(key) is str and is_closed(item) for key, item in value.items())
    if type(value) is np.ndarray:
        return value.dtype in codec.DTYPES and not value.flags.writeable and value.base is not memoryview
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return value is None or type(value) in (bool, float, str, bytes, Opaque)
