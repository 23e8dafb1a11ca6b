from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import QUARTERS, Array, arrays

SHAPES = st.lists(st.integers(1, 3), min_size=2, max_size=3)


@given(data=st.data(), shape=SHAPES)
def test_the_mean_of_squares(data: st.DataObject, shape: list[int]) -> None:
    x, y = (data.draw(arrays(shape=tuple(shape))) for _ in range(2))
    loss = tt.MSELoss()(tt.Tensor(x), tt.Tensor(y))
    assert (loss.shape, loss.data.dtype) == ((), np.float32)
    np.testing.assert_allclose(loss.data, np.mean((x - y) ** 2, dtype=np.float64), rtol=1e-5)
    np.testing.assert_array_equal(tt.MSELoss()(y, x).data, loss.data)


@given(data=st.data(), shape=SHAPES, scale=st.sampled_from([1, 1e2, 1e4]))
def test_cross_entropy_is_the_mean_of_logs_of_softmax(data: st.DataObject, shape: list[int], scale: float) -> None:
    logits = data.draw(arrays(shape=tuple(shape), elements=QUARTERS)) * np.float32(scale / 8)
    count = int(np.prod(shape[:-1]))
    targets = np.array(data.draw(st.lists(st.integers(0, shape[-1] - 1), min_size=count, max_size=count)))
    targets = targets.reshape(shape[:-1])
    rows = logits.reshape(count, -1).astype(np.float64)
    rows = rows - rows.max(axis=1, keepdims=True)
    logs = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    expected = -logs[np.arange(count), targets.ravel()].mean()
    for given_as in (targets, targets.tolist(), targets.astype(np.uint8), tt.Tensor(targets)):
        loss = tt.CrossEntropyLoss()(tt.Tensor(logits), given_as)
        assert (loss.shape, loss.data.dtype) == ((), np.float32)
        np.testing.assert_allclose(loss.data, expected, rtol=1e-5, atol=1e-6)


@given(data=st.data(), shape=st.lists(st.integers(1, 3), max_size=3))
def test_binary_cross_entropy_is_the_formula(data: st.DataObject, shape: list[int]) -> None:
    p = data.draw(arrays(shape=tuple(shape), elements=st.floats(0.015625, 0.984375, width=32)))
    t = data.draw(arrays(shape=tuple(shape), elements=st.sampled_from([0, 0.25, 1])))
    loss = tt.BinaryCrossEntropyLoss()(tt.Tensor(p), tt.Tensor(t))
    assert (loss.shape, loss.data.dtype) == ((), np.float32)
    wide = p.astype(np.float64)
    np.testing.assert_allclose(loss.data, -np.mean(t * np.log(wide) + (1 - t) * np.log(1 - wide)), rtol=1e-5)


def test_sure_predictions_cost_nothing_or_much_but_not_infinity() -> None:
    loss = tt.BinaryCrossEntropyLoss()
    assert loss([0, 1], [0, 1]).item() == 0
    assert loss([0, 1], [1, 0]).item() == 100
    assert loss([0.0], [0.25]).item() == 25
    assert tt.CrossEntropyLoss()([[1e4, -1e4]], [0]).item() == 0
    assert tt.CrossEntropyLoss()([[1e4, -1e4]], [1]).item() == 2e4


def test_the_loss_of_nothing_is_not_a_number() -> None:
    assert np.isnan(tt.CrossEntropyLoss()(tt.zeros(0, 3), []).item())
    assert np.isnan(tt.MSELoss()([], []).item())


@pytest.mark.parametrize("loss", [tt.MSELoss(), tt.BinaryCrossEntropyLoss()])
@pytest.mark.parametrize("shapes", [((13,), (13, 1)), ((13, 2), (2,)), ((), (17,)), ((13, 4), (4, 13))])
def test_two_shapes_are_named_and_do_not_broadcast(loss: Any, shapes: Any) -> None:
    with pytest.raises(ValueError, match="of one shape") as found:
        loss(*map(tt.zeros, shapes))
    assert all(str(shape) in str(found.value) for shape in shapes)


@pytest.mark.parametrize("shape", [(3,), (5, 1), (5, 4), (4,), ()])
def test_targets_of_another_shape_are_named(shape: Any) -> None:
    with pytest.raises(ValueError, match=r"\(5, 4\)") as found:
        tt.CrossEntropyLoss()(tt.zeros(5, 4), np.zeros(shape, dtype=int))
    assert f"got {shape}" in str(found.value)


@pytest.mark.parametrize("target", [-1, 3, 17, 0.5, float("nan")])
def test_a_target_that_is_no_class_is_named(target: float) -> None:
    with pytest.raises(ValueError, match=str(target)):
        tt.CrossEntropyLoss()(tt.zeros(2, 3), [0, target])


def test_targets_and_logits_of_the_wrong_kind() -> None:
    with pytest.raises(TypeError, match="class numbers"):
        tt.CrossEntropyLoss()(tt.zeros(1, 3), ["cat"])
    with pytest.raises(ValueError, match=r"got \(\)"):
        tt.CrossEntropyLoss()(3.0, 0)


@pytest.mark.parametrize("p", [-0.25, 1.5])
def test_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=f"got {p}"):
        tt.BinaryCrossEntropyLoss()([0.5, p], [1, 1])


@given(x=arrays(min_dims=1))
def test_log_softmax_is_the_activation(x: Array) -> None:
    np.testing.assert_array_equal(tt.log_softmax(x).data, tt.LogSoftmax()(x).data)
    np.testing.assert_array_equal(tt.log_softmax(tt.Tensor(x), dim=0).data, tt.LogSoftmax(0)(x).data)
    with pytest.raises(ValueError, match="out of range"):
        tt.log_softmax(x, dim=4)


@pytest.mark.parametrize("loss", [tt.MSELoss(), tt.CrossEntropyLoss(), tt.BinaryCrossEntropyLoss()])
def test_a_loss_has_nothing_to_learn(loss: Any) -> None:
    assert loss.parameters() == []
