"""log_softmax, and cross-entropy of classes."""

from __future__ import annotations

import numpy as np

from graders.cp04_networks import scenarios
from graders.cp04_networks.inputs import (
    EXTREMES,
    LOGITS,
    PLACES,
    WORDS,
    batches,
    classes,
    long_sides,
    with_axis,
)
from tito.grading.authoring import example, given, integers, points, sampled_from, tensors

LOG = "test-log-softmax"
CROSS = "test-cross-entropy"
SEQUENCES = "test-cross-entropy-sequences"
FAR = "test-cross-entropy-extremes"

# Near 10,000 neighbours in float32 are 0.001 apart: a loss by x - logsumexp(x) is right within that.
_NEAR = 1.5e-3
# And the logarithm of a probability near 1 is near 0: it is as exact as x is, not as the result.
_CLOSE = 4e-6
_NO_CLASS = ("ValueError", "TypeError", "IndexError")
_WIDE = np.zeros((13, 17), dtype=np.float32)


@points(
    "2.5",
    "`log_softmax` along the last axis",
    hint="What do the powers of e of each row add up to?",
    cell=LOG,
)
@given(x=tensors(min_dims=1, min_side=1))
@example(x=LOGITS)
@example(x=WORDS)
def test_log_softmax(judge, x):
    judge.agrees(scenarios.log_softmax, x, atol=_CLOSE)


@points(
    "2",
    "`log_softmax` along the axis that is named",
    hint="Do the maximum and the sum go along the same axis?",
    cell=LOG,
)
@given(pair=with_axis())
@example(pair=(WORDS, 0))
@example(pair=(WORDS, 1))
@example(pair=(LOGITS[:, :2], 0))
@example(pair=(LOGITS, -2))
def test_log_softmax_along(judge, pair):
    judge.agrees(scenarios.log_softmax_along, *pair, atol=_CLOSE)


@points(
    "3",
    "`log_softmax` of numbers up to plus and minus 10,000: finite everywhere",
    hint="Is there a logarithm of a number that may have become 0? Has each row its own maximum?",
    cell=LOG,
)
@given(pair=with_axis(EXTREMES))
@example(pair=(np.float32([[0, 1e4], [-1e4, 0]]), 1))
@example(pair=(np.float32([[0, 1e4], [-1e4, 0]]), 0))
@example(pair=(np.float32([[1e4, 9990, 0], [-1e4, -9990, -1e4]]), -1))
@example(pair=(np.float32([[0, 104, 120], [30, 10, 0]]), -1))
def test_log_softmax_far(judge, pair):
    judge.agrees(scenarios.log_softmax_along, *pair, atol=_NEAR)


@points(
    "1",
    "`log_softmax` refuses an axis that is not there, and leaves its input alone",
    hint="What would the reader of your error want to know?",
    cell=LOG,
)
@given(dim=sampled_from([2, 3, -3]), x=tensors(min_dims=1, max_dims=2, min_side=1), _count=5)
@example(dim=2, x=LOGITS)
def test_log_softmax_input(judge, dim, x):
    judge.raises(scenarios.log_softmax_along, _WIDE, dim, errors=_NO_CLASS, mentions=["13", "17"])
    judge.agrees(scenarios.log_softmax_afterwards, x, atol=_CLOSE)


@points(
    "4",
    "Cross-entropy: the mean of the negative logarithms at the targets",
    hint="Of each row of log-probabilities, which one counts? Sum or mean? Are logits probabilities?",
    cell=CROSS,
)
@given(pair=batches())
@example(pair=(LOGITS, classes(2, 1)))
@example(pair=(LOGITS, classes(0, 0)))
@example(pair=(np.float32([[0, 1, 2], [0, 1, 2], [0, 1, 2]]), classes(0, 1, 2)))
def test_cross_entropy(judge, pair):
    judge.agrees(scenarios.cross_entropy, *pair, atol=1e-5)


@points(
    "1.5",
    "Cross-entropy of a batch is the mean of those of its examples, and knows only differences of logits",
    hint="What does a loss of a batch of 256 look like beside one of 64?",
    cell=CROSS,
)
@given(pair=batches(), shift=sampled_from([-64.0, 16.0, 256.0]), _count=6)
@example(pair=(LOGITS, classes(2, 1)), shift=16.0)
def test_cross_entropy_in_parts(judge, pair, shift):
    judge.agrees(scenarios.cross_entropy_in_parts, *pair, atol=1e-5)
    judge.agrees(scenarios.cross_entropy_shifted, *pair, shift, atol=1e-3)


