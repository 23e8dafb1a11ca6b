"""The gradient of each operation against difference quotients in float64.

Shapes are those that break gradients: every way to broadcast, axes of size 0 and 1, memory in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import Array, arrays, broadcast_pairs
from tests.tinytorch_ref.test_operators import _factors
from tests.tinytorch_ref.test_shapes import _reduced
from tinytorch_ref.core.autograd import check_gradients

POSITIVE = st.integers(1, 12).map(lambda number: number / 4)
SMOOTH = st.integers(-12, 12).map(lambda number: number / 4 + 0.1)

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
}


def assert_gradients(fn: Callable[..., Any], *inputs: Array) -> None:
    assert check_gradients(fn, inputs) == ""


@pytest.mark.parametrize("name", BINARY)
@given(pair=broadcast_pairs(POSITIVE))
def test_two_operands_that_broadcast(name: str, pair: tuple[Array, Array]) -> None:
    assert_gradients(BINARY[name], *pair)


@pytest.mark.parametrize("name", BINARY)
@given(x=arrays(elements=POSITIVE), number=st.sampled_from([0.5, 2, 3, 1, -1]))
def test_a_number_on_either_side(name: str, x: Array, number: float) -> None:
    assert_gradients(lambda t: BINARY[name](t, number), x)
    if name != "pow" or number > 0:
        assert_gradients(lambda t: BINARY[name](number, t), x)


@given(x=arrays(elements=SMOOTH), number=st.sampled_from([0, 1, 2, 3, -2]))
def test_whole_powers_of_negative_numbers(x: Array, number: int) -> None:
    assert_gradients(lambda t: t**number, x)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "__neg__"])
@given(x=arrays(elements=POSITIVE))
def test_functions_of_each_element(name: str, x: Array) -> None:
    assert_gradients(lambda t: getattr(t, name)(), x)


@given(pair=_factors())
def test_matrix_products(pair: tuple[Array, Array]) -> None:
    assert_gradients(lambda x, y: x @ y, *pair)


@pytest.mark.parametrize("name", ["sum", "mean"])
@given(case=_reduced())
def test_sums_and_means(name: str, case: tuple[Array, Any, bool]) -> None:
    x, axis, keepdims = case
    assert_gradients(lambda t: getattr(t, name)(axis, keepdims), x)


@given(case=_reduced(), data=st.data())
def test_the_largest_where_no_two_are_equal(case: tuple[Array, Any, bool], data: st.DataObject) -> None:
    x, axis, keepdims = case
    if x.size:
        ranks = np.array(data.draw(st.permutations(range(x.size))), dtype=np.float32)
        assert_gradients(lambda t: t.max(axis, keepdims), ranks.reshape(x.shape))


@given(x=arrays(min_dims=1, elements=st.sampled_from([0.0, 1.0])), keepdims=st.booleans(), data=st.data())
def test_equally_large_elements_share_a_gradient(x: Array, keepdims: bool, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    if not x.shape[axis]:
        return
    tensor = tt.Tensor(x, requires_grad=True)
    result = tensor.max(axis, keepdims)
    result.backward(np.full(result.shape, 12))
    assert tensor.grad is not None
    winners = x == x.max(axis=axis, keepdims=True)
    np.testing.assert_allclose(tensor.grad, 12 * winners / winners.sum(axis=axis, keepdims=True), rtol=1e-6)


@given(x=arrays(), data=st.data())
def test_new_shapes(x: Array, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(x.ndim)))
    sides = data.draw(st.permutations(x.shape))
    assert_gradients(lambda t: t.permute(*order), x)
    assert_gradients(lambda t: t.reshape(*sides), x)
    assert_gradients(lambda t: t.transpose(), x)
    if x.ndim:
        one, two = (data.draw(st.integers(-x.ndim, x.ndim - 1)) for _ in range(2))
        assert_gradients(lambda t: t.transpose(one, two), x)


@given(x=arrays(min_dims=1), data=st.data())
def test_indices(x: Array, data: st.DataObject) -> None:
    basic = hnp.basic_indices(x.shape, allow_newaxis=True)
    mask = hnp.arrays(np.bool_, data.draw(st.sampled_from([x.shape, x.shape[:1]])))
    whole = hnp.integer_array_indices(x.shape) if x.size else basic
    lists = st.lists(st.integers(-x.shape[0], x.shape[0] - 1), min_size=1) if x.shape[0] else basic
    index = data.draw(st.one_of(basic, mask, whole, lists))
    assert_gradients(lambda t: t[index], x)


@given(x=arrays(shape=(2, 3), elements=SMOOTH), y=arrays(shape=(3,), elements=POSITIVE))
def test_several_operations_with_a_tensor_used_again(x: Array, y: Array) -> None:
    def standardised(a: Any, b: Any) -> Any:
        centred = a - a.mean(axis=0, keepdims=True)
        spread = ((centred**2).mean(axis=0, keepdims=True) + b).sqrt()
        return (centred / spread) @ a.T

    assert_gradients(standardised, x, y)


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh", "GELU"])
@given(x=arrays(elements=SMOOTH))
def test_activations_of_each_element(name: str, x: Array) -> None:
    assert_gradients(getattr(tt, name)(), x)


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
@given(x=arrays(min_dims=1, elements=SMOOTH), data=st.data())
def test_activations_along_an_axis(name: str, x: Array, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    assert_gradients(getattr(tt, name)(dim), x)


@given(x=arrays(shape=(3, 2), elements=SMOOTH), y=arrays(shape=(3, 2), elements=SMOOTH))
def test_mean_squared_error(x: Array, y: Array) -> None:
    assert_gradients(tt.MSELoss(), x, y)


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (2, 3, 2)])
@given(data=st.data())
def test_cross_entropy(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = data.draw(arrays(shape=shape, elements=SMOOTH))
    targets = data.draw(hnp.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1)))
    assert_gradients(lambda t: tt.CrossEntropyLoss()(t, targets), x)


_PROBABILITIES = st.integers(1, 19).map(lambda number: number / 20)


@given(p=arrays(shape=(2, 3), elements=_PROBABILITIES), t=arrays(shape=(2, 3), elements=_PROBABILITIES))
def test_binary_cross_entropy(p: Array, t: Array) -> None:
    assert_gradients(tt.BinaryCrossEntropyLoss(), p, t)


@given(x=arrays(shape=(3, 2), elements=SMOOTH))
def test_a_network_of_two_layers(x: Array) -> None:
    tt.manual_seed(1)
    first, second = tt.Linear(2, 4), tt.Linear(4, 3)

    def loss(inputs: Any, weight: Any, bias: Any) -> Any:
        first.weight, first.bias = weight, bias
        return tt.CrossEntropyLoss()(tt.Sequential(first, tt.Tanh(), second)(inputs), [0, 2, 1])

    assert_gradients(loss, x, first.weight.data, tt.ones(4).data)


@pytest.mark.parametrize("far", [1e2, 1e4, 3e38, np.inf])
@pytest.mark.parametrize(
    ("name", "slopes"),
    [("ReLU", (0, 0, 1)), ("Sigmoid", (0, 0.25, 0)), ("Tanh", (0, 1, 0)), ("GELU", (0, 0.5, 1))],
)
def test_slopes_far_out_are_those_of_the_limit(name: str, slopes: tuple[float, ...], far: float) -> None:
    x = tt.Tensor([-far, 0, far], requires_grad=True)
    getattr(tt, name)()(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad, np.float32(slopes), rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_gradients_of_large_logits_are_finite(name: str) -> None:
    x = tt.Tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    getattr(tt, name)()(x)[0, 1].backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad, [[0, 0, 0]] if name == "Softmax" else [[-1, 1, 0]])


def test_a_sure_and_wrong_answer_has_a_finite_gradient_in_the_right_direction() -> None:
    p = tt.Tensor([0.0, 1.0], requires_grad=True)
    tt.BinaryCrossEntropyLoss()(p, [1.0, 0.0]).backward()
    assert p.grad is not None
    assert np.isfinite(p.grad).all()
    assert np.sign(p.grad).tolist() == [-1, 1]


def test_constant_powers_of_zero_have_the_slope_of_their_limit() -> None:
    for number, slope in ((0, 0), (1, 1), (2, 0), (0.5, np.inf), (-1, -np.inf)):
        x = tt.Tensor(0.0, requires_grad=True)
        (x**number).backward()
        assert float(x.grad) == slope, number  # type: ignore[arg-type]


def test_a_power_of_zero_in_its_exponent() -> None:
    y = tt.Tensor([2.0, 0.0], requires_grad=True)
    (tt.Tensor([0.0, 0.0]) ** y).sum().backward()
    assert y.grad is not None
    assert y.grad.tolist() == [0, 0]
