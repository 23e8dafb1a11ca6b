from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinytorch_ref as tt
from tinytorch_ref.core.graph import is_recording

Batches = list[tuple[tt.Tensor, Any]]


def network(seed: int = 0, drop: float = 0.0) -> tt.Sequential:
    tt.manual_seed(seed)
    return tt.Sequential(tt.Linear(3, 5), tt.Tanh(), tt.Dropout(drop), tt.Linear(5, 2))


def batches(*sizes: int) -> Batches:
    rng = np.random.default_rng(1)
    return [(tt.Tensor(rng.normal(size=(size, 3))), rng.integers(0, 2, size)) for size in sizes or (4, 4, 4)]


def trainer(model: tt.Sequential, optimizer: Any = None, **more: Any) -> tt.Trainer:
    return tt.Trainer(model, optimizer or tt.SGD(model.parameters(), lr=0.5), tt.CrossEntropyLoss(), **more)


def values(model: tt.Sequential) -> list[Any]:
    return [parameter.data.tolist() for parameter in model.parameters()]


@pytest.mark.parametrize(("top", "bottom", "total"), [(0.5, 0.1, 8), (1.0, 0.0, 1), (0.2, 0.2, 3)])
def test_a_schedule_falls_from_the_top_to_the_bottom_and_stays(top: float, bottom: float, total: int) -> None:
    schedule = tt.CosineSchedule(top, bottom, total)
    rates = [schedule.get_lr(epoch) for epoch in range(total + 4)]
    assert (rates[0], rates[total]) == (pytest.approx(top), pytest.approx(bottom))
    assert rates == sorted(rates, reverse=True)
    assert rates[total:] == [pytest.approx(bottom)] * 4
    assert tt.CosineSchedule(top, bottom, 2 * total).get_lr(total) == pytest.approx((top + bottom) / 2)


def test_a_schedule_of_wrong_numbers_is_refused() -> None:
    for numbers, found in (((0.1, 0.2, 3), "0.2"), ((0.1, -0.1, 3), "-0.1"), ((0.1, 0.0, 0), "total_epochs=0")):
        with pytest.raises(ValueError, match=found):
            tt.CosineSchedule(*numbers)
    with pytest.raises(ValueError, match="-1"):
        tt.CosineSchedule(0.1, 0.0, 3).get_lr(-1)


def with_gradients(*arrays: Any) -> list[tt.Tensor]:
    parameters = [tt.Tensor(np.ones_like(array), requires_grad=True) for array in arrays]
    for parameter, array in zip(parameters, arrays, strict=True):
        parameter.grad = np.float32(array)
    return parameters


def test_clipping_keeps_the_direction_of_all_gradients_together() -> None:
    one, two = with_gradients([3.0, 0.0], [[4.0]])
    idle = tt.Tensor([9.0], requires_grad=True)
    assert tt.clip_grad_norm([one, idle, two], 2.5) == pytest.approx(5.0)
    np.testing.assert_allclose(one.grad, [1.5, 0.0], rtol=1e-6)
    np.testing.assert_allclose(two.grad, [[2.0]], rtol=1e-6)
    assert idle.grad is None
    assert one.data.tolist() == [1, 1]


@pytest.mark.parametrize("max_norm", [5.0, 5.1, math.inf])
def test_a_short_gradient_is_not_touched(max_norm: float) -> None:
    one, two = with_gradients([3.0, 0.0], [4.0])
    assert tt.clip_grad_norm((each for each in (one, two)), max_norm) == 5.0
    assert (one.grad.tolist(), two.grad.tolist()) == ([3.0, 0.0], [4.0])  # type: ignore[union-attr]


def test_clipping_at_extremes() -> None:
    assert tt.clip_grad_norm([], 1.0) == 0.0
    assert tt.clip_grad_norm(with_gradients([0.0, 0.0]), 0.0) == 0.0
    (huge,) = with_gradients([3e30, 4e30])
    assert tt.clip_grad_norm([huge], 5.0) == pytest.approx(5e30)
    np.testing.assert_allclose(huge.grad, [3.0, 4.0], rtol=1e-6)
    for wrong in (-1.0, math.nan):
        with pytest.raises(ValueError, match=str(wrong)):
            tt.clip_grad_norm([huge], wrong)