@points(
    "1.5",
    "Targets as a tensor; the result is a tensor of shape (); inputs are left alone",
    hint="A tensor holds float32. How do you get positions from it?",
    cell=CROSS,
)
@given(pair=batches(), _count=6)
@example(pair=(LOGITS, classes(2, 1)))
def test_cross_entropy_result(judge, pair):
    judge.agrees(scenarios.cross_entropy_of_tensor, *pair, atol=1e-5)
    judge.agrees(scenarios.cross_entropy_by_forward, *pair, atol=1e-5)
    judge.agrees(scenarios.cross_entropy_afterwards, *pair, atol=1e-5)
    # A network from the classes' logits to themselves: a square weight, an offset, and tanh.
    x, targets = pair
    weight, bias = np.eye(x.shape[-1], dtype=np.float32), np.full(x.shape[-1], 0.5, dtype=np.float32)
    judge.agrees(scenarios.classes_of_network, x, weight, bias, targets, atol=1e-5)


@points(
    "2.5",
    "A target that is no class is refused",
    hint="What does position -1 mean in Python, and what in a list of classes?",
    cell=CROSS,
)
@given(wrong=sampled_from([-1, -2, 3, 12]), first=integers(0, 1), _count=5)
@example(wrong=-1, first=0)
@example(wrong=3, first=1)
def test_no_class(judge, wrong, first):
    targets = classes(wrong, 1) if first else classes(1, wrong)
    judge.raises(scenarios.cross_entropy, LOGITS, targets, errors=_NO_CLASS)
    judge.raises(scenarios.cross_entropy_of_tensor, LOGITS, np.float32([0.5, 1]), errors=_NO_CLASS)


@points(
    "1.5",
    "Targets that do not fit the logits are refused, and both shapes are named",
    hint="How many targets has a batch of 13? And what would the reader of your error want to know?",
    cell=CROSS,
)
@given(shape=sampled_from([(14,), (13, 17), (13, 1), (17,), (11,)]), _count=4)
@example(shape=(14,))
@example(shape=(13, 1))
@example(shape=(13, 17))
def test_cross_entropy_refused(judge, shape):
    targets = np.zeros(shape, dtype=np.int64)
    judge.raises(scenarios.cross_entropy, _WIDE, targets, mentions=long_sides((13, 17), shape))


@points(
    "3",
    "Cross-entropy at every place of a sequence",
    hint="With logits (N, T, C), over how many targets is the mean taken?",
    cell=SEQUENCES,
)
@given(pair=batches(leading=2))
@example(pair=(WORDS, PLACES))
@example(pair=(WORDS[:1], PLACES[:1]))
@example(pair=(np.swapaxes(WORDS, 0, 1), PLACES.T))
def test_sequences(judge, pair):
    judge.agrees(scenarios.cross_entropy, *pair, atol=1e-5)
    judge.agrees(scenarios.cross_entropy_of_tensor, *pair, atol=1e-5)


@points(
    "1",
    "Targets that do not fit a sequence are refused, and both shapes are named",
    hint="Which shape has one target for each place?",
    cell=SEQUENCES,
)
@given(shape=sampled_from([(11,), (11, 13), (12, 11), (132,), (11, 12, 13)]), _count=4)
@example(shape=(11,))
@example(shape=(12, 11))
@example(shape=(132,))
def test_sequences_refused(judge, shape):
    logits, targets = np.zeros((11, 12, 13), dtype=np.float32), np.zeros(shape, dtype=np.int64)
    judge.raises(scenarios.cross_entropy, logits, targets, mentions=long_sides((11, 12, 13), shape))


@points(
    "1",
    "A target in a sequence that is no class is refused",
    hint="Which classes are there, with logits (N, T, C)?",
    cell=SEQUENCES,
)
@given(wrong=sampled_from([-1, 4, 11]), place=integers(0, 5), _count=4)
@example(wrong=-1, place=4)
@example(wrong=4, place=0)
def test_sequences_no_class(judge, wrong, place):
    targets = PLACES.copy()
    targets[divmod(place, 3)] = wrong
    judge.raises(scenarios.cross_entropy, WORDS, targets, errors=_NO_CLASS)


@points(
    "3.5",
    "Cross-entropy of logits up to plus and minus 10,000: large, but finite",
    hint="How large is the loss of the logits 10,000 and -10,000, if the second was true?",
    cell=FAR,
)
@given(pair=batches(elements=EXTREMES))
@example(pair=(np.float32([[1e4, -1e4], [1e4, -1e4]]), classes(0, 1)))
@example(pair=(np.float32([[1e4, 9999, 0], [-1e4, -9999, -1e4]]), classes(1, 0)))
@example(pair=(np.float32([[0, 30, 120]]), classes(0)))
def test_far(judge, pair):
    judge.agrees(scenarios.cross_entropy, *pair, atol=_NEAR)


@points(
    "1.5",
    "Cross-entropy of sequences with logits up to plus and minus 10,000",
    hint="Has each place a maximum of its own?",
    cell=FAR,
)
@given(pair=batches(leading=2, elements=EXTREMES), _count=6)
@example(pair=(WORDS * np.float32(3000), PLACES))
def test_far_sequences(judge, pair):
    judge.agrees(scenarios.cross_entropy, *pair, atol=_NEAR)
