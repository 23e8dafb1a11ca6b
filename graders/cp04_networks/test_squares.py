"""The mean squared error."""

from __future__ import annotations

import numpy as np

from graders.cp04_networks import scenarios
from graders.cp04_networks.inputs import EXTREMES, LOGITS, long_sides, pairs
from tito.grading.authoring import example, given, points, sampled_from

CELL = "test-mse"


@points(
    "4",
    "The mean of squared differences, in any shape",
    hint="Square first or average first? By how many numbers is the sum divided?",
    cell=CELL,
)
@given(pair=pairs())
@example(pair=(LOGITS, LOGITS[:, ::-1]))
@example(pair=(np.float32([[[1, 2]], [[3, 5]]]), np.zeros((2, 1, 2), dtype=np.float32)))
def test_mean(judge, pair):
    judge.agrees(scenarios.loss_of, "MSELoss", *pair)
    judge.agrees(scenarios.loss_both_ways, "MSELoss", *pair)


@points(
    "2",
    "The result is a tensor of shape () that can be computed with",
    hint="What is the shape of a mean over everything? Is it still a tensor?",
    cell=CELL,
)
@given(pair=pairs(max_dims=2), _count=6)
@example(pair=(LOGITS, -LOGITS))
def test_result(judge, pair):
    judge.agrees(scenarios.loss_by_forward, "MSELoss", *pair)


@points(
    "2.5",
    "Two different shapes are refused and named, even if they broadcast",
    hint="What is (13, 1) minus (13,)? How many differences do you want?",
    cell=CELL,
)
@given(shapes=sampled_from([((13, 1), (13,)), ((12, 11), (11,)), ((17,), ()), ((14, 15), (15, 14))]), _count=4)
@example(shapes=((13, 1), (13,)))
@example(shapes=((12, 11), (1, 11)))
@example(shapes=((14, 15), (15, 14)))
@example(shapes=((12,), (16,)))
def test_refused(judge, shapes):
    filled = [np.ones(shape, dtype=np.float32) for shape in shapes]
    judge.raises(scenarios.loss_of, "MSELoss", *filled, mentions=long_sides(*shapes))


@points(
    "1.5",
    "Numbers up to 10,000; one loss for many batches, which leaves its inputs alone",
    hint="Is anything written in place, or kept from the call before?",
    cell=CELL,
)
@given(pair=pairs(EXTREMES, EXTREMES, max_dims=2), factor=sampled_from([0.5, 2.0]), _count=6)
@example(pair=(np.float32([1e4, -1e4, 1e4]), np.float32([-1e4, 1e4, 1e4])), factor=0.5)
def test_again(judge, pair, factor):
    judge.agrees(scenarios.loss_again, "MSELoss", *pair, pair[0] * np.float32(factor))
