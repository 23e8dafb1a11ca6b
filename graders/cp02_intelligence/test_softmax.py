"""Softmax and its logarithm: along one axis."""

from __future__ import annotations

import numpy as np

from graders.cp02_intelligence import scenarios
from graders.cp02_intelligence.inputs import CUBE, EXTREMES, FAR, LOGITS, extreme, small, with_axis
from tito.grading.authoring import example, given, integers, points, sampled_from

SOFTMAX = "test-softmax"
STABLE = "test-softmax-stable"
LOG = "test-log-softmax"

# The logarithm of a probability near 1 is near 0: x - logsumexp(x) is as exact as x is, not as the result.
_NEAR = 4e-6

_WIDE = np.zeros((13, 17), dtype=np.float32)
_WRONG_AXES = sampled_from([2, 3, -3, -5])


@points(
    "2",
    "Softmax along the last axis, whatever the number of axes",
    hint="In a tensor of shape (2, 3, 4), how many numbers add up to 1?",
    cell=SOFTMAX,
)
@given(x=small(min_dims=1, min_side=1))
@example(x=LOGITS)
@example(x=CUBE)
@example(x=np.float32([[[3]]]))
def test_softmax(judge, x):
    judge.agrees(scenarios.apply, "Softmax", x)
    judge.agrees(scenarios.apply_forward, "Softmax", x)


@points(
    "2.5",
    "Softmax along the axis that is named",
    hint="Which axis do the maximum and the sum go along? What does keepdims keep?",
    cell=SOFTMAX,
)
@given(pair=with_axis(min_dims=2))
@example(pair=(CUBE, 0))
@example(pair=(CUBE, 1))
@example(pair=(CUBE, -3))
@example(pair=(LOGITS, -2))
@example(pair=(LOGITS[:, :2], 0))
def test_softmax_along(judge, pair):
    x, dim = pair
    judge.agrees(scenarios.apply_along, "Softmax", x, dim)
    judge.agrees(scenarios.apply_along_by_place, "Softmax", x, dim)
    judge.agrees(scenarios.two_axes, "Softmax", x, dim, 0)


@points(
    "1",
    "Softmax refuses an axis that is not there, and names the shape",
    hint="Would the reader of your error know which shape the tensor had?",
    cell=SOFTMAX,
)
@given(dim=_WRONG_AXES, _count=4)
@example(dim=2)
def test_softmax_refused(judge, dim):
    judge.raises(scenarios.apply_along, "Softmax", _WIDE, dim, mentions=["13", "17"])


@points(
    "1",
    "Softmax makes a new tensor, and has nothing to learn",
    hint="Which numbers are in the input after the call?",
    cell=SOFTMAX,
)
@given(x=small(min_dims=1, max_dims=2, min_side=1), other=small(min_dims=1, min_side=1), _count=5)
def test_softmax_input(judge, x, other):
    judge.expects(scenarios.input_afterwards, "Softmax", x, value=[x, x], rtol=0, atol=0)
    judge.agrees(scenarios.what_comes_out, "Softmax", x)
    judge.agrees(scenarios.apply_twice, "Softmax", x, other)
    judge.expects(scenarios.parameters, "Softmax", value=[])


@points(
    "2.5",
    "Softmax of logits up to plus and minus 10,000: never NaN",
    hint="Which number could be subtracted from all logits without a change of the result?",
    cell=STABLE,
)
@given(x=extreme(min_dims=1, max_dims=2, min_side=1))
@example(x=FAR)
@example(x=np.float32([[89, 90, 91], [-200, -201, -202]]))
def test_softmax_far(judge, x):
    judge.agrees(scenarios.apply, "Softmax", x)


@points(
    "2",
    "Each row has a maximum of its own, along any axis",
    hint="Is the largest number of the whole tensor enough for a row of very negative ones?",
    cell=STABLE,
)
@given(pair=with_axis(EXTREMES, min_dims=2))
@example(pair=(np.float32([[1e4, 9990], [-1e4, -9990]]), 1))
@example(pair=(np.float32([[1e4, 9990], [-1e4, -9990]]).T, 0))
@example(pair=(CUBE * np.float32(1000), 1))
def test_softmax_far_along(judge, pair):
    judge.agrees(scenarios.apply_along, "Softmax", *pair)


