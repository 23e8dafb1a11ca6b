"""The solution of notebook 07 against the reference: the schedule's curve, clipping, accumulation, resumed runs."""

from __future__ import annotations

import io
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinytorch_ref
from tests.content import notebooks
from tito.checks import difference

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def solution() -> types.SimpleNamespace:
    """All public names of modules 00 to 07, as the flat package has them."""
    with notebooks.earlier("07_training") as modules:
        found = [*modules.values(), notebooks.load("07_training")]
    return types.SimpleNamespace(**{key: value for module in found for key, value in vars(module).items()})


def draw(*shape: int, seed: int = 2) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def network(tt: Any, *, dropout: float = 0.0, seed: int = 3) -> Any:
    """Six inputs, eight hidden units, three classes, with the same weights in both packages."""
    layers = tt.Linear(6, 8), tt.Linear(8, 3)
    for number, layer in enumerate(layers):
        layer.weight.data = draw(*layer.weight.shape, seed=seed + number)
    return tt.Sequential(layers[0], tt.ReLU(), tt.Dropout(dropout), layers[1])


def batches(tt: Any, *sizes: int) -> list[tuple[Any, Array]]:
    return [
        (tt.Tensor(draw(size, 6, seed=10 + number)), np.arange(size) * (number + 1) % 3)
        for number, size in enumerate(sizes)
    ]


def weights(trainer: Any) -> list[Array]:
    return [parameter.data.copy() for parameter in trainer.model.parameters()]


def make(tt: Any, optimizer: str = "Adam", *, dropout: float = 0.0, **options: Any) -> Any:
    model = network(tt, dropout=dropout)
    return tt.Trainer(model, getattr(tt, optimizer)(model.parameters(), lr=0.05), tt.CrossEntropyLoss(), **options)


