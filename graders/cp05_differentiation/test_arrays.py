"""Matrix products, reductions, shapes and pieces."""

from __future__ import annotations

import numpy as np

from graders.cp05_differentiation import scenarios
from graders.cp05_differentiation.inputs import (
    CUBE,
    MATRIX,
    distinct,
    exact,
    factors,
    message,
    reductions,
)
from tito.grading.authoring import example, given, integers, points, sampled_from, st, tensors

MATMUL = "test-matmul-rule"
SUM_MEAN = "test-sum-mean-rules"
MAX = "test-max-rule"
SHAPE = "test-shape-rules"
INDEXING = "test-indexing-rule"

_SQUARE = np.float32([[1, 2], [3, 4]])


def _product(judge, pair):
    x, y = pair
    judge.agrees(scenarios.binary, "@", x, y, message(np.matmul(x, y).shape), atol=1e-4)


@points(
    "1",
    "The product of two matrices",
    hint="Which shape has the message, and which the gradient? What is the only product that fits?",
    cell=MATMUL,
)
@given(pair=factors("matrices"), _count=8)
@example(pair=(MATRIX, MATRIX.T))
@example(pair=(_SQUARE, _SQUARE + 1))
def test_matrices(judge, pair):
    _product(judge, pair)


@points(
    "1",
    "Products with a vector",
    hint="If a vector counts as a row or as a column, what is its gradient before and after that?",
    cell=MATMUL,
)
@given(pair=factors("vectors"), _count=8)
@example(pair=(np.float32([1, 2, 3]), np.float32([4, 5, 6])))
@example(pair=(MATRIX, np.float32([1, 0, -1])))
@example(pair=(np.float32([1, 2]), MATRIX))
def test_vectors(judge, pair):
    _product(judge, pair)


@points(
    "1.5",
    "Products of stacks of matrices",
    hint="Which axes does `.T` of a stack swap? What happens to a matrix that is used for the whole stack?",
    cell=MATMUL,
)
@given(pair=factors("stacks"), _count=12)
@example(pair=(CUBE, np.arange(8, dtype=np.float32).reshape(4, 2)))
@example(pair=(CUBE, np.arange(24, dtype=np.float32).reshape(2, 4, 3)))
@example(pair=(MATRIX, np.arange(12, dtype=np.float32).reshape(2, 3, 2)))
@example(pair=(CUBE.reshape(1, 2, 3, 4), np.arange(24, dtype=np.float32).reshape(3, 1, 4, 2)))
def test_stacks(judge, pair):
    _product(judge, pair)


def _reduced(judge, name, x, how, **tolerance):
    axis, keepdims = how
    shape = x.sum(axis=axis, keepdims=keepdims).shape
    judge.agrees(scenarios.reduce, name, x, axis, keepdims, message(shape), **tolerance)


@points(
    "1",
    "`sum` over one axis or all, kept or not",
    hint="Without keepdims the axis is gone: where does it go back in?",
    cell=SUM_MEAN,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=0, max_side=3), how=reductions(), _count=10)
@example(x=CUBE, how=(1, False))
@example(x=CUBE, how=(-1, True))
@example(x=np.ones((2, 2, 2), dtype=np.float32), how=(1, False))
def test_sum(judge, x, how):
    _reduced(judge, "sum", x, how)


@points(
    "1",
    "`mean` over one axis or all, kept or not",
    hint="Of how many numbers was each of these means taken?",
    cell=SUM_MEAN,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=1, max_side=4), how=reductions(), _count=10)
@example(x=CUBE, how=(1, False))
@example(x=CUBE, how=(-1, True))
@example(x=CUBE, how=(None, False))
def test_mean(judge, x, how):
    _reduced(judge, "mean", x, how)
    judge.agrees(scenarios.reduce_all, "mean", x)


@points(
    "1",
    "`sum` and `mean` over several axes, and a standardised table",
    hint="Which shape has the message of `sum(axis=(0, 2))`, and which must it get?",
    cell=SUM_MEAN,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=1, max_side=3), how=reductions(several=True), _count=6)
@example(x=CUBE, how=((0, 2), False))
@example(x=CUBE, how=((-1, 0), True))
def test_several_axes(judge, x, how):
    _reduced(judge, "sum", x, how)
    _reduced(judge, "mean", x, how)
    judge.agrees(scenarios.standardise, x[0], message(x[0].shape), rtol=1e-3, atol=1e-4)


@points(
    "1.25",
    "`max`: the gradient goes to the largest",
    hint="What changes when one of the others moves a little?",
    cell=MAX,
)
@given(x=distinct(), how=reductions(), more=reductions(several=True), _count=8)
@example(x=-1 - CUBE, how=(1, False), more=((0, 2), False))
@example(x=CUBE, how=(-1, True), more=((0, 1), True))
def test_max(judge, x, how, more):
    _reduced(judge, "max", x, how)
    _reduced(judge, "max", x, more)


