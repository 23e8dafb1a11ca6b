"""One epoch, and epochs of accumulated gradients."""

from __future__ import annotations

import numpy as np

from graders.cp07_training import scenarios
from graders.cp07_training.inputs import LOOSE, cut, examples, rows, starts
from tito.grading.authoring import example, given, integers, points, sampled_from

EPOCH = "test-train-epoch"
ACCUMULATION = "test-accumulation"

_QUANTITIES = np.float32([[1, 2], [-1, 0.5], [0, 1], [2, -1], [1, 1]])


@points(
    "2.25",
    "A step for each batch: parameters and mean loss",
    hint="What happens between two batches, and in which order? Of which numbers do you return the mean?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(9), sizes=cut(3), _count=4)
def test_epoch(judge, start, data, sizes):
    judge.agrees(scenarios.epochs, *rows(start, data, sizes), "SGD", 1, **LOOSE)


@points(
    "1.25",
    "Several epochs, with momentum and with Adam",
    hint="How many steps does an epoch of three batches take? Does anything begin anew with each epoch?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(9), sizes=cut(3), name=sampled_from(["momentum", "Adam"]), _count=3)
def test_more_epochs(judge, start, data, sizes, name):
    judge.agrees(scenarios.epochs, *rows(start, data, sizes), name, 3, **LOOSE)


@points(
    "1",
    "Any loader and any loss",
    hint="Can your loader be walked through more than once? Does it have a length? Need it?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(8), sizes=cut(4, size=2), shift=integers(-2, 2), _count=3)
def test_loaders(judge, start, data, sizes, shift):
    judge.agrees(scenarios.epoch_of_a_generator, *rows(start, data, sizes), **LOOSE)
    y = _QUANTITIES[:, :1] * 2 + np.float32(shift)
    judge.agrees(scenarios.epoch_of_quantities, _QUANTITIES, y, [2, 2, 1], **LOOSE)


@points(
    "1",
    "Gradients from before the epoch do not count",
    hint="What is in `.grad` when the first batch comes?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(6), sizes=cut(2), _count=3)
def test_leftover(judge, start, data, sizes):
    judge.agrees(scenarios.epoch_after_a_gradient, *rows(start, data, sizes), **LOOSE)


@points(
    "1.25",
    "Gradients are clipped, if they are too long, before the step",
    hint="What is clipped, when, and to which length? And without `grad_clip_norm`?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(6), sizes=cut(2), name=sampled_from(["SGD", "momentum"]),
       max_norm=sampled_from([0.0625, 0.25, 100.0]), _count=5)  # fmt: skip
def test_clipped(judge, start, data, sizes, name, max_norm):
    judge.agrees(scenarios.epoch_clipped, *rows(start, data, sizes), name, max_norm, 1, **LOOSE)


@points(
    "1",
    "Each epoch has its learning rate from the schedule",
    hint="When does the optimizer get its learning rate, and which epoch is the first?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(6), sizes=cut(2), first=integers(1, 8), _count=3)
def test_scheduled(judge, start, data, sizes, first):
    rates = [first / 16, 0.5, 0.0, 0.25]
    judge.agrees(scenarios.epoch_scheduled, *rows(start, data, sizes), rates, **LOOSE)


@points(
    "0.75",
    "The network is told that it is training",
    hint="In which mode is a network after `eval()`? Who puts it back?",
    cell=EPOCH,
)
@given(start=starts(), data=examples(4), sizes=cut(2, size=2), _count=2)
def test_train_mode(judge, start, data, sizes):
    judge.agrees(scenarios.epoch_in_train_mode, *rows(start, data, sizes))


@points(
    "0.5",
    "A loader without a batch is refused",
    hint="What is the mean of no numbers?",
    cell=EPOCH,
)
@given(start=starts(), _count=1)
def test_no_batch(judge, start):
    judge.raises(scenarios.epoch_of_nothing, start, errors=["ValueError"])


def _same(judge, pair, message):
    big, small = pair
    judge.require(len(big) == len(small) == 4, "the network has four parameters")
    judge.require(all(np.allclose(one, other, rtol=1e-3, atol=1e-5) for one, other in zip(big, small, strict=True)),
                  message)  # fmt: skip


@points(
    "2.25",
    "Accumulated batches of equal size make the step of one big batch",
    hint="Of the gradients of three batches: do you take the sum or the mean?",
    cell=ACCUMULATION,
)
@given(start=starts(), data=examples(18), sizes=cut(6, equal=True), steps=sampled_from([2, 3, 6]), _count=4)
def test_big_batch(judge, start, data, sizes, steps):
    pair = judge.call(scenarios.accumulated, *rows(start, data, sizes), steps)
    _same(judge, pair, "accumulated gradients should make the step of the big batch")
    judge.agrees(scenarios.accumulated, *rows(start, data, sizes), steps, **LOOSE)


@points(
    "1.5",
    "What is left in the end makes a step as well, with the mean of what is left",
    hint="Of how many batches is the last group? Does it get its step, and by what do you divide there?",
    cell=ACCUMULATION,
)
@given(start=starts(), data=examples(15), sizes=cut(5, equal=True), steps=sampled_from([2, 3, 4, 7]), _count=5)
@example(start=[np.ones((3, 4), np.float32), np.zeros(4, np.float32), np.eye(4, 3, dtype=np.float32),
                np.zeros(3, np.float32)], data=(np.eye(5, 3, dtype=np.float32), [0, 1, 2, 1, 1]), sizes=[1] * 5,
         steps=3)  # fmt: skip
def test_remainder(judge, start, data, sizes, steps):
    pair = judge.call(scenarios.accumulated, *rows(start, data, sizes), steps)
    _same(judge, pair, "the last group should make the step of one big batch, like the others")
    judge.agrees(scenarios.accumulated, *rows(start, data, sizes), steps, **LOOSE)


@points(
    "1.25",
    "Losses are averaged over all batches, steps are counted by groups",
    hint="Five batches, two at a time: how many losses are there, and how many steps?",
    cell=ACCUMULATION,
)
@given(start=starts(), data=examples(15), sizes=cut(5), steps=sampled_from([1, 2, 3]),
       name=sampled_from(["SGD", "momentum", "Adam"]), _count=5)  # fmt: skip
def test_groups(judge, start, data, sizes, steps, name):
    judge.agrees(scenarios.accumulated_epochs, *rows(start, data, sizes), steps, name, **LOOSE)


@points(
    "1.25",
    "Clipping and accumulation: the mean is clipped",
    hint="The step uses one gradient: the mean of a group. How long may it be? Is each part of it clipped as well?",
    cell=ACCUMULATION,
)
@given(start=starts(), data=examples(12), sizes=cut(4), steps=sampled_from([2, 3]),
       max_norm=sampled_from([0.125, 0.25, 0.5]), _count=4)  # fmt: skip
def test_clipped_mean(judge, start, data, sizes, steps, max_norm):
    judge.agrees(scenarios.epoch_clipped, *rows(start, data, sizes), "SGD", max_norm, steps, **LOOSE)


@points(
    "0.75",
    "Fewer than one batch for a step is refused",
    hint="After how many batches should the first step come, if accumulation_steps is 0?",
    cell=ACCUMULATION,
)
@given(start=starts(), data=examples(4), wrong=integers(-3, 0), _count=2)
@example(start=[np.ones((3, 4), np.float32), np.zeros(4, np.float32), np.ones((4, 3), np.float32),
                np.zeros(3, np.float32)], data=(np.ones((2, 3), np.float32), [0, 1]), wrong=0)  # fmt: skip
def test_no_steps(judge, start, data, wrong):
    judge.raises(scenarios.accumulated_by, start, *data, wrong, errors=["ValueError"])