def assert_same(got: Any, expected: Any) -> None:
    assert difference(got, expected, rtol=1e-4, atol=1e-5) is None, difference(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rates", [(0.1, 0.0), (1.0, 0.25), (0.2, 0.2)], ids=str)
@pytest.mark.parametrize("total", [1, 2, 7, 30])
def test_the_whole_curve_of_the_schedule(solution: Any, rates: tuple[float, float], total: int) -> None:
    curves = [
        [tt.CosineSchedule(*rates, total).get_lr(t) for t in range(total + 5)] for tt in (solution, tinytorch_ref)
    ]
    assert curves[0] == pytest.approx(curves[1], abs=1e-12)
    assert curves[0][0] == rates[0]
    assert curves[0][total:] == [rates[1]] * 5


@pytest.mark.parametrize("limit", [0.5, 4.9, 5.0, 100.0])
def test_clipping_is_that_of_the_reference(solution: Any, limit: float) -> None:
    found = []
    for tt in (solution, tinytorch_ref):
        tensors = [tt.Tensor(draw(*shape), requires_grad=True) for shape in ((2, 3), (), (4,))]
        for tensor, message in zip(tensors[:2], (np.full((2, 3), 3 / 6**0.5), 4.0), strict=True):
            tensor.backward(np.float32(message))
        norm = tt.clip_grad_norm(iter(tensors), limit)
        found.append([norm, *(tensor.grad for tensor in tensors)])
    assert_same(*found)
    assert type(found[0][0]) is float
    assert found[0][3] is None


def test_long_gradients_do_not_overflow(solution: Any) -> None:
    tensor = solution.Tensor([1, 2], requires_grad=True)
    tensor.backward(np.float32([3e25, 4e25]))
    assert solution.clip_grad_norm([tensor], 10) == pytest.approx(5e25)
    assert_same(tensor.grad, np.float32([6, 8]))
    assert solution.clip_grad_norm([], 1) == 0


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop"])
@pytest.mark.parametrize("steps", [1, 2, 3, 9])
def test_training_is_that_of_the_reference(solution: Any, optimizer: str, steps: int) -> None:
    found = []
    for tt in (solution, tinytorch_ref):
        trainer = make(tt, optimizer, scheduler=tt.CosineSchedule(0.1, 0.01, 3), grad_clip_norm=0.5)
        losses = [trainer.train_epoch(batches(tt, 4, 4, 4, 2, 1), accumulation_steps=steps) for _ in range(3)]
        found.append([losses, weights(trainer), *trainer.evaluate(batches(tt, 5, 2))])
    assert_same(*found)


@pytest.mark.parametrize("pieces", [1, 2, 3, 6])
def test_accumulated_batches_make_the_step_of_one_large_batch(solution: Any, pieces: int) -> None:
    x, y = draw(12, 6), np.arange(12) % 3
    whole, split = make(solution, "SGD"), make(solution, "SGD")
    small = zip(np.split(x, pieces), np.split(y, pieces), strict=True)
    large = whole.train_epoch([(solution.Tensor(x), y)])
    assert split.train_epoch([(solution.Tensor(a), b) for a, b in small], pieces) == pytest.approx(large, rel=1e-5)
    assert_same(weights(split), weights(whole))


def test_an_epoch_that_fails_does_not_count(solution: Any) -> None:
    trainer = make(solution)
    before = weights(trainer)
    for wrong in (lambda: trainer.train_epoch([]), lambda: trainer.fit(iter([]), 1), lambda: trainer.evaluate([])):
        with pytest.raises(ValueError, match="empty"):
            wrong()
    for steps in (0, -1):
        with pytest.raises(ValueError, match=str(steps)):
            trainer.train_epoch(batches(solution, 2), accumulation_steps=steps)
    assert trainer.epoch == 0
    assert trainer.history == {"train_loss": [], "lr": []}
    assert_same(weights(trainer), before)


def test_a_generator_lasts_for_one_epoch(solution: Any) -> None:
    trainer = make(solution)
    with pytest.raises(ValueError, match="empty"):
        trainer.fit(iter(batches(solution, 2, 2)), 2)
    assert len(trainer.history["train_loss"]) == trainer.epoch == 1


def test_accuracy_counts_examples_and_needs_classes(solution: Any) -> None:
    answers = solution.Tensor([[[0, 1], [1, 0]], [[2, 3], [3, 2]]])
    assert solution.hits(answers, np.array([[1, 1], [1, 0]])).tolist() == [[True, False], [True, True]]
    assert solution.hits(answers, solution.Tensor([[1, 1], [1, 0]])).sum() == 3
    assert solution.hits(answers, answers).size == 0
    model = solution.Linear(2, 2)
    trainer = solution.Trainer(model, solution.SGD(model.parameters()), solution.MSELoss())
    loss, accuracy = trainer.evaluate([(solution.ones(3, 2), solution.ones(3, 2))])
    assert np.isfinite(loss)
    assert np.isnan(accuracy)


def test_evaluation_records_nothing_and_trains_nothing(solution: Any) -> None:
    trainer = make(solution, dropout=0.5)
    seen: list[bool] = []
    loss_fn = trainer.loss_fn
    trainer.loss_fn = lambda answers, y: seen.append(answers.requires_grad) or loss_fn(answers, y)
    before = weights(trainer)
    assert trainer.evaluate(batches(solution, 4)) == trainer.evaluate(batches(solution, 4))
    trainer.train_epoch(batches(solution, 4))
    assert seen == [False, False, True]
    assert trainer.model.layers[2].training
    assert difference(weights(trainer), before) is not None


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop"])
@pytest.mark.parametrize("name", ["run.npz", None], ids=["a path", "an open file"])
def test_a_resumed_run_is_the_unbroken_one(solution: Any, optimizer: str, name: str | None, tmp_path: Path) -> None:
    loader, validation = batches(solution, 4, 3), batches(solution, 5)

    def fresh() -> Any:
        schedule = solution.CosineSchedule(0.1, 0.0, 6)
        return make(solution, optimizer, dropout=0.3, scheduler=schedule, grad_clip_norm=1.0)

    solution.manual_seed(5)
    unbroken = fresh()
    unbroken.fit(loader, 6, validation)

    solution.manual_seed(5)
    broken = fresh()
    broken.fit(loader, 2, validation)
    place: Any = io.BytesIO() if name is None else tmp_path / name
    broken.save_checkpoint(place)
    broken.fit(loader, 4, validation)
    if name is None:
        place.seek(0)

    solution.manual_seed(99)
    resumed = fresh()
    resumed.load_checkpoint(place)
    history = resumed.fit(loader, 4, validation)
    assert history == unbroken.history == broken.history
    assert all((a == b).all() for a, b in zip(weights(resumed), weights(unbroken), strict=True))
    assert all((a == b).all() for a, b in zip(weights(broken), weights(unbroken), strict=True))


def test_a_checkpoint_is_no_pickle(solution: Any, tmp_path: Path) -> None:
    trainer = make(solution)
    trainer.fit(batches(solution, 4), 1)
    trainer.save_checkpoint(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as arrays:
        assert all(not arrays[name].dtype.hasobject for name in arrays.files)
    np.savez(tmp_path / "evil.npz", text=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        trainer.load_checkpoint(tmp_path / "evil.npz")


def test_another_model_is_refused_before_anything_changes(solution: Any) -> None:
    trainer, other = make(solution), solution.Linear(2, 3)
    stranger = solution.Trainer(other, solution.Adam(other.parameters()), solution.CrossEntropyLoss())
    stranger.fit([(solution.ones(2, 2), np.array([0, 1]))], 2)
    file = io.BytesIO()
    stranger.save_checkpoint(file)
    file.seek(0)
    before = weights(trainer)
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(6, 8\)"):
        trainer.load_checkpoint(file)
    assert trainer.epoch == 0
    assert_same(weights(trainer), before)


def test_states_of_any_shape_come_back(solution: Any) -> None:
    state = {
        "list": [1, 2.5, None, True, "ä", float("inf")],
        "tuple": (0.1, (1e-300,)),
        "dict": {0: {"deep": np.float32([[1, 2]])}, "": []},
        "array": np.int64(7),
        "big": 2**100,
    }
    file = io.BytesIO()
    np.savez(file, **solution.freeze(state))
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        back = solution.thaw(arrays)
    assert_same(back["dict"][0].pop("deep"), state["dict"][0].pop("deep"))  # type: ignore[index]
    assert back == state
    assert [type(value) for value in back["tuple"]] == [float, tuple]
