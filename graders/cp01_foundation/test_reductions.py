"""sum, mean and max."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import CUBE, EDGES, MATRIX, NOTHING, exact, numbered
from tito.grading.authoring import example, given, integers, points, sampled_from, st, tensors

SUM = "test-sum"
MEAN_MAX = "test-mean-max"

_AXIS_ERRORS = ("ValueError", "TypeError", "AxisError", "IndexError")
_SEVERAL = sampled_from([(0, 1), (0, 2), (-1, 0), (1, -1), (0, 1, 2)])
_MEAN_OR_MAX = sampled_from(["mean", "max"])


@points(
    "1",
    "`sum` of all elements and along one axis",
    hint="In a matrix of shape (2, 3), which axis is gone after `sum(axis=0)`?",
    cell=SUM,
)
@given(x=exact(min_dims=3, max_dims=3), axis=integers(-3, 2), _count=8)
@example(x=CUBE, axis=1)
@example(x=CUBE, axis=-1)
def test_sum(judge, x, axis):
    judge.agrees(scenarios.reduce_all, "sum", x)
    judge.agrees(scenarios.reduce_axis, "sum", x, axis)


@points(
    "1",
    "`sum` with `keepdims` leaves the axis with length 1",
    hint="Compare the shapes of `x.sum(axis=0)` and `x.sum(axis=0, keepdims=True)`.",
    cell=SUM,
)
@given(x=exact(min_dims=2, max_dims=2, min_side=1), axis=sampled_from([0, 1, -1, None]), _count=8)
@example(x=MATRIX, axis=0)
@example(x=MATRIX, axis=None)
def test_sum_keepdims(judge, x, axis):
    judge.agrees(scenarios.reduce_keeping, "sum", x, axis)


@points(
    "0.5",
    "`sum` over several axes at once",
    hint="What does NumPy take for `axis` besides an integer?",
    cell=SUM,
)
@given(x=numbered(3, 3), axes=_SEVERAL, keepdims=st.booleans(), _count=6)
@example(x=CUBE, axes=(-1, 0), keepdims=True)
def test_sum_several(judge, x, axes, keepdims):
    judge.agrees(scenarios.reduce_several, "sum", x, axes, keepdims)


@points(
    "1",
    "The sum of nothing is 0, infinities and NaN come through, an axis that is not there is refused",
    hint="Try shapes (0, 3) and (3, 0) along either axis. What did NumPy's own sum say?",
    cell=SUM,
)
@given(x=tensors(shape=(2, 3), elements=EDGES), axis=sampled_from([3, 13, -4]), side=integers(1, 4), _count=5)
@example(x=np.float32([[1, np.nan, 2], [np.inf, -np.inf, 2]]), axis=3, side=3)
def test_sum_edges(judge, x, axis, side):
    empty = np.zeros((0, side), dtype=np.float32)
    judge.agrees(scenarios.reduce_axis, "sum", empty, 0)
    judge.agrees(scenarios.reduce_axis, "sum", empty, 1)
    judge.agrees(scenarios.reduce_axis, "sum", x, 1)
    judge.raises(scenarios.reduce_axis, "sum", CUBE, axis, errors=_AXIS_ERRORS, mentions=[str(axis)])


@points(
    "1",
    "`mean` of all elements and along one axis",
    hint="By how many elements is each of these sums divided?",
    cell=MEAN_MAX,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=1), axis=integers(-3, 2), _count=8)
@example(x=CUBE, axis=1)
@example(x=CUBE, axis=-1)
def test_mean(judge, x, axis):
    judge.agrees(scenarios.reduce_all, "mean", x)
    judge.agrees(scenarios.reduce_axis, "mean", x, axis)


@points(
    "1",
    "`max` of all elements and along one axis, ties and negative numbers included",
    hint="What is the largest of -3, -1, -1?",
    cell=MEAN_MAX,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=1), axis=integers(-3, 2), _count=8)
@example(x=-1 - CUBE, axis=1)
@example(x=np.float32([[[-1, -1], [-3, -1]]]), axis=2)
def test_max(judge, x, axis):
    judge.agrees(scenarios.reduce_all, "max", x)
    judge.agrees(scenarios.reduce_axis, "max", x, axis)


@points(
    "0.5",
    "`mean` and `max` with `keepdims` and over several axes",
    hint="Which shape has the mean over the axes 0 and 2 of a tensor of shape (2, 3, 4)?",
    cell=MEAN_MAX,
)
@given(x=numbered(3, 3), name=_MEAN_OR_MAX, axes=_SEVERAL, axis=integers(-3, 2), _count=6)
@example(x=CUBE, name="mean", axes=(0, 2), axis=1)
@example(x=CUBE, name="max", axes=(0, 1), axis=-1)
def test_mean_max_several(judge, x, name, axes, axis):
    judge.agrees(scenarios.reduce_several, name, x, axes, False)
    judge.agrees(scenarios.reduce_several, name, x, axes, True)
    judge.agrees(scenarios.reduce_keeping, name, x, axis)
    judge.agrees(scenarios.reduce_keeping, name, x, None)


@points(
    "0.5",
    "Infinities and NaN come through `mean` and `max` as in NumPy",
    hint="What should the largest of 1, NaN and 2 be?",
    cell=MEAN_MAX,
)
@given(x=tensors(shape=(2, 3), elements=EDGES), name=_MEAN_OR_MAX, _count=6)
@example(x=np.float32([[1, np.nan, 2], [np.inf, 1, 2]]), name="max")
@example(x=np.float32([[1, np.nan, 2], [np.inf, 1, 2]]), name="mean")
def test_mean_max_edges(judge, x, name):
    judge.agrees(scenarios.reduce_axis, name, x, 1)


@points(
    "0.5",
    "`mean` and `max` refuse an axis that is not there, and `max` refuses nothing",
    hint="How many axes has the tensor, and which one was asked for?",
    cell=MEAN_MAX,
)
@given(name=_MEAN_OR_MAX, axis=sampled_from([3, 13, -4]), _count=4)
@example(name="mean", axis=3)
@example(name="max", axis=3)
def test_mean_max_refused(judge, name, axis):
    judge.raises(scenarios.reduce_axis, name, CUBE, axis, errors=_AXIS_ERRORS, mentions=[str(axis)])
    judge.raises(scenarios.reduce_axis, "max", NOTHING, 0)


@points(
    "0.5",
    "Standardised columns: reductions and arithmetic together",
    hint="Which shape have the means that are subtracted from the matrix?",
    cell=MEAN_MAX,
)
@given(x=exact(min_dims=2, max_dims=2, min_side=1), _count=5)
def test_standardise(judge, x):
    judge.agrees(scenarios.standardise, x, atol=1e-5)
