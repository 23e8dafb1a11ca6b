"""Reductions, shapes and indices against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import ANY_FLOAT, Array, arrays
from tests.tinytorch_ref.test_operators import assert_same


@st.composite
def _reduced(draw: Any) -> tuple[Array, Any, bool]:
    x = draw(arrays(min_dims=1))
    several = hnp.valid_tuple_axes(x.ndim, min_size=1)
    axis = draw(st.one_of(st.none(), st.integers(-x.ndim, x.ndim - 1), several))
    return x, axis, draw(st.booleans())


@given(case=_reduced())
def test_sums_and_means_give_what_numpy_gives(case: tuple[Array, Any, bool]) -> None:
    x, axis, keepdims = case
    assert_same(tt.Tensor(x).sum(axis, keepdims), x.sum(axis=axis, keepdims=keepdims))
    count = x.size / max(x.sum(axis=axis).size, 1) if x.size else 0
    total = x.sum(axis=axis, keepdims=keepdims)
    with np.errstate(all="ignore"):
        assert_same(tt.Tensor(x).mean(axis, keepdims), total / np.float32(count))


@given(case=_reduced())
def test_the_largest_is_numpys_or_is_refused_for_nothing(case: tuple[Array, Any, bool]) -> None:
    x, axis, keepdims = case
    try:
        expected = x.max(axis=axis, keepdims=keepdims)
    except ValueError:
        with pytest.raises(ValueError, match="no elements") as error:
            tt.Tensor(x).max(axis, keepdims)
        assert str(x.shape) in str(error.value)
    else:
        assert_same(tt.Tensor(x).max(axis, keepdims), expected)


@given(x=arrays(elements=ANY_FLOAT, shape=(3, 2)))
def test_infinities_and_nan_go_through_reductions(x: Array) -> None:
    with np.errstate(all="ignore"):
        assert_same(tt.Tensor(x).max(0), x.max(0))
        assert_same(tt.Tensor(x).sum(1), x.sum(1))


@given(x=arrays(), data=st.data())
def test_permute_and_transpose_give_what_numpy_gives(x: Array, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(x.ndim)))
    negative = [axis - x.ndim if data.draw(st.booleans()) else axis for axis in order]
    assert_same(tt.Tensor(x).permute(*negative), x.transpose(order))
    assert_same(tt.Tensor(x).permute(tuple(negative)), x.transpose(order))
    assert_same(tt.Tensor(x).transpose(), np.swapaxes(x, -1, -2) if x.ndim > 1 else x)
    if x.ndim:
        one, two = (data.draw(st.integers(-x.ndim, x.ndim - 1)) for _ in range(2))
        assert_same(tt.Tensor(x).transpose(one, two), np.swapaxes(x, one, two))


@given(x=arrays(), data=st.data())
def test_reshape_keeps_row_major_order(x: Array, data: st.DataObject) -> None:
    sides = list(data.draw(st.permutations(x.shape))) + [1] * data.draw(st.integers(0, 2))
    assert_same(tt.Tensor(x).reshape(*sides), x.reshape(sides))
    if sides and x.size:
        sides[data.draw(st.integers(0, len(sides) - 1))] = -1
        assert_same(tt.Tensor(x).reshape(tuple(sides)), x.reshape(sides))
    assert_same(tt.Tensor(x).reshape(x.size), x.reshape(-1))


@given(x=arrays(min_dims=1), data=st.data())
def test_indices_give_what_numpy_gives(x: Array, data: st.DataObject) -> None:
    basic = hnp.basic_indices(x.shape, allow_newaxis=True)
    mask = hnp.arrays(np.bool_, data.draw(st.sampled_from([x.shape, x.shape[:1]])))
    whole = hnp.integer_array_indices(x.shape) if x.size else basic
    index = data.draw(st.one_of(basic, mask, whole))
    assert_same(tt.Tensor(x)[index], x[index])


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda x: x.sum(3), ["3", "(2, 3, 4)"]),
        (lambda x: x.mean(-4), ["-4", "(2, 3, 4)"]),
        (lambda x: x.max((0, 5)), ["5", "(2, 3, 4)"]),
        (lambda x: x.sum((0, -3)), ["(0, -3)", "(2, 3, 4)"]),
        (lambda x: x.transpose(0, 3), ["3", "(2, 3, 4)"]),
        (lambda x: x.transpose(1), ["1", "(2, 3, 4)"]),
        (lambda x: x.permute(0, 1), ["(0, 1)", "(2, 3, 4)"]),
        (lambda x: x.permute(0, 1, 1), ["(0, 1, 1)", "(2, 3, 4)"]),
        (lambda x: x.reshape(5, 5), ["(5, 5)", "(2, 3, 4)"]),
        (lambda x: x.reshape(-1, -1), ["(-1, -1)", "(2, 3, 4)"]),
        (lambda x: x.reshape(-1, 5), ["(-1, 5)", "(2, 3, 4)"]),
        (lambda x: x.reshape(-2, 12), ["(-2, 12)", "(2, 3, 4)"]),
        (lambda x: x[:0].reshape(-1, 0), ["(-1, 0)", "(0, 3, 4)"]),
    ],
)
def test_wrong_axes_and_shapes_are_named(call: Any, named: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        call(tt.zeros(2, 3, 4))
    assert [text for text in named if text not in str(error.value)] == []


@pytest.mark.parametrize(
    "call",
    [lambda x: x.sum(0.5), lambda x: x.sum("0"), lambda x: x.permute(0.0, 1), lambda x: x.reshape(2.0, 3)],
)
def test_axes_and_sides_are_integers(call: Any) -> None:
    with pytest.raises(TypeError, match=r"\(2, 3\)"):
        call(tt.zeros(2, 3))


@pytest.mark.parametrize("index", [2, (0, 3), [5], np.ones(3, dtype=bool), (0, 0, 0), 0.5])
def test_an_index_that_does_not_fit_names_the_shape(index: Any) -> None:
    with pytest.raises(IndexError, match=r"\(2, 3\)"):
        tt.zeros(2, 3)[index]
