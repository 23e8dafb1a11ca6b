"""The solution of notebook 06 against the reference: long walks, what is remembered, what is refused."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinytorch_ref
from tests.content import notebooks
from tito.checks import difference


@pytest.fixture(scope="module")
def solution() -> types.SimpleNamespace:
    """All public names of modules 00 to 06, as the flat package has them."""
    with notebooks.earlier("06_optimizers") as modules:
        found = [*modules.values(), notebooks.load("06_optimizers")]
    return types.SimpleNamespace(**{key: value for module in found for key, value in vars(module).items()})


def f32(data: object) -> np.ndarray[Any, Any]:
    return np.asarray(data, dtype=np.float32)


KINDS: dict[str, Callable[..., Any]] = {
    "SGD": lambda tt, params: tt.SGD(params, lr=0.05),
    "SGD with weight decay": lambda tt, params: tt.SGD(params, lr=0.05, weight_decay=0.1),
    "momentum": lambda tt, params: tt.SGD(params, lr=0.01, momentum=0.9, weight_decay=0.01),
    "RMSprop": lambda tt, params: tt.RMSprop(params),
    "RMSprop with momentum": lambda tt, params: tt.RMSprop(
        params, lr=0.002, alpha=0.9, eps=1e-3, weight_decay=0.1, momentum=0.8
    ),
    "Adam": lambda tt, params: tt.Adam(params, lr=0.01),
    "Adam with weight decay": lambda tt, params: tt.Adam(params, 0.01, (0.8, 0.95), 1e-4, 0.1),
    "AdamW": lambda tt, params: tt.AdamW(params, lr=0.01, weight_decay=0.1),
    "AdamW as it comes": lambda tt, params: tt.AdamW(params),
}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def starts() -> list[np.ndarray[Any, Any]]:
    random = np.random.default_rng(4)
    return [f32(random.normal(size=shape)) for shape in ((3, 4), (4,), ())]


def walk(optimizer: Any, params: list[Any], steps: range) -> None:
    """Give the parameters gradients that depend on where they are; the last has one in every third step only."""
    for step in steps:
        optimizer.zero_grad()
        for number, p in enumerate(params):
            if number < 2 or step % 3 == 0:
                noise = np.random.default_rng([step, number]).normal(size=p.shape)
                p.backward(f32(np.sin(p.data) * (number + 1) + 0.3 * noise))
        optimizer.step()


@each_kind
def test_two_hundred_steps(solution: Any, kind: Callable[..., Any]) -> None:
    ends = []
    for tt in (solution, tinytorch_ref):
        params = [tt.Tensor(start, requires_grad=True) for start in starts()]
        walk(kind(tt, params), params, range(200))
        ends.append([p.data for p in params])
    assert difference(ends[0], ends[1], rtol=1e-4, atol=1e-5) is None, difference(ends[0], ends[1], rtol=1e-4)
    assert all(not np.array_equal(end, start) for end, start in zip(ends[0], starts(), strict=True))


@each_kind
def test_a_resumed_walk_is_the_same_to_the_last_bit(solution: Any, kind: Callable[..., Any]) -> None:
    params = [solution.Tensor(start, requires_grad=True) for start in starts()]
    optimizer = kind(solution, params)
    walk(optimizer, params, range(10))
    copies, state = [solution.Tensor(p.data, requires_grad=True) for p in params], optimizer.state_dict()
    walk(optimizer, params, range(10, 25))
    for _ in range(2):  # the state is as good the second time
        again = [solution.Tensor(p.data, requires_grad=True) for p in copies]
        resumed = kind(solution, again)
        resumed.load_state_dict(state)
        walk(resumed, again, range(10, 25))
        assert all(np.array_equal(p.data, q.data) for p, q in zip(params, again, strict=True))
        assert [p is q for p, q in zip(resumed.params, again, strict=True)] == [True] * 3


def test_settings_come_back_and_the_parameters_do_not(solution: Any) -> None:
    p, q = solution.Tensor([1, 2], requires_grad=True), solution.Tensor([3, 4], requires_grad=True)
    optimizer = solution.Adam([q])
    optimizer.load_state_dict(solution.Adam([p], 0.5, (0.1, 0.2), 0.3, 0.4).state_dict())
    settings = {name: getattr(optimizer, name) for name in ("lr", "beta1", "beta2", "eps", "weight_decay")}
    assert settings == {"lr": 0.5, "beta1": 0.1, "beta2": 0.2, "eps": 0.3, "weight_decay": 0.4}
    assert optimizer.params == [q]
    assert q.data.tolist() == [3, 4]


def test_a_state_of_another_shape_is_refused_and_changes_nothing(solution: Any) -> None:
    small, large = solution.Tensor([1, 2], requires_grad=True), solution.Tensor([[1, 2, 3]], requires_grad=True)
    optimizer, other = solution.SGD([small], lr=0.5, momentum=0.9), solution.SGD([large], lr=0.1, momentum=0.5)
    small.backward(f32([1, 1]))
    optimizer.step()
    with pytest.raises(ValueError, match=r"\(2,\).*\(1, 3\)"):
        other.load_state_dict(optimizer.state_dict())
    assert (other.lr, other.momentum, other.notes) == (0.1, 0.5, [{}])


@pytest.mark.parametrize(("kind", "copies"), [("SGD", 0), ("momentum", 1), ("RMSprop", 1), ("Adam", 2), ("AdamW", 2)])
def test_what_is_remembered(solution: Any, kind: str, copies: int) -> None:
    params = [solution.Tensor(start, requires_grad=True) for start in starts()]
    optimizer = KINDS[kind](solution, params)
    walk(optimizer, params, range(3))
    for p, notes in zip(params, optimizer.notes, strict=True):
        kept = [value for name, value in notes.items() if name != "t"]
        assert [(value.shape, value.dtype) for value in kept] == [(p.shape, np.float32)] * copies


@each_kind
def test_a_step_leaves_gradients_and_old_arrays_alone(solution: Any, kind: Callable[..., Any]) -> None:
    p = solution.Tensor([1, -2], requires_grad=True)
    optimizer = kind(solution, [p])
    p.backward(f32([3, 4]))
    for _ in range(2):
        before, kept = p.data, p.data.copy()
        notes, noted = optimizer.state_dict(), str(optimizer.state_dict())
        optimizer.step()
        assert p.grad.tolist() == [3, 4]
        assert np.array_equal(before, kept)
        assert str(notes) == noted
        assert type(p.data) is np.ndarray
        assert p.data.dtype == np.float32


def test_gradients_may_be_tensors(solution: Any) -> None:
    for make in KINDS.values():
        p, q = solution.Tensor(2, requires_grad=True), solution.Tensor(2, requires_grad=True)
        p.grad, q.grad = f32(3), solution.Tensor(3)
        for optimizer in (make(solution, [p]), make(solution, [q])):
            optimizer.step()
        assert np.array_equal(p.data, q.data)
        assert type(q.data) is np.ndarray


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("SGD", {"lr": -1}),
        ("SGD", {"momentum": -0.1}),
        ("SGD", {"weight_decay": float("nan")}),
        ("Adam", {"eps": -1e-8}),
        ("Adam", {"betas": (1.0, 0.5)}),
        ("AdamW", {"betas": (0.5, -0.5)}),
        ("RMSprop", {"alpha": 1.5}),
        ("RMSprop", {"lr": float("inf")}),
    ],
    ids=str,
)
def test_settings_without_sense_are_refused(solution: Any, kind: str, settings: dict[str, Any]) -> None:
    p = solution.Tensor(1, requires_grad=True)
    name = next(iter(settings)).removesuffix("s").replace("ep", "eps")
    with pytest.raises(ValueError, match=name):
        getattr(solution, kind)([p], **settings)


def test_the_network_of_module_05_learns_with_each_of_them(solution: Any) -> None:
    x, truth = solution.Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), solution.Tensor([[0], [1], [1], [0]])
    rates = {"SGD": (2.0, 800), "RMSprop": (0.02, 200), "Adam": (0.05, 200), "AdamW": (0.05, 200)}
    for kind, (lr, steps) in rates.items():
        solution.manual_seed(7)
        network = solution.Sequential(solution.Linear(2, 8), solution.Tanh(), solution.Linear(8, 1), solution.Sigmoid())
        optimizer = getattr(solution, kind)(network.parameters(), lr=lr)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = solution.MSELoss()(network(x), truth)
            loss.backward()
            optimizer.step()
        assert np.array_equal(network(x).data.round(), truth.data), kind
