from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import Array, arrays

ALL = [tt.ReLU(), tt.Sigmoid(), tt.Tanh(), tt.GELU(), tt.Softmax(), tt.LogSoftmax()]
each = pytest.mark.parametrize("activation", ALL, ids=repr)

# Exponentials and powers of most of these overflow.
WIDE = st.floats(-(2.0**100), 2.0**100, width=32)


@each
@given(data=st.data())
def test_nothing_overflows_and_shape_and_input_are_kept(activation: Any, data: st.DataObject) -> None:
    x = data.draw(arrays(elements=WIDE, min_dims=1))
    before = x.copy()
    tensor = tt.Tensor(x)
    result = activation(tensor)
    assert type(result) is tt.Tensor
    assert result.shape == x.shape
    assert result.data.dtype == np.float32
    assert not np.isnan(result.data).any()
    assert not np.shares_memory(result.data, tensor.data)
    np.testing.assert_array_equal(tensor.data, before)
    np.testing.assert_array_equal(activation.forward(tensor).data, result.data)


@each
def test_there_is_nothing_to_learn(activation: Any) -> None:
    assert activation.parameters() == []


def test_values_at_the_extremes() -> None:
    x = [-1e4, -100, 0, 100, 1e4]
    assert tt.ReLU()(x).data.tolist() == [0, 0, 0, 100, 1e4]
    assert tt.Sigmoid()([-1e4, 0, 1e4]).data.tolist() == [0, 0.5, 1]
    assert tt.Tanh()(x).data.tolist() == [-1, -1, 0, 1, 1]
    assert tt.GELU()(x).data.tolist() == [0, 0, 0, 100, 1e4]
    assert tt.Softmax()(x).data.tolist() == [0, 0, 0, 0, 1]
    assert tt.LogSoftmax()(x).data.tolist() == [-2e4, -1e4 - 100, -1e4, -1e4 + 100, 0]


@each
def test_not_a_number_is_not_hidden(activation: Any) -> None:
    assert np.isnan(activation([[np.nan, 1.0]]).data[0, 0])


@given(x=arrays(min_dims=1), shift=st.integers(-1000, 1000), data=st.data())
def test_softmax_sums_to_one_and_knows_only_differences(x: Array, shift: int, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    weights = tt.Softmax(dim)(x).data
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=dim), float(x.shape[dim] > 0), rtol=1e-6)
    np.testing.assert_array_equal(tt.Softmax(dim)(x + np.float32(shift)).data, weights)
    np.testing.assert_allclose(np.exp(tt.LogSoftmax(dim)(x).data), weights, rtol=1e-5, atol=1e-7)


@given(x=arrays(min_dims=2))
def test_softmax_along_one_axis_is_softmax_of_each_row(x: Array) -> None:
    by_columns = tt.Softmax(dim=0)(x).data
    for column in np.ndindex(x.shape[1:]):
        np.testing.assert_allclose(
            by_columns[(slice(None), *column)], tt.Softmax()(x[(slice(None), *column)]).data, rtol=1e-6
        )


def test_a_blocked_element_gets_exactly_zero() -> None:
    assert tt.Softmax()([0, -np.inf, 0]).data.tolist() == [0.5, 0, 0.5]


def test_gelu_is_the_tanh_form_and_close_to_the_exact_one() -> None:
    from math import erf, sqrt  # NumPy has no error function

    x = np.linspace(-6, 6, 241, dtype=np.float32)
    exact = np.float32([value * (1 + erf(value / sqrt(2))) / 2 for value in x.tolist()])
    found = tt.GELU()(x).data
    assert np.abs(found - exact).max() < 5e-4
    assert np.abs(found - exact).max() > 1e-4


@pytest.mark.parametrize("activation", [tt.Softmax, tt.LogSoftmax])
@pytest.mark.parametrize("dim", [2, -3, 13])
def test_an_axis_that_is_not_there_is_named_with_the_shape(activation: Any, dim: int) -> None:
    with pytest.raises(ValueError, match=rf"{dim}.*\(2, 3\)"):
        activation(dim)(tt.zeros(2, 3))


def test_an_axis_is_an_integer() -> None:
    with pytest.raises(TypeError, match="integer"):
        tt.Softmax(0.5)(tt.zeros(2))  # type: ignore[arg-type]


@each
def test_what_is_no_number_is_refused(activation: Any) -> None:
    with pytest.raises(TypeError, match="a tensor holds numbers"):
        activation("one")