def test_a_gradient_that_is_a_tensor_is_clipped_and_averaged_too() -> None:
    (parameter,) = with_gradients([3.0, 4.0])
    parameter.grad = tt.Tensor([3.0, 4.0])  # type: ignore[assignment]
    assert tt.clip_grad_norm([parameter], 10.0) == 5.0
    tt.clip_grad_norm([parameter], 1.0)
    np.testing.assert_allclose(parameter.grad, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 9])
def test_accumulated_batches_are_one_big_batch(steps: int) -> None:
    small, big = network(), network()
    data = batches(4, 4, 4, 4, 4)
    groups = [data[start : start + steps] for start in range(0, 5, steps)]
    together = [
        (tt.Tensor(np.concatenate([x.data for x, _ in group])), np.concatenate([y for _, y in group]))
        for group in groups
    ]
    loss = trainer(small).train_epoch(data, steps)
    trainer(big).train_epoch(together)
    for one, other in zip(values(small), values(big), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    if steps > 4:  # one step, after all losses
        assert loss == pytest.approx(trainer(network()).evaluate(data)[0])


def test_an_epoch_forgets_gradients_before_and_after() -> None:
    clean, dirty = network(), network()
    for parameter in dirty.parameters():
        parameter.grad = np.ones_like(parameter.data)
    for model in (clean, dirty):
        trainer(model).train_epoch(batches())
        assert all(parameter.grad is None for parameter in model.parameters())
    assert values(clean) == values(dirty)


def test_an_epoch_trains_even_after_eval_and_evaluation_does_not() -> None:
    model = network(drop=1.0)  # while training, the output is the last bias
    teacher = trainer(model)
    model.eval()
    assert teacher.train_epoch(batches(4)) == pytest.approx(math.log(2))
    before = values(model)
    assert teacher.evaluate(batches()) == teacher.evaluate(batches())
    assert values(model) == before
    assert all(parameter.grad is None for parameter in model.parameters())
    assert np.ptp(model(batches(4)[0][0]).data, axis=0).tolist() == [0, 0]  # it is training again


def test_evaluation_leaves_the_mode_as_it_was_and_records_nothing() -> None:
    model = network(drop=1.0)
    seen = []

    def loss(predictions: tt.Tensor, y: Any) -> tt.Tensor:
        seen.append(is_recording())
        return tt.CrossEntropyLoss()(predictions, y)

    model.eval()
    tt.Trainer(model, tt.SGD(model.parameters()), loss).evaluate(batches(4))
    assert (seen, model.training) == ([False], False)
    model.train()
    with pytest.raises(RuntimeError, match="broken"):
        trainer(model).evaluate(broken())
    assert (model.training, is_recording()) == (True, True)


def broken() -> Iterator[tuple[tt.Tensor, Any]]:
    yield batches(4)[0]
    raise RuntimeError("the disk is broken")


def test_accuracy_counts_samples_and_loss_counts_batches() -> None:
    model = tt.Sequential()
    teacher = tt.Trainer(model, tt.SGD([tt.zeros(1)]), tt.CrossEntropyLoss())
    right, wrong = (tt.Tensor([[0.0, 5.0]] * 3), [1, 1, 1]), (tt.Tensor([[0.0, 5.0]]), [0])
    loss, accuracy = teacher.evaluate([right, wrong])
    assert accuracy == 0.75
    assert loss == pytest.approx((math.log1p(math.exp(-5)) + 5 + math.log1p(math.exp(-5))) / 2, rel=1e-5)
    assert (type(loss), type(accuracy)) == (float, float)
    words = (tt.Tensor([[[0.0, 5.0], [5.0, 0.0]]]), tt.Tensor([[1, 1]]))
    assert teacher.evaluate([words])[1] == 0.5


def test_without_class_numbers_there_is_no_accuracy() -> None:
    teacher = tt.Trainer(tt.Sequential(), tt.SGD([tt.zeros(1)]), tt.MSELoss())
    loss, accuracy = teacher.evaluate([(tt.Tensor([[1.0]]), tt.Tensor([[3.0]]))])
    assert loss == 4.0
    assert math.isnan(accuracy)


@pytest.mark.parametrize("steps", [0, -2])
def test_fewer_than_one_batch_a_step_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match=str(steps)):
        trainer(network()).train_epoch(batches(), accumulation_steps=steps)


