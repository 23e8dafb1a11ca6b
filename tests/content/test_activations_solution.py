"""The solution of notebook 02 against formulas in float64, at sizes and places where float32 is in danger."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.content import notebooks
from tito.checks import difference

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def package() -> types.SimpleNamespace:
    with notebooks.earlier("02_activations") as modules:
        found = [*modules.values(), notebooks.load("02_activations")]
    return types.SimpleNamespace(**{key: value for module in found for key, value in vars(module).items()})


def _softmax(x: Array, dim: int) -> Array:
    powers = np.exp(x - x.max(axis=dim, keepdims=True))
    return powers / powers.sum(axis=dim, keepdims=True)


def _log_softmax(x: Array, dim: int) -> Array:
    shifted = x - x.max(axis=dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


POINTWISE: dict[str, Callable[[float], float]] = {
    "ReLU": lambda x: max(0.0, x),
    "Sigmoid": lambda x: 0.5 * (1 + math.tanh(x / 2)),
    "Tanh": math.tanh,
}
ALONG: dict[str, Callable[[Array, int], Array]] = {"Softmax": _softmax, "LogSoftmax": _log_softmax}
ALL = [*POINTWISE, "GELU", *ALONG]
PLACES = np.float32([-1e4, -200, -100, -88, -20, -3, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 3, 20, 88, 89, 100, 1e4])


@pytest.mark.parametrize("name", POINTWISE)
def test_values_of_pointwise_activations(package: Any, name: str) -> None:
    expected = np.float32([POINTWISE[name](float(x)) for x in PLACES])
    got = getattr(package, name)()(package.Tensor(PLACES)).data
    assert difference(got, expected, rtol=1e-6, atol=1e-7) is None


def test_gelu_is_near_the_exact_form_everywhere(package: Any) -> None:
    places = np.linspace(-8, 8, 801, dtype=np.float32)
    exact = np.float32([x / 2 * (1 + math.erf(x / math.sqrt(2))) for x in places.tolist()])
    assert difference(package.GELU()(package.Tensor(places)).data, exact, rtol=0, atol=1e-3) is None


@pytest.mark.parametrize("name", ALONG)
@pytest.mark.parametrize("dim", [-1, 0, 1, 2, -3])
def test_values_along_each_axis(package: Any, name: str, dim: int) -> None:
    values = np.random.default_rng(7).normal(scale=3, size=(2, 3, 4)).astype(np.float32)
    for data in (values, values.transpose(2, 0, 1), values[:, ::2]):
        got = getattr(package, name)(dim=dim)(package.Tensor(data)).data
        assert difference(got, ALONG[name](data.astype(np.float64), dim).astype(np.float32)) is None
    assert package.Softmax().dim == package.LogSoftmax().dim == -1


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("scale", [1.0, 100.0, 1e4])
def test_no_overflow_and_no_warning(package: Any, name: str, scale: float) -> None:
    values = np.random.default_rng(8).uniform(-scale, scale, (5, 6)).astype(np.float32)
    forward = package.FORWARD[{"LogSoftmax": "log_softmax"}.get(name, name.lower())]
    params = {"dim": -1} if name in ALONG else {}
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        result = forward(values, **params)
    assert np.isfinite(result).all()
    assert result.dtype == np.float32


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(3,), (1, 1), (0, 3), (2, 3, 4)], ids=str)
def test_shapes_and_the_input_stay(package: Any, name: str, shape: tuple[int, ...]) -> None:
    data = np.random.default_rng(9).normal(size=shape).astype(np.float32)
    x, activation = package.Tensor(data), getattr(package, name)()
    result = activation(x)
    assert type(result) is package.Tensor
    assert result.shape == shape
    assert not np.shares_memory(result.data, x.data)
    assert difference(x.data, data) is None
    assert difference(activation.forward(x).data, result.data) is None
    assert activation.parameters() == []


@pytest.mark.parametrize("name", POINTWISE)
def test_one_number(package: Any, name: str) -> None:
    assert getattr(package, name)()(package.Tensor(0.5)).shape == ()


@pytest.mark.parametrize("name", ALONG)
@pytest.mark.parametrize(("shape", "dim"), [((2, 3), 2), ((3,), -2), ((2, 0), 1)], ids=str)
def test_wrong_axes_name_the_shape(package: Any, name: str, shape: tuple[int, ...], dim: int) -> None:
    with pytest.raises(ValueError, match="softmax") as caught:
        getattr(package, name)(dim=dim)(package.zeros(*shape))
    assert str(shape) in str(caught.value)


def test_each_activation_is_one_operation_of_the_table(package: Any) -> None:
    seen: list[str] = []

    class Recorder(package.Engine):  # type: ignore[misc,name-defined]
        def record(self, name: str, *_: Any) -> None:
            seen.append(name)

    old = package.set_engine(Recorder())
    try:
        for name in ALL:
            getattr(package, name)()(package.Tensor([1.0, 2.0]))
    finally:
        package.set_engine(old)
    assert seen == ["relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax"]
