from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinytorch_ref as tt
from tests.tinytorch_ref.strategies import Array

KINDS = ("SGD", "Adam", "AdamW", "RMSprop")
EVERYTHING: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    "AdamW": {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    "RMSprop": {"lr": 0.1, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.9},
}


def parameters(seed: int = 0) -> list[tt.Tensor]:
    rng = np.random.default_rng(seed)
    return [tt.Tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 3), (3,), ())]


def made(kind: str, params: Any, **settings: Any) -> Any:
    return getattr(tt, kind)(params, **settings)


def walk(optimizer: tt.Optimizer, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        for parameter in optimizer.params:
            ((parameter - 1) ** 4).sum().backward()
        optimizer.step()


def values(optimizer: tt.Optimizer) -> list[Array]:
    return [parameter.data.copy() for parameter in optimizer.params]


@pytest.mark.parametrize("kind", KINDS)
def test_goes_downhill(kind: str) -> None:
    optimizer = made(kind, parameters(), lr=0.05, weight_decay=0.0)
    walk(optimizer, 400)
    assert all(np.abs(value - 1).max() < 0.3 for value in values(optimizer))


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_may_come_from_a_generator(kind: str) -> None:
    several = parameters()
    optimizer = made(kind, (parameter for parameter in several))
    before = values(optimizer)
    walk(optimizer, 1)
    walk(optimizer, 1)
    assert [id(parameter) for parameter in optimizer.params] == list(map(id, several))
    assert all((now != then).all() for now, then in zip(values(optimizer), before, strict=True))


def test_a_parameter_that_comes_twice_moves_once() -> None:
    tied = tt.Tensor(1.0, requires_grad=True)
    optimizer = tt.SGD([tied, tied], lr=0.5)
    tied.grad = np.ones((), dtype=np.float32)
    optimizer.step()
    assert tied.item() == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_gradient_neither_parameter_nor_memory_changes(kind: str) -> None:
    optimizer = made(kind, parameters(), **EVERYTHING[kind])
    walk(optimizer, 2)
    before, remembered = values(optimizer), optimizer.state_dict()["state"]
    first = optimizer.params[0]
    optimizer.zero_grad()
    first.grad = np.ones(first.shape, dtype=np.float32)
    optimizer.step()
    after = values(optimizer)
    assert (after[0] != before[0]).all()
    np.testing.assert_equal(after[1:], before[1:])
    np.testing.assert_equal(optimizer.state_dict()["state"][1:], remembered[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_may_be_a_tensor_and_is_left_alone(kind: str) -> None:
    one, other = (made(kind, [parameters()[0]], **EVERYTHING[kind]) for _ in range(2))
    gradient = np.float32([[1, -2, 3], [0.5, 0, 1]])
    for _ in range(3):
        one.params[0].grad, other.params[0].grad = gradient, tt.Tensor(gradient)
        one.step()
        other.step()
    np.testing.assert_array_equal(one.params[0].data, other.params[0].data)
    np.testing.assert_array_equal(gradient, np.float32([[1, -2, 3], [0.5, 0, 1]]))


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_whatever_the_type_of_the_settings(kind: str) -> None:
    optimizer = made(kind, parameters(), **{name: _wide(value) for name, value in EVERYTHING[kind].items()})
    optimizer.lr = np.float64(0.05)
    walk(optimizer, 2)
    arrays = [each for state in optimizer.state_dict()["state"] for each in state.values() if np.ndim(each)]
    assert arrays
    assert {array.dtype for array in [*arrays, *values(optimizer)]} == {np.dtype(np.float32)}


def _wide(setting: Any) -> Any:
    return tuple(map(np.float64, setting)) if isinstance(setting, tuple) else np.float64(setting)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_equals_an_unbroken_one(kind: str) -> None:
    unbroken = made(kind, parameters(), **EVERYTHING[kind])
    walk(unbroken, 3)
    kept, there = unbroken.state_dict(), values(unbroken)
    walk(unbroken, 5)
    resumed = made(kind, parameters(seed=1))
    walk(resumed, 1)
    for parameter, value in zip(resumed.params, there, strict=True):
        parameter.data = value
    resumed.load_state_dict(kept)
    walk(resumed, 5)
    np.testing.assert_equal(values(resumed), values(unbroken))


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_holds_copies_both_ways(kind: str) -> None:
    optimizer = made(kind, parameters(), **EVERYTHING[kind])
    walk(optimizer, 2)
    kept = optimizer.state_dict()
    frozen = optimizer.state_dict()
    optimizer.load_state_dict(kept)
    for state in kept["state"]:
        for value in state.values():
            if isinstance(value, np.ndarray):
                value[...] = 77
    np.testing.assert_equal(optimizer.state_dict(), frozen)
    before = optimizer.state_dict()
    walk(optimizer, 1)
    np.testing.assert_equal(before, frozen)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_may_be_changed_after_the_step(kind: str) -> None:
    one, other = (made(kind, [parameters()[0]], lr=0.1, **_momentum(kind)) for _ in range(2))
    buffer = np.ones((2, 3), dtype=np.float32)
    for value in (1, -2, 3):
        one.params[0].grad = buffer
        buffer[...] = value
        one.step()
        buffer[...] = 77
        other.params[0].grad = np.full((2, 3), value, dtype=np.float32)
        other.step()
    np.testing.assert_array_equal(one.params[0].data, other.params[0].data)


def _momentum(kind: str) -> dict[str, float]:
    return {"momentum": 0.9} if "momentum" in EVERYTHING[kind] else {}


def test_adam_keeps_two_copies_of_each_parameter() -> None:
    optimizer = tt.Adam(parameters())
    walk(optimizer, 1)
    state = optimizer.state_dict()["state"]
    assert sum(value.nbytes for each in state for value in each.values() if isinstance(value, np.ndarray)) == 2 * 4 * 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda state: {}, "what state_dict"),
        (lambda state: None, "what state_dict"),
        (lambda state: {**state, "settings": {"lr": 1.0, "speed": 2}}, "speed"),
        (lambda state: {**state, "state": state["state"][:2]}, "2 parameters for an optimizer of 3"),
        (lambda state: {**state, "state": state["state"][::-1]}, r"\(2, 3\)"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(kind: str, break_it: Any, says: str) -> None:
    optimizer = made(kind, parameters(), **EVERYTHING[kind])
    walk(optimizer, 2)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=says):
        optimizer.load_state_dict(break_it(optimizer.state_dict()))
    np.testing.assert_equal(optimizer.state_dict(), before)


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_that_are_none(kind: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        made(kind, [])
    with pytest.raises(ValueError, match="empty"):
        made(kind, iter(()))
    with pytest.raises(TypeError, match=r"one tensor of shape \(3,\)"):
        made(kind, parameters()[1])
    with pytest.raises(TypeError, match="parameter 1 is a float"):
        made(kind, [parameters()[0], 3.0])
    with pytest.raises(TypeError, match=r"parameter 0 is a ndarray of shape \(3,\)"):
        made(kind, [np.ones(3)])


@pytest.mark.parametrize(
    ("kind", "name", "wrong"),
    [
        *((kind, "lr", wrong) for kind in KINDS for wrong in (-0.1, float("nan"), float("inf"))),
        *((kind, "weight_decay", -0.5) for kind in KINDS),
        *((kind, "betas", wrong) for kind in ("Adam", "AdamW") for wrong in ((1.0, 0.9), (0.9, -0.1), (0.9,), 0.9)),
        *((kind, "eps", -1e-8) for kind in ("Adam", "AdamW", "RMSprop")),
        *((kind, "momentum", -0.9) for kind in ("SGD", "RMSprop")),
        *(("RMSprop", "alpha", wrong) for wrong in (-0.1, 1.0)),
    ],
)
def test_a_setting_out_of_range_is_named(kind: str, name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=name):
        made(kind, parameters(), **{name: wrong})


def test_a_setting_that_is_no_number_is_named() -> None:
    for wrong in ("0.1", None, True):
        with pytest.raises(TypeError, match="lr is a number"):
            tt.SGD(parameters(), lr=wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_of_another_shape_is_refused_before_anything_moves(kind: str) -> None:
    optimizer = made(kind, parameters())
    before = values(optimizer)
    for parameter, shape in zip(optimizer.params, ((2, 3), (1,), ()), strict=True):
        parameter.grad = np.ones(shape, dtype=np.float32)
    with pytest.raises(ValueError, match=r"\(1,\) for a parameter of shape \(3,\)"):
        optimizer.step()
    np.testing.assert_equal(values(optimizer), before)


def test_the_base_class_clears_gradients_and_cannot_step() -> None:
    optimizer = tt.Optimizer(parameters())
    for parameter in optimizer.params:
        parameter.sum().backward()
    with pytest.raises(NotImplementedError, match="Optimizer"):
        optimizer.step()
    optimizer.zero_grad()
    assert [parameter.grad for parameter in optimizer.params] == [None] * 3