def test_an_empty_loader_is_refused() -> None:
    teacher = trainer(network())
    for ask in (teacher.train_epoch, teacher.evaluate, lambda loader: teacher.fit(loader, 1)):
        with pytest.raises(ValueError, match="empty"):
            ask([])
    assert (teacher.epoch, teacher.history) == (0, {"train_loss": [], "lr": []})


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="grad_clip_norm"):
        trainer(network(), grad_clip_norm=0.0)


def test_the_schedule_counts_the_epochs_of_a_trainers_life() -> None:
    model = network()
    teacher = trainer(model, scheduler=tt.CosineSchedule(0.4, 0.0, 4))
    teacher.train_epoch(batches())
    history = teacher.fit(batches(), 2)
    assert history is teacher.history
    assert history["lr"] == pytest.approx([0.4 * (1 + math.cos(math.pi * epoch / 4)) / 2 for epoch in (1, 2)])
    assert teacher.fit(batches(), 2, batches(3))["lr"][2:] == pytest.approx([0.4 * (1 - math.sqrt(0.5)) / 2, 0])
    assert {name: len(told) for name, told in history.items()} == {
        "train_loss": 4, "lr": 4, "val_loss": 2, "val_accuracy": 2,
    }  # fmt: skip
    assert teacher.fit(batches(), 0) == history


OPTIMIZERS = {
    "SGD": lambda parameters: tt.SGD(parameters, lr=0.1, momentum=0.9),
    "Adam": lambda parameters: tt.Adam(parameters, lr=0.05),
    "AdamW": lambda parameters: tt.AdamW(parameters, lr=0.05),
    "RMSprop": lambda parameters: tt.RMSprop(parameters, lr=0.05, momentum=0.5),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_resumed_run_equals_an_unbroken_one(name: str, tmp_path: Path) -> None:
    def begin(seed: int) -> tuple[tt.Sequential, tt.Trainer]:
        model = network(seed, drop=0.5)
        schedule = tt.CosineSchedule(0.1, 0.01, 5)
        return model, trainer(model, OPTIMIZERS[name](model.parameters()), scheduler=schedule, grad_clip_norm=0.5)

    unbroken, teacher = begin(0)
    teacher.fit(batches(), 2, batches(3))
    teacher.save_checkpoint(tmp_path / "run.npz")
    told = teacher.fit(batches(), 3, batches(3))
    resumed, later = begin(7)
    later.load_checkpoint(tmp_path / "run.npz")
    assert later.epoch == 2
    assert later.fit(batches(), 3, batches(3)) == told
    assert values(resumed) == values(unbroken)


def test_a_checkpoint_of_another_network_or_optimizer_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    trainer(network()).save_checkpoint(path)
    other = tt.Sequential(tt.Linear(3, 4))
    same = network(3)
    for model, optimizer, found in (
        (other, tt.SGD(other.parameters()), r"\(3, 5\).*\(3, 4\)"),
        (same, tt.Adam(same.parameters()), "betas"),
    ):
        before = values(model)
        teacher = trainer(model, optimizer)
        with pytest.raises(ValueError, match=found):
            teacher.load_checkpoint(path)
        assert (values(model), teacher.epoch) == (before, 0)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    teacher = trainer(network())
    tt.core.checkpoints.write_checkpoint(tmp_path / "other.npz", {"epoch": 1})
    with pytest.raises(ValueError, match=r"other\.npz is no checkpoint"):
        teacher.load_checkpoint(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        teacher.load_checkpoint(tmp_path / "absent.npz")
