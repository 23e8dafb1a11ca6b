"""The solution of notebook 03: weights, trees of layers, the two modes of dropout."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from tests.content import notebooks
from tito.checks import difference


@pytest.fixture(scope="module")
def package() -> types.SimpleNamespace:
    with notebooks.earlier("03_layers") as modules:
        found = [*modules.values(), notebooks.load("03_layers")]
    return types.SimpleNamespace(**{key: value for module in found for key, value in vars(module).items()})


@pytest.mark.parametrize("shape", [(3,), (2, 3), (0, 3), (2, 4, 3), (1, 1, 1, 3)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_a_product_and_an_offset(package: Any, shape: tuple[int, ...], bias: bool) -> None:
    layer = package.Linear(3, 5, bias=bias)
    data = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    expected = data @ layer.weight.data
    if bias:
        layer.bias.data[...] = np.arange(5)
        expected = expected + np.arange(5, dtype=np.float32)
    for x in (package.Tensor(data), data):
        assert difference(layer(x).data, expected) is None


@pytest.mark.parametrize(("inputs", "outputs"), [(300, 300), (1000, 20), (50, 900)])
def test_first_weights_have_the_scale_of_he(package: Any, inputs: int, outputs: int) -> None:
    package.manual_seed(0)
    weight = package.Linear(inputs, outputs).weight.data
    assert weight.dtype == np.float32
    assert weight.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.03)
    assert abs(weight.mean()) < 5 * np.sqrt(2 / inputs / weight.size)


def test_one_seed_makes_one_network(package: Any) -> None:
    made = []
    for _ in range(2):
        package.manual_seed(4)
        model = package.Sequential(package.Linear(4, 3), package.Dropout(0.3), package.Linear(3, 2))
        made.append([*(p.data for p in model.parameters()), model(package.ones(5, 4)).data])
    assert difference(made[0], made[1]) is None


WRONG = [
    (lambda t: t.Linear(0, 2), ValueError, ["(0, 2)"]),
    (lambda t: t.Linear(2, -1), ValueError, ["(2, -1)"]),
    (lambda t: t.Linear(2.5, 1), TypeError, ["(2.5, 1)"]),
    (lambda t: t.Linear(3, 2)(t.ones(2, 4)), ValueError, ["(2, 4)", "(3, 2)"]),
    (lambda t: t.Linear(3, 2)(t.Tensor(1.0)), ValueError, ["()", "(3, 2)"]),
    (lambda t: t.Dropout(1.01), ValueError, ["1.01"]),
    (lambda t: t.Dropout(-1), ValueError, ["-1"]),
    (lambda t: t.Dropout(float("nan")), ValueError, ["nan"]),
    (lambda t: t.Layer()(t.ones(1)), NotImplementedError, ["Layer", "forward"]),
]


@pytest.mark.parametrize(("wrong", "error", "mentions"), WRONG, ids=range(len(WRONG)))
def test_wrong_arguments_raise_and_say_why(
    package: Any, wrong: Any, error: type[Exception], mentions: list[str]
) -> None:
    with pytest.raises(error) as caught:
        wrong(package)
    assert [text for text in mentions if text not in str(caught.value)] == []


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(package: Any, p: float) -> None:
    package.manual_seed(6)
    result = package.Dropout(p)(package.ones(300, 300)).data
    assert (result == 0).mean() == pytest.approx(p, abs=0.01)
    assert difference(np.unique(result), np.float32([0, 1 / (1 - p)])) is None
    assert result.mean() == pytest.approx(1, abs=0.03)


def test_dropout_at_its_ends(package: Any) -> None:
    x = package.randn(4, 5)
    assert difference(package.Dropout(1)(x).data * 1, np.zeros((4, 5), np.float32)) is None
    assert package.Dropout(0)(x) is x
    assert package.Dropout(1).eval()(x) is x
    assert package.Dropout().p == 0.5


def test_modes_and_parameters_go_down_the_tree(package: Any) -> None:
    shared = package.Linear(3, 3)

    class Block(package.Layer):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            self.first = shared
            self.rest = [package.Dropout(0.5), package.ReLU(), package.Linear(3, 3, bias=False)]
            self.table = package.ones(3)
            self.scale = package.ones(3, requires_grad=True)
            self.name = "block"

    block = Block()
    model = package.Sequential(block, package.Sequential(package.Dropout(0.1), shared))
    expected = [shared.weight, shared.bias, block.rest[2].weight, block.scale]
    assert [id(p) for p in model.parameters()] == [id(p) for p in expected]
    dropouts = [block.rest[0], model.layers[1].layers[0]]
    assert model.eval() is model
    assert not any(layer.training for layer in (model, block, shared, *dropouts))
    assert model.train() is model
    assert all(layer.training for layer in (model, block, shared, *dropouts))


def test_sequential_takes_layers_or_one_list(package: Any) -> None:
    layers = [package.Linear(2, 3), package.Tanh(), package.Linear(3, 1)]
    x = package.randn(5, 2)
    expected = layers[2](layers[1](layers[0](x))).data
    for model in (package.Sequential(*layers), package.Sequential(layers), package.Sequential(tuple(layers))):
        assert difference(model(x).data, expected) is None
        assert len(model.parameters()) == 4
    assert package.Sequential()(x) is x


def test_layers_add_no_operation(package: Any) -> None:
    with notebooks.earlier("03_layers") as modules:
        before = set(modules["tensor"].FORWARD)
        notebooks.load("03_layers")
        assert set(modules["tensor"].FORWARD) == before
