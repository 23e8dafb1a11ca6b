"""Many epochs, and what is written down about them."""

from __future__ import annotations

import numpy as np

from graders.cp07_training import scenarios
from graders.cp07_training.inputs import LOOSE, cut, examples, rows, starts
from tito.grading.authoring import given, integers, points, sampled_from

FIT = "test-fit"


@points(
    "0.75",
    "Some epochs of training, and their history",
    hint="Which two numbers are written down after each epoch? What does `fit` return?",
    cell=FIT,
)
@given(start=starts(), data=examples(9), sizes=cut(3), name=sampled_from(["SGD", "Adam"]), count=integers(1, 4),
       _count=3)  # fmt: skip
def test_history(judge, start, data, sizes, name, count):
    judge.agrees(scenarios.fitted, *rows(start, data, sizes), name, count, 0, [], **LOOSE)


@points(
    "0.75",
    "With validation: loss and accuracy after each epoch, and the same training",
    hint="When is the network asked, before or after the epoch? And does it learn from what it is asked?",
    cell=FIT,
)
@given(start=starts(), data=examples(12), sizes=cut(3), held=integers(2, 5), count=integers(2, 4), _count=3)
def test_validation(judge, start, data, sizes, held, count):
    start, x, y, sizes = rows(start, data, sizes)
    answer = judge.call(scenarios.fitted, start, x, y, sizes, "SGD", count, min(held, len(x)), [])
    plain = judge.call(scenarios.fitted, start, x, y, sizes, "SGD", count, 0, [])
    judge.require(
        all(np.array_equal(one, other) for one, other in zip(answer[2], plain[2], strict=True)),
        "validation should not change what is learned",
    )
    judge.agrees(scenarios.fitted, start, x, y, sizes, "SGD", count, min(held, len(x)), [], **LOOSE)


@points(
    "0.5",
    "A schedule: each epoch is trained with its learning rate, and that is written down",
    hint="Is the learning rate in the history the one that this epoch was trained with?",
    cell=FIT,
)
@given(start=starts(), data=examples(6), sizes=cut(2), first=integers(1, 8), _count=3)
def test_schedule(judge, start, data, sizes, first):
    rates = [first / 16, 0.5, 0.0625, 0.25]
    judge.agrees(scenarios.fitted, *rows(start, data, sizes), "momentum", 4, 2, rates, **LOOSE)


@points(
    "0.5",
    "A second `fit` goes on where the first one ended",
    hint="Who counts the epochs? What does a second fit find in the history?",
    cell=FIT,
)
@given(start=starts(), data=examples(6), sizes=cut(2), total=integers(3, 5), first=integers(1, 2), _count=3)
def test_second_fit(judge, start, data, sizes, total, first):
    judge.agrees(scenarios.fitted_twice, *rows(start, data, sizes), 0.5, total, first, **LOOSE)


@points(
    "0.25",
    "Training and validation take turns, each in its mode",
    hint="In which mode is the network when the second epoch begins?",
    cell=FIT,
)
@given(start=starts(), data=examples(4), sizes=cut(2, size=2), count=integers(2, 3), _count=2)
def test_turns(judge, start, data, sizes, count):
    judge.agrees(scenarios.fitted_watched, *rows(start, data, sizes), count)


@points(
    "0.5",
    "A network from scratch learns which of two signs are equal",
    hint="Look at the history: does the loss fall? If it jumps, how long are the steps, and in which epochs?",
    cell=FIT,
)
@given(seed=integers(0, 99), _count=2)
def test_learns(judge, seed):
    x, y = _four_clouds(seed)
    history, answers = judge.call(scenarios.fitted_to_the_end, x, y, seed, 20)
    judge.require(answers.shape == (64, 2), "the network answers with two numbers for each example")
    right = float(np.mean(np.argmax(answers, axis=1) == np.array(y)))
    judge.require(right >= 0.95, f"after 20 epochs the network should know 95 % of the examples, not {right:.0%}")
    losses = history["train_loss"]
    judge.require(len(losses) == 20, "a loss for each of the 20 epochs")
    judge.require(losses[-1] < 0.6 * losses[0], "the loss should fall")


def _four_clouds(seed):
    """Return 64 points around (1, 1), (1, -1), (-1, 1) and (-1, -1); the class says whether the two signs differ."""
    rng = np.random.default_rng(seed)
    left, low = np.arange(64) % 4 // 2, np.arange(64) % 2
    x = np.stack([1 - 2 * left, 1 - 2 * low], axis=1) + rng.normal(size=(64, 2)) / 4
    return x.astype(np.float32), (left ^ low).tolist()
