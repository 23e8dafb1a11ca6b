"""Binary cross-entropy of probabilities."""

from __future__ import annotations

import numpy as np

from graders.cp04_networks import scenarios
from graders.cp04_networks.inputs import HALVES, LABELS, PROBABILITIES, long_sides, pairs
from tito.grading.authoring import example, given, integers, points, sampled_from, st, tensors

CELL = "test-binary-cross-entropy"


@points(
    "3.5",
    "The mean of the negative logarithms of what was given to the truth",
    hint="Which term counts when the truth is 1, which when it is 0? Sum or mean?",
    cell=CELL,
)
@given(pair=pairs(PROBABILITIES, LABELS))
@example(pair=(np.float32([0.9, 0.2, 0.6]), np.float32([1, 0, 0])))
@example(pair=(np.float32([[0.25, 0.75], [0.5, 0.125]]), np.float32([[0, 0], [1, 1]])))
def test_binary(judge, pair):
    judge.agrees(scenarios.loss_of, "BinaryCrossEntropyLoss", *pair, rtol=1e-4, atol=1e-5)


@points(
    "1",
    "Truths between 0 and 1",
    hint="What does the formula say for a truth of one half?",
    cell=CELL,
)
@given(pair=pairs(PROBABILITIES, integers(0, 8).map(lambda k: k / 8), max_dims=2), _count=6)
@example(pair=(np.float32([0.25, 0.75]), np.float32([0.25, 0.5])))
def test_soft(judge, pair):
    judge.agrees(scenarios.loss_of, "BinaryCrossEntropyLoss", *pair, rtol=1e-4, atol=1e-5)


@points(
    "2",
    "Certain and right costs nothing, certain and wrong much, and neither is NaN or infinite",
    hint="What is 0 times the logarithm of 0? Does float32 know a number between 0.99999999 and 1?",
    cell=CELL,
)
@given(truths=st.lists(LABELS, min_size=1, max_size=5), _count=5)
@example(truths=[1.0, 0.0])
@example(truths=[1.0])
@example(truths=[0.0])
def test_certain(judge, truths):
    truths = np.float32(truths)
    right = judge.call(scenarios.loss_of, "BinaryCrossEntropyLoss", truths, truths)
    wrong = judge.call(scenarios.loss_of, "BinaryCrossEntropyLoss", 1 - truths, truths)
    for value in (right, wrong):
        judge.require(type(value) is np.ndarray and value.shape == (), "a loss should be a tensor of shape ()")
        judge.require(value.dtype == np.float32, "a loss should be float32")
        judge.require(bool(np.isfinite(value)), "the loss of certain predictions should be finite")
    judge.require(abs(float(right)) < 1e-4, "certain and right should cost nothing")
    judge.require(float(wrong) > 10, "certain and wrong should cost much")


@points(
    "1",
    "The result is a tensor of shape (), and inputs are left alone",
    hint="Is anything written in place? What is the shape of a mean over everything?",
    cell=CELL,
)
@given(pair=pairs(PROBABILITIES, LABELS, max_dims=2), _count=5)
@example(pair=(np.float32([[0.9, 0.25]]), np.float32([[1, 0]])))
def test_result(judge, pair):
    judge.agrees(scenarios.loss_by_forward, "BinaryCrossEntropyLoss", *pair, rtol=1e-4, atol=1e-5)
    judge.agrees(scenarios.loss_again, "BinaryCrossEntropyLoss", *pair, 1 - pair[0], rtol=1e-4, atol=1e-5)


@points(
    "1",
    "Two different shapes are refused and named, and so is what is no probability",
    hint="What is (13, 1) times (13,)? Did somebody pass logits?",
    cell=CELL,
)
@given(shapes=sampled_from([((13, 1), (13,)), ((12, 11), (11,)), ((17,), ())]), p=sampled_from([-0.25, 1.5]), _count=4)
@example(shapes=((13, 1), (13,)), p=1.5)
@example(shapes=((12, 11), (1, 11)), p=-0.25)
def test_refused(judge, shapes, p):
    halves = [np.full(shape, 0.5, dtype=np.float32) for shape in shapes]
    judge.raises(scenarios.loss_of, "BinaryCrossEntropyLoss", *halves, mentions=long_sides(*shapes))
    judge.raises(scenarios.loss_of, "BinaryCrossEntropyLoss", np.float32([0.5, p]), np.float32([1, 1]))


@points(
    "1",
    "Binary cross-entropy at the end of a network",
    hint="Does your loss take what a layer and a sigmoid give?",
    cell=CELL,
)
@given(x=tensors(elements=HALVES, shape=(3, 2)), weight=tensors(elements=HALVES, shape=(2, 4), layouts=False), _count=5)
def test_network(judge, x, weight):
    bias, targets = np.float32([0.5, -0.5, 0, 1]), np.float32([[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]])
    # A probability near 0 or 1 is rounded before its logarithm is taken.
    judge.agrees(scenarios.answers_of_network, x / 8, weight / 8, bias, targets, rtol=1e-4, atol=1e-4)
