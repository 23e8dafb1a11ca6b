"""The solution of notebook 04 against formulas in float64: values, extremes, targets that must be refused."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from tests.content import notebooks
from tito.checks import difference

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def package() -> types.SimpleNamespace:
    with notebooks.earlier("04_losses") as modules:
        found = [*modules.values(), notebooks.load("04_losses")]
    return types.SimpleNamespace(**{key: value for module in found for key, value in vars(module).items()})


def log_softmax(x: Array, dim: int = -1) -> Array:
    shifted = x.astype(np.float64) - x.max(axis=dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)], ids=str)
def test_mean_squared_error(package: Any, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(1)
    p, t = (random.normal(size=shape).astype(np.float32) for _ in range(2))
    expected = np.float32(((p.astype(np.float64) - t) ** 2).mean())
    for targets in (package.Tensor(t), t, t.tolist()):
        result = package.MSELoss()(package.Tensor(p), targets)
        assert type(result) is package.Tensor
        assert difference(result.data, np.asarray(expected)) is None


@pytest.mark.parametrize("dim", [-1, 0, 1])
@pytest.mark.parametrize("scale", [1.0, 100.0, 1e4])
def test_log_softmax(package: Any, dim: int, scale: float) -> None:
    x = np.random.default_rng(2).uniform(-scale, scale, (3, 4, 5)).astype(np.float32)
    expected = log_softmax(x, dim).astype(np.float32)
    assert difference(package.log_softmax(package.Tensor(x), dim=dim).data, expected, atol=1e-7 * scale + 1e-6) is None
    assert difference(package.LogSoftmax(dim)(package.Tensor(x)).data, expected, atol=1e-7 * scale + 1e-6) is None


def test_log_softmax_keeps_its_digits_where_the_logits_are_large(package: Any) -> None:
    for place in (1e4, -1e4, 1e6):
        row = np.float32([2, 1, 0]) + np.float32(place)
        assert difference(package.log_softmax(package.Tensor(row)).data, log_softmax(row).astype(np.float32)) is None


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 7), (1, 1), (2, 1, 3, 4), (3,)], ids=str)
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_cross_entropy(package: Any, shape: tuple[int, ...], scale: float) -> None:
    random = np.random.default_rng(3)
    logits = random.uniform(-scale, scale, shape).astype(np.float32)
    targets = random.integers(0, shape[-1], shape[:-1])
    expected = np.float32(-np.take_along_axis(log_softmax(logits), np.asarray(targets)[..., None], -1).mean())
    for given in (targets, np.asarray(targets).tolist(), package.Tensor(targets), np.asarray(targets, np.int8)):
        result = package.CrossEntropyLoss()(package.Tensor(logits), given)
        assert type(result) is package.Tensor
        assert difference(result.data, np.asarray(expected)) is None


def test_binary_cross_entropy(package: Any) -> None:
    random = np.random.default_rng(4)
    p = np.float32([1e-12, 1e-6, 0.01, 0.3, 0.5, 0.99, 1 - 2**-20])
    for t in (np.zeros(7, np.float32), np.ones(7, np.float32), random.random(7).astype(np.float32)):
        q = p.astype(np.float64)
        expected = np.float32(-(t * np.log(q) + (1 - t) * np.log1p(-q)).mean())
        for targets in (package.Tensor(t), t, t.tolist()):
            result = package.BinaryCrossEntropyLoss()(package.Tensor(p), targets)
            assert difference(result.data, np.asarray(expected)) is None


def test_binary_cross_entropy_at_certainty(package: Any) -> None:
    loss = package.BinaryCrossEntropyLoss()
    assert loss(package.Tensor([0.0, 1.0]), [0, 1]).item() == 0
    assert 10 < loss(package.Tensor([0.0]), [1]).item() < np.inf
    assert 10 < loss(package.Tensor([1.0]), [0]).item() < np.inf


WRONG = [
    (lambda t: t.MSELoss()(t.ones(3, 1), t.ones(3)), ["(3, 1)", "(3,)"]),
    (lambda t: t.MSELoss()(t.ones(3), 0), ["(3,)", "()"]),
    (lambda t: t.log_softmax(t.ones(2), dim=1), ["(2,)"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), [0, 1, 2]), ["(2, 3)", "(3,)"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), [[0], [1]]), ["(2, 3)", "(2, 1)"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), t.ones(2, 3)), ["(2, 3)"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 4, 3), [0, 1]), ["(2, 4, 3)", "(2,)"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), [0, 3]), ["(2, 3)", "0 to 2", "3"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), [0, -1]), ["(2, 3)", "-1"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), [0, 1.5]), ["(2, 3)", "1.5"]),
    (lambda t: t.CrossEntropyLoss()(t.ones(2, 3), [0, np.nan]), ["(2, 3)", "nan"]),
    (lambda t: t.CrossEntropyLoss()(t.Tensor(1.0), 0), ["()"]),
    (lambda t: t.BinaryCrossEntropyLoss()(t.zeros(2, 1), t.zeros(2)), ["(2, 1)", "(2,)"]),
    (lambda t: t.BinaryCrossEntropyLoss()(t.Tensor([2.0]), [1]), ["(1,)", "2.0"]),
    (lambda t: t.BinaryCrossEntropyLoss()(t.Tensor([-0.5]), [1]), ["(1,)", "-0.5"]),
]


@pytest.mark.parametrize(("wrong", "mentions"), WRONG, ids=range(len(WRONG)))
def test_wrong_arguments_raise_and_name_the_shapes(package: Any, wrong: Any, mentions: list[str]) -> None:
    with pytest.raises(ValueError, match=r"shape|logits|probabilities") as caught:
        wrong(package)
    assert [text for text in mentions if text not in str(caught.value)] == []


def test_losses_add_no_operation_and_have_nothing_to_learn(package: Any) -> None:
    with notebooks.earlier("04_losses") as modules:
        before = set(modules["tensor"].FORWARD)
        notebooks.load("04_losses")
        assert set(modules["tensor"].FORWARD) == before
    assert [loss().parameters() for loss in (package.MSELoss, package.CrossEntropyLoss)] == [[], []]
