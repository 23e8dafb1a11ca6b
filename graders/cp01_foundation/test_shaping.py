"""reshape, transpose and permute."""

from __future__ import annotations

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import CUBE, MATRIX, NOTHING, filled, long_sides, numbered
from tito.grading.authoring import example, given, integers, points, sampled_from, st

RESHAPE = "test-reshape"
TRANSPOSE = "test-transpose"


@points(
    "1.5",
    "`reshape` keeps the elements in row-major order",
    hint="In which order are the elements of a matrix read: row after row, or column after column?",
    cell=RESHAPE,
)
@given(x=numbered(2, 3), shift=integers(1, 2), _count=8)
@example(x=MATRIX, shift=1)
@example(x=MATRIX.T, shift=1)
@example(x=NOTHING, shift=1)
def test_reshape(judge, x, shift):
    judge.agrees(scenarios.reshape, x, (*x.shape[shift:], *x.shape[:shift]))
    judge.agrees(scenarios.reshape, x, (x.size,))


@points(
    "1",
    "One dimension of `reshape` may be -1",
    hint="How could the missing dimension be worked out from the others?",
    cell=RESHAPE,
)
@given(x=numbered(1, 3), place=sampled_from([0, -1]), _count=8)
@example(x=CUBE, place=0)
def test_reshape_open(judge, x, place):
    shape = list(x.shape)
    shape[place] = -1
    judge.agrees(scenarios.reshape, x, shape)
    judge.agrees(scenarios.reshape, x, (-1,))


@points(
    "0.5",
    "A shape that does not hold the elements is refused and named",
    hint="Would the reader of your error know what was asked for?",
    cell=RESHAPE,
)
@given(shape=sampled_from([(13, 3), (17,), (13, -1), (1, 19)]), _count=4)
@example(shape=(17,))
def test_reshape_refused(judge, shape):
    judge.raises(scenarios.reshape, filled((2, 3)), shape, mentions=long_sides(shape))


@points(
    "0.5",
    "`transpose` swaps the last two axes by default, and `.T` does so for a matrix",
    hint="A stack of matrices has an axis in front. What should happen to it?",
    cell=TRANSPOSE,
)
@given(x=numbered(2, 4), matrix=numbered(2, 2), _count=8)
@example(x=CUBE, matrix=MATRIX)
def test_transpose(judge, x, matrix):
    judge.agrees(scenarios.transpose, x)
    judge.agrees(scenarios.attribute_t, matrix)


@points(
    "1",
    "`transpose` swaps the two axes that are named",
    hint="Which axes stay where they are? What does axis -1 mean?",
    cell=TRANSPOSE,
)
@given(x=numbered(3, 3), dim0=integers(-3, 2), dim1=integers(-3, 2), _count=8)
@example(x=CUBE, dim0=0, dim1=2)
@example(x=CUBE, dim0=-3, dim1=1)
def test_transpose_two(judge, x, dim0, dim1):
    judge.agrees(scenarios.transpose_two, x, dim0, dim1)


@points(
    "0.5",
    "A tensor that was transposed is reshaped in its new order",
    hint="Reshape works on what the tensor shows, not on how its memory lies.",
    cell=TRANSPOSE,
)
@given(x=numbered(2, 2, min_side=2), _count=5)
@example(x=MATRIX)
def test_reshape_transposed(judge, x):
    judge.agrees(scenarios.reshape_transposed, x, (x.size,))


@points(
    "1",
    "`permute` puts the axes in the order that is named; wrong axes are refused",
    hint="With `permute(2, 0, 1)`, which of the old axes comes first? Each must be named how often?",
    cell=TRANSPOSE,
)
@given(
    x=numbered(3, 3),
    axes=st.permutations([0, 1, 2]),
    negative=integers(0, 3),
    wrong=sampled_from([(0, 1), (0, 1, 1), (0, 1, 3), (0, 1, 2, 3)]),
    _count=8,
)
@example(x=CUBE, axes=[2, 0, 1], negative=0, wrong=(0, 1))
@example(x=CUBE, axes=[1, 2, 0], negative=2, wrong=(0, 1, 1))
def test_permute(judge, x, axes, negative, wrong):
    axes = [axis - 3 if place < negative else axis for place, axis in enumerate(axes)]
    judge.agrees(scenarios.permute, x, axes)
    judge.raises(scenarios.permute, CUBE, wrong, errors=("ValueError", "TypeError", "AxisError", "IndexError"))
