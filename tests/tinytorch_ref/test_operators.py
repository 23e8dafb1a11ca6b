from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import ANY_FLOAT, QUARTERS, Array, arrays, broadcast_pairs
from tito.checks.compare import difference

BINARY: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.gt, operator.lt,
]  # fmt: skip


def assert_same(tensor: tt.Tensor, expected: Any, rtol: float = 1e-6) -> None:
    assert type(tensor) is tt.Tensor
    assert difference(tensor.data, np.asarray(expected, dtype=np.float32), rtol=rtol, atol=1e-6) is None


@pytest.mark.parametrize("op", BINARY)
@given(pair=broadcast_pairs())
def test_two_tensors_give_what_numpy_gives(op: Any, pair: tuple[Array, Array]) -> None:
    x, y = pair
    with np.errstate(all="ignore"):
        expected = op(x, y)
    assert_same(op(tt.Tensor(x), tt.Tensor(y)), expected)


@pytest.mark.parametrize("op", BINARY)
@given(pair=broadcast_pairs(ANY_FLOAT))
def test_any_float_gives_what_numpy_gives_without_a_warning(op: Any, pair: tuple[Array, Array]) -> None:
    x, y = pair
    with np.errstate(all="ignore"):
        expected = op(x, y)
    assert_same(op(tt.Tensor(x), tt.Tensor(y)), expected)


@pytest.mark.parametrize("op", BINARY)
@given(pair=broadcast_pairs())
def test_an_array_on_either_side_counts_as_a_tensor(op: Any, pair: tuple[Array, Array]) -> None:
    x, y = pair
    both = op(tt.Tensor(x), tt.Tensor(y)).data
    assert_same(op(x, tt.Tensor(y)), both)
    assert_same(op(tt.Tensor(x), y), both)
    assert_same(op(x.astype(np.float64), tt.Tensor(y)), both)


@pytest.mark.parametrize("op", BINARY)
@given(x=arrays(), number=QUARTERS)
def test_a_number_on_either_side_counts_as_a_tensor(op: Any, x: Array, number: float) -> None:
    for scalar in (number, np.float64(number), np.float32(number), int(number)):
        assert_same(op(scalar, tt.Tensor(x)), op(tt.Tensor(scalar), tt.Tensor(x)).data)
        assert_same(op(tt.Tensor(x), scalar), op(tt.Tensor(x), tt.Tensor(scalar)).data)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
@given(x=arrays(elements=ANY_FLOAT))
def test_functions_of_each_element_give_what_numpy_gives(name: str, x: Array) -> None:
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    assert_same(getattr(tt.Tensor(x), name)(), expected)


@given(x=arrays(elements=ANY_FLOAT))
def test_minus_changes_the_sign_only(x: Array) -> None:
    assert_same(-tt.Tensor(x), -x)


@st.composite
def _factors(draw: Any) -> tuple[Array, Array]:
    m, k, n = (draw(st.integers(0, 3)) for _ in range(3))
    lead = draw(st.sampled_from([((), ()), ((2,), ()), ((), (2,)), ((2, 1), (3,)), ((0,), (1,))]))
    left = (k,) if draw(st.booleans()) and not lead[0] else (*lead[0], m, k)
    right = (k,) if draw(st.booleans()) and not lead[1] else (*lead[1], k, n)
    return draw(arrays(shape=left)), draw(arrays(shape=right))


@given(pair=_factors())
def test_matrix_products_give_what_numpy_gives(pair: tuple[Array, Array]) -> None:
    x, y = pair
    expected = np.matmul(x, y)
    for product in (
        tt.Tensor(x) @ tt.Tensor(y),
        tt.Tensor(x).matmul(tt.Tensor(y)),
        tt.Tensor(x) @ y,
        x @ tt.Tensor(y),
    ):
        assert_same(product, expected)


@pytest.mark.parametrize("op", BINARY)
def test_shapes_that_do_not_broadcast_are_named(op: Any) -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 4\) do not broadcast"):
        op(tt.zeros(2, 3), tt.zeros(2, 4))
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 4\)|\(2, 4\).*\(2, 3\)"):
        op(np.zeros((2, 3)), tt.zeros(2, 4))


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3), (4, 3)), ((3,), (2, 3)), ((), (2, 2)), ((2, 2), ()), ((2, 2, 3), (3, 3, 2))]
)
def test_factors_that_do_not_fit_are_named(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    with pytest.raises(ValueError) as error:
        tt.zeros(*left) @ tt.zeros(*right)
    assert str(left) in str(error.value)
    assert str(right) in str(error.value)


@pytest.mark.parametrize("other", ["2", None, [None], 1j, {}])
def test_what_is_no_number_is_refused(other: Any) -> None:
    with pytest.raises(TypeError, match="numbers"):
        tt.ones(2) + other


def test_no_result_shares_memory_with_an_operand() -> None:
    x = tt.ones(2, 2)
    for result in (x + 0, x.reshape(4), x.T, x[0], x[:], x[...], x.permute(0, 1), x.transpose(0, 0),
                   x.sum((0,)), x.detach(), tt.ones(3).T, tt.Tensor(1.0).T, tt.Tensor(1.0)[...]):  # fmt: skip
        result.data[...] = 9
    assert_same(x, np.ones((2, 2)))
