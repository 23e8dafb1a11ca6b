from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import Array, arrays


class Doubling(tt.Layer):
    def forward(self, x: Any) -> tt.Tensor:
        return x * 2


@given(x=arrays(min_dims=1), out=st.integers(1, 4), bias=st.booleans(), seed=st.integers(0, 9))
def test_linear_is_a_product_and_a_sum(x: Array, out: int, bias: bool, seed: int) -> None:
    if not x.shape[-1]:
        return
    tt.manual_seed(seed)
    layer = tt.Linear(x.shape[-1], out, bias=bias)
    if layer.bias is not None:
        layer.bias.data = np.arange(out)
    expected = x @ layer.weight.data + (np.arange(out, dtype=np.float32) if bias else np.float32(0))
    result = layer(tt.Tensor(x))
    np.testing.assert_allclose(result.data, expected, rtol=1e-6, atol=1e-5)
    assert result.shape == (*x.shape[:-1], out)
    assert result.data.dtype == np.float32


def test_parameters_of_linear_are_its_weight_and_bias() -> None:
    layer = tt.Linear(3, 4)
    assert (layer.weight.shape, layer.weight.requires_grad) == ((3, 4), True)
    assert layer.bias is not None
    assert (layer.bias.data.tolist(), layer.bias.requires_grad) == ([0, 0, 0, 0], True)
    assert [p is q for p, q in zip(layer.parameters(), (layer.weight, layer.bias), strict=True)] == [True, True]
    bare = tt.Linear(3, 4, bias=False)
    assert bare.bias is None
    assert len(bare.parameters()) == 1
    assert bare.parameters()[0] is bare.weight


@pytest.mark.parametrize("sizes", [(400, 100), (100, 400), (200, 200)])
def test_weights_have_glorots_variance_and_come_from_the_generator(sizes: tuple[int, int]) -> None:
    for seed in range(4):
        tt.manual_seed(seed)
        weights = tt.Linear(*sizes).weight.data
        assert abs(weights.std() / np.sqrt(2 / sum(sizes)) - 1) < 0.02
        assert abs(weights.mean()) < 0.03 * weights.std()
        tt.manual_seed(seed)
        np.testing.assert_array_equal(tt.Linear(*sizes).weight.data, weights)
        assert (tt.Linear(*sizes).weight.data != weights).any()


def test_an_input_of_another_width_is_named() -> None:
    with pytest.raises(ValueError, match=r"\(\.\.\., 13\), got \(5, 17\)"):
        tt.Linear(13, 2)(tt.zeros(5, 17))
    with pytest.raises(ValueError, match=r"got \(\)"):
        tt.Linear(1, 2)(tt.Tensor(3))


@pytest.mark.parametrize("sizes", [(0, 3), (3, -2), (2.5, 1), ("3", 1), (None, 2)])
def test_sizes_of_linear_are_positive_integers(sizes: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="sizes of a Linear layer"):
        tt.Linear(*sizes)


@pytest.mark.parametrize("p", [0, 0.1, 0.5, 0.8, 1])
def test_dropout_drops_about_p_and_scales_the_others(p: float) -> None:
    tt.manual_seed(5)
    x = np.random.default_rng(1).uniform(1, 2, (200, 100)).astype(np.float32)
    layer = tt.Dropout(p)
    y = layer(tt.Tensor(x)).data
    assert y.dtype == np.float32
    assert abs((y == 0).mean() - p) < 6 * np.sqrt(p * (1 - p) / x.size) + 1e-9
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / np.float32(1 - p if p < 1 else 1), rtol=1e-6)
    if 0 < p < 1:
        assert (layer(tt.Tensor(x)).data != y).any()
        tt.manual_seed(5)
        np.testing.assert_array_equal(layer(tt.Tensor(x)).data, y)
    layer.eval()
    np.testing.assert_array_equal(layer(tt.Tensor(x)).data, x)


def test_dropout_in_use_draws_no_random_numbers() -> None:
    tt.manual_seed(1)
    expected = tt.randn(3).data
    tt.manual_seed(1)
    tt.Dropout().eval()(tt.zeros(4))
    np.testing.assert_array_equal(tt.randn(3).data, expected)


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan"), "0.5", None, True])
def test_a_probability_is_from_0_to_1(p: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="probability of dropout"):
        tt.Dropout(p)


def test_dropout_without_an_argument_is_one_half() -> None:
    assert tt.Dropout().p == 0.5


def test_a_layer_of_ones_own_needs_only_forward() -> None:
    layer = Doubling()
    assert layer(tt.Tensor([1, 2])).data.tolist() == [2, 4]
    assert layer.parameters() == []
    assert layer.training is True
    assert layer.eval().training is False
    assert layer.train().training is True
    with pytest.raises(NotImplementedError, match="Layer has no forward"):
        tt.Layer()(tt.zeros(1))


@pytest.mark.parametrize("as_list", [False, True])
def test_sequential_applies_layers_in_order(as_list: bool) -> None:
    layers = [tt.Linear(2, 3), tt.ReLU(), Doubling(), tt.Linear(3, 1)]
    model = tt.Sequential(layers) if as_list else tt.Sequential(*layers)
    x = tt.Tensor([[1, 2], [3, 4]])
    expected = layers[3](layers[2](layers[1](layers[0](x))))
    np.testing.assert_array_equal(model(x).data, expected.data)
    wanted = [layers[0].weight, layers[0].bias, layers[3].weight, layers[3].bias]  # type: ignore[attr-defined]
    assert [p is q for p, q in zip(model.parameters(), wanted, strict=True)] == [True] * 4
    assert (len(model), model[1]) == (4, layers[1])


def test_an_empty_sequential_gives_the_input_back() -> None:
    assert tt.Sequential()(tt.Tensor([1, 2])).data.tolist() == [1, 2]
    assert tt.Sequential([])([1, 2]).data.tolist() == [1, 2]
    assert tt.Sequential().parameters() == []


def test_a_change_of_the_list_does_not_change_the_network() -> None:
    layers = [Doubling()]
    model = tt.Sequential(layers)
    layers.append(Doubling())
    assert model([1]).data.tolist() == [2]


def test_modes_reach_every_layer_however_deep() -> None:
    inner = tt.Dropout(1)
    model = tt.Sequential(tt.ReLU(), tt.Sequential([tt.Sigmoid(), tt.Sequential(inner)]), lambda x: x + 1)
    assert model([0]).data.tolist() == [1]
    assert model.eval() is model
    assert (model.training, inner.training) == (False, False)
    assert model([0]).data.tolist() == [1.5]
    model.train()
    assert (model.training, inner.training) == (True, True)
    assert model([0]).data.tolist() == [1]


def test_what_cannot_be_called_is_no_layer() -> None:
    with pytest.raises(TypeError, match="layer 1 of Sequential"):
        tt.Sequential(tt.ReLU(), 3)