@points(
    "1",
    "The same number added to all logits changes nothing; a temperature does",
    hint="What cancels in the quotient of two powers of e?",
    cell=STABLE,
)
@given(
    x=small(shape=(2, 3), layouts=False),
    shift=sampled_from([512.0, -512.0, 64.0]),
    degrees=sampled_from([0.25, 2.0, 8.0]),
    _count=6,
)
@example(x=LOGITS, shift=-512.0, degrees=0.25)
def test_softmax_shifted(judge, x, shift, degrees):
    # Adding a number rounds the sum; twice the size of that error is what a right program may show.
    judge.agrees(scenarios.shifted, "Softmax", x, shift, rtol=1e-3, atol=1e-4)
    judge.agrees(scenarios.temperature, x, degrees)


@points(
    "2.5",
    "LogSoftmax along the last axis",
    hint="Which base has the logarithm? And what do the powers of e of the result add up to?",
    cell=LOG,
)
@given(x=small(min_dims=1, min_side=1))
@example(x=LOGITS)
@example(x=CUBE)
def test_log_softmax(judge, x):
    judge.agrees(scenarios.apply, "LogSoftmax", x, atol=_NEAR)
    judge.agrees(scenarios.apply_forward, "LogSoftmax", x, atol=_NEAR)
    judge.agrees(scenarios.mean_log, x, atol=_NEAR)


@points(
    "2",
    "LogSoftmax along the axis that is named",
    hint="Does every part of the formula go along the same axis?",
    cell=LOG,
)
@given(pair=with_axis(min_dims=2))
@example(pair=(CUBE, 0))
@example(pair=(CUBE, 1))
@example(pair=(LOGITS[:, :2], 0))
def test_log_softmax_along(judge, pair):
    x, dim = pair
    judge.agrees(scenarios.apply_along, "LogSoftmax", x, dim, atol=_NEAR)
    judge.agrees(scenarios.apply_along_by_place, "LogSoftmax", x, dim, atol=_NEAR)
    judge.agrees(scenarios.two_axes, "LogSoftmax", x, dim, 0, atol=_NEAR)


@points(
    "3",
    "LogSoftmax of logits up to plus and minus 10,000: finite everywhere",
    hint="Is there a logarithm of a number that may have become 0?",
    cell=LOG,
)
@given(x=extreme(min_dims=1, max_dims=2, min_side=1), dim=integers(-1, 0))
@example(x=FAR, dim=0)
@example(x=np.float32([[0, 1e4], [-1e4, 0]]), dim=0)
@example(x=np.float32([[0, 104, 120], [-1e4, -1e4, -9990]]), dim=-1)
def test_log_softmax_far(judge, x, dim):
    # Near 10,000 neighbours in float32 are 0.001 apart: x - logsumexp(x) is right within that.
    judge.agrees(scenarios.apply_along, "LogSoftmax", x, dim, rtol=1e-5, atol=1.5e-3)


@points(
    "1.5",
    "LogSoftmax refuses an axis that is not there, makes a new tensor, and has nothing to learn",
    hint="What would the reader of your error want to know? Which numbers are in the input after the call?",
    cell=LOG,
)
@given(dim=_WRONG_AXES, x=small(min_dims=1, max_dims=2, min_side=1), _count=5)
@example(dim=2, x=LOGITS)
def test_log_softmax_input(judge, dim, x):
    judge.raises(scenarios.apply_along, "LogSoftmax", _WIDE, dim, mentions=["13", "17"])
    judge.expects(scenarios.input_afterwards, "LogSoftmax", x, value=[x, x], rtol=0, atol=0)
    judge.agrees(scenarios.what_comes_out, "LogSoftmax", x, atol=_NEAR)
    judge.expects(scenarios.parameters, "LogSoftmax", value=[])
