"""Plain values on the left of an operator, and comparisons."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import COLUMN, EDGES, MATRIX, ROW, exact
from tito.grading.authoring import broadcastable, example, given, points, sampled_from, scalars, tensors

CELL = "test-reflected"
COMPARISONS = "test-comparisons"

_X = np.float32([1, 4, -8])


@points(
    "1",
    "A number on the left of `-` and `/`",
    hint="In `2 - x`, which operand does Python ask first, and whom does it ask next?",
    cell=CELL,
)
@given(number=scalars(), x=tensors(max_dims=2), sign=sampled_from("-/"), _count=8)
@example(number=2, x=_X, sign="-")
@example(number=2, x=_X, sign="/")
def test_number_on_the_left(judge, number, x, sign):
    judge.agrees(scenarios.plain_on_the_left, sign, number, x)


@points(
    "1",
    "A number on the left of `+`, `*` and `**`",
    hint="Is `2 ** x` the same as `x ** 2`?",
    cell=CELL,
)
@given(number=sampled_from([0.5, 1.5, 2, 3]), x=exact(max_dims=2), _count=8)
@example(number=3, x=_X)
def test_number_on_the_left_of_more(judge, number, x):
    judge.agrees(scenarios.plain_on_the_left, "+", number, x)
    judge.agrees(scenarios.plain_on_the_left, "*", number, x)
    judge.agrees(scenarios.plain_on_the_left, "**", number, x)


@points(
    "2",
    "An array on the left gives one tensor",
    hint="NumPy is asked first here. What does it do with an operand that it does not know?",
    cell=CELL,
)
@given(pair=broadcastable(min_side=1), sign=sampled_from("+-*/"), _count=8)
@example(pair=(ROW, MATRIX), sign="+")
@example(pair=(COLUMN, MATRIX), sign="-")
@example(pair=(ROW, MATRIX), sign="*")
@example(pair=(COLUMN, MATRIX), sign="/")
@example(pair=(np.float32([[1], [2]]), np.float32([3, 2])), sign="**")
def test_array_on_the_left(judge, pair, sign):
    judge.agrees(scenarios.plain_on_the_left, sign, *pair)


@points(
    "1",
    "`>` and `<` between tensors give 1 where they hold and 0 elsewhere",
    hint="Is an element greater than itself? Which dtype has every tensor?",
    cell=COMPARISONS,
)
@given(pair=broadcastable(), _count=8)
@example(pair=(np.float32([1, 2, 3]), np.float32([3, 2, 1])))
@example(pair=(MATRIX, ROW - 17))
def test_comparisons(judge, pair):
    judge.agrees(scenarios.compare, *pair)


@points(
    "1",
    "`>` and `<` with a number on either side",
    hint="Which method does Python call for `2 > x`? And how does NaN compare with a number?",
    cell=COMPARISONS,
)
@given(x=tensors(shape=(2, 3), elements=EDGES), number=sampled_from([0, 1, -1.5]), _count=6)
@example(x=MATRIX, number=3)
def test_comparisons_with_numbers(judge, x, number):
    judge.agrees(scenarios.compare_with_number, x, number)