@points(
    "0.75",
    "`max` of equal numbers: the shares add up to one message",
    hint="Three numbers share the first place. How much of the message may each get?",
    cell=MAX,
)
@given(x=tensors(shape=(3, 4), elements=sampled_from([0.0, 1.0, -1.0])), axis=sampled_from([0, 1]), _count=8)
@example(x=np.ones((2, 3), dtype=np.float32), axis=1)
@example(x=np.float32([[3, 1, 3], [2, 2, 2]]), axis=1)
def test_ties(judge, x, axis):
    largest = x.max(axis=axis, keepdims=True)
    g = 1 + np.abs(message(x.max(axis=axis).shape))
    (shares,) = judge.call(scenarios.reduce, "max", x, axis, False, g)
    judge.require(shares.shape == x.shape, "the gradient of a maximum has the shape of the tensor")
    judge.require((shares[x < largest] == 0).all(), "a number that is not the largest should get nothing")
    judge.require((shares >= 0).all(), "no share of a positive message should be negative")
    judge.require(
        np.allclose(shares.sum(axis=axis), g, rtol=1e-4), "the shares of one message should add up to that message"
    )


@points(
    "0.75",
    "`reshape`",
    hint="Into which shape must the message go back?",
    cell=SHAPE,
)
@given(x=exact(min_dims=2, max_dims=3), shift=integers(0, 2), _count=6)
@example(x=MATRIX, shift=1)
@example(x=MATRIX.T, shift=1)
def test_reshape(judge, x, shift):
    shape = (*x.shape[shift:], *x.shape[:shift])
    judge.agrees(scenarios.reshape, x, shape, message(shape))
    judge.agrees(scenarios.reshape_transposed, MATRIX, message((6,)))


@points(
    "1",
    "`transpose`, with and without axes",
    hint="Which swap undoes a swap?",
    cell=SHAPE,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=1), dim0=integers(-3, 2), dim1=integers(-3, 2), _count=8)
@example(x=CUBE, dim0=0, dim1=2)
@example(x=CUBE, dim0=-3, dim1=1)
def test_transpose(judge, x, dim0, dim1):
    judge.agrees(scenarios.transpose_two, x, dim0, dim1, message(np.swapaxes(x, dim0, dim1).shape))
    judge.agrees(scenarios.transpose, x, message(np.swapaxes(x, -1, -2).shape))
    judge.agrees(scenarios.transpose, x[0, 0], message(x[0, 0].shape))


@points(
    "1.25",
    "`permute`, with negative axes too",
    hint="After `permute(2, 0, 1)`, which order brings the axes back? Try it on a shape with three different sides.",
    cell=SHAPE,
)
@given(x=exact(min_dims=3, max_dims=3, min_side=1), axes=st.permutations([0, 1, 2]), negative=integers(0, 3), _count=8)
@example(x=CUBE, axes=[2, 0, 1], negative=0)
@example(x=CUBE, axes=[1, 2, 0], negative=2)
@example(x=np.ones((2, 2, 2), dtype=np.float32), axes=[1, 2, 0], negative=0)
def test_permute(judge, x, axes, negative):
    axes = [axis - 3 if place < negative else axis for place, axis in enumerate(axes)]
    judge.agrees(scenarios.permute, x, axes, message(np.transpose(x, axes).shape))


_ALL = ["slice", None, None, None]


@points(
    "0.75",
    "Slices, single elements and masks: what was not picked gets 0",
    hint="How large is the gradient of a tensor of which two numbers were picked?",
    cell=INDEXING,
)
@given(
    x=exact(shape=(3, 4)),
    parts=sampled_from([[1], [-1, 2], [_ALL, ["slice", 1, 3, None]], [["slice", None, None, -1]], ["...", 0], [0, 1]]),
    mask=tensors(shape=(3, 4), elements=sampled_from([0.0, 1.0])),
    _count=8,
)
@example(x=np.ones((3, 4), dtype=np.float32), parts=[_ALL, ["slice", None, None, -2]], mask=np.eye(3, 4))
def test_pieces(judge, x, parts, mask):
    where = np.asarray(mask > 0.5)
    picked = x[scenarios._index(parts)]
    judge.agrees(scenarios.pick, x, parts, message(picked.shape))
    judge.agrees(scenarios.pick_by_mask, x, where, message(x[where].shape))
    judge.agrees(scenarios.neighbours, x, message((2, 4)))


@points(
    "1.25",
    "Positions that were picked several times get the sum",
    hint="What does `array[[1, 1]] += 1` do to element 1? Try it.",
    cell=INDEXING,
)
@given(
    x=exact(shape=(3, 2)),
    rows=st.lists(integers(-3, 2), min_size=1, max_size=6),
    columns=st.lists(integers(0, 1), min_size=6, max_size=6),
    _count=8,
)
@example(x=np.zeros((3, 2), dtype=np.float32), rows=[2, 0, 2], columns=[1, 0, 1, 0, 0, 0])
@example(x=np.zeros((3, 2), dtype=np.float32), rows=[1, -2, 1], columns=[1, 1, 1, 0, 0, 0])
def test_repeats(judge, x, rows, columns):
    judge.agrees(scenarios.pick_rows, x, rows, message((len(rows), 2)))
    judge.agrees(scenarios.pick_pairs, x, rows, columns[: len(rows)], message((len(rows),)))
    judge.agrees(scenarios.pick_rows, x, [rows, rows], message((2, len(rows), 2)))
