from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import ANY_FLOAT, Array, arrays


@given(x=arrays(elements=ANY_FLOAT))
def test_a_tensor_keeps_values_and_shape(x: Array) -> None:
    tensor = tt.Tensor(x)
    np.testing.assert_array_equal(tensor.data, x)
    assert (tensor.shape, tensor.size, tensor.ndim, tensor.dtype) == (x.shape, x.size, x.ndim, np.float32)
    assert type(tensor.size) is int
    assert tensor.memory_footprint() == 4 * x.size


@pytest.mark.parametrize("data", [3, 2.5, True, [1, 2], [[1], [2]], (1, 2), [], np.int64(3), np.arange(3), np.ones(2)])
def test_everything_becomes_float32(data: Any) -> None:
    tensor = tt.Tensor(data)
    assert type(tensor.data) is np.ndarray
    assert tensor.data.dtype == np.float32
    np.testing.assert_array_equal(tensor.data, np.asarray(data))


def test_a_tensor_shares_no_memory_with_what_it_was_made_from() -> None:
    array = np.ones(3, dtype=np.float32)
    first = tt.Tensor(array)
    second = tt.Tensor(first)
    third = tt.Tensor(0)
    third.data = array
    array[0] = 7
    first.data[1] = 8
    assert first.data.tolist() == [1, 8, 1]
    assert second.data.tolist() == third.data.tolist() == [1, 1, 1]


def test_numpy_gives_an_array_of_the_callers_own() -> None:
    tensor = tt.ones(2)
    tensor.numpy()[0] = 5
    assert tensor.numpy().tolist() == [1, 1]


def test_a_number_beyond_float32_becomes_infinite_without_a_warning() -> None:
    assert tt.Tensor([1e39, -1e39]).data.tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("data", ["3", ["1", "2"], None, [None], [1j], {}, [[1, 2], [3, "4"]], object()])
def test_what_is_no_number_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="a tensor holds numbers"):
        tt.Tensor(data)


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of different lengths"):
        tt.Tensor([[1, 2], [3]])


def test_a_tensor_remembers_whether_it_asks_for_a_gradient() -> None:
    tensor = tt.Tensor(2.0, requires_grad=True)
    assert (tensor.requires_grad, tensor.grad) == (True, None)
    assert tt.Tensor(2.0).requires_grad is False
    assert tensor.detach().requires_grad is False
    assert tensor.detach().item() == 2


def test_item_takes_the_only_element() -> None:
    assert type(tt.Tensor([[2]]).item()) is float
    assert tt.Tensor([[2]]).item() == 2
    for shape in ((2,), (0,), (1, 2)):
        with pytest.raises(ValueError, match="exactly one") as error:
            tt.zeros(*shape).item()
        assert str(shape) in str(error.value)


def test_len_is_the_first_dimension() -> None:
    assert len(tt.zeros(3, 2)) == 3
    assert len(tt.zeros(0, 2)) == 0
    with pytest.raises(TypeError, match=r"\(\)"):
        len(tt.Tensor(1.0))


def test_a_loop_goes_over_the_first_dimension_and_ends() -> None:
    assert [row.data.tolist() for row in tt.Tensor([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]


def test_text_shows_values_and_whether_a_gradient_is_wanted() -> None:
    assert repr(tt.Tensor([1, 2.5])) == "Tensor([1. , 2.5])"
    assert repr(tt.Tensor(1, requires_grad=True)) == "Tensor(1., requires_grad=True)"


@pytest.mark.parametrize("make", [tt.zeros, tt.ones, tt.randn, tt.Tensor.zeros, tt.Tensor.ones, tt.Tensor.randn])
def test_makers_take_a_shape_in_either_form(make: Any) -> None:
    for tensor in (make(2, 3), make((2, 3))):
        assert (tensor.shape, tensor.dtype, tensor.requires_grad) == ((2, 3), np.float32, False)
    assert make().shape == ()
    assert make(0, 2).shape == (0, 2)
    assert make(2, requires_grad=True).requires_grad is True
    with pytest.raises(ValueError):
        make(-1)


def test_zeros_and_ones_are_what_they_are_called() -> None:
    assert tt.zeros(2).data.tolist() == [0, 0]
    assert tt.ones(2).data.tolist() == [1, 1]


def test_one_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    tt.manual_seed(3)
    first, following = tt.randn(50), tt.randn(50)
    tt.manual_seed(3)
    assert tt.randn(50).data.tolist() == first.data.tolist()
    assert following.data.tolist() != first.data.tolist()
    tt.manual_seed(4)
    assert tt.randn(50).data.tolist() != first.data.tolist()


def test_randn_is_normal() -> None:
    tt.manual_seed(0)
    values = tt.randn(100, 200).data
    # 20,000 draws: five standard errors are 0.035 for the mean and 0.025 for the standard deviation.
    assert abs(values.mean()) < 0.035
    assert abs(values.std() - 1) < 0.025
    assert abs((abs(values) < 1).mean() - 0.6827) < 0.0165
