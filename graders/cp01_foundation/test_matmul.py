"""Matrix products."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import (
    MATRIX,
    SQUARE,
    exact,
    factors,
    factors_with_vector,
    filled,
    long_sides,
    stacked_factors,
)
from tito.grading.authoring import example, given, points, sampled_from

CELL = "test-matmul"
BATCH = "test-matmul-batch"


@points(
    "1.5",
    "Products of two matrices, an array on the left included",
    hint="Which shape has the product of shapes (2, 3) and (3, 4), and which row meets which column?",
    cell=CELL,
)
@given(pair=factors(), _count=8)
@example(pair=(SQUARE, SQUARE + 4))
@example(pair=(MATRIX, np.float32([[1], [2], [3]])))
def test_matrices(judge, pair):
    judge.agrees(scenarios.matmul, *pair)
    judge.agrees(scenarios.plain_on_the_left, "@", *pair)


@points(
    "1",
    "Products with vectors",
    hint="Is a vector on the left a row or a column? And on the right?",
    cell=CELL,
)
@given(pair=factors_with_vector(), _count=8)
@example(pair=(np.float32([1, 2]), np.float32([3, 4])))
@example(pair=(SQUARE, np.float32([1, -1])))
def test_vectors(judge, pair):
    judge.agrees(scenarios.matmul, *pair)


@points(
    "1",
    "Factors that do not fit are refused and named",
    hint="Which dimension of the left factor must equal which of the right? Say what they were.",
    cell=CELL,
)
@given(sides=sampled_from([((13, 14), (15, 16)), ((2, 13), (14, 2)), ((13,), (14, 2)), ((13, 14), (15,))]), _count=4)
@example(sides=((13, 14), (15, 16)))
@example(sides=((13, 14), (13, 14)))
@example(sides=((13, 14), ()))
def test_refused(judge, sides):
    judge.raises(scenarios.combine, "@", *map(filled, sides), mentions=long_sides(*sides))


@points(
    "2",
    "Products of stacks of matrices, leading axes broadcast",
    hint="What does NumPy do with the axes in front of the last two?",
    cell=BATCH,
)
@given(pair=stacked_factors(), _count=8)
@example(pair=(np.stack([SQUARE, SQUARE + 1]), np.stack([SQUARE - 1, SQUARE * 2])))
@example(pair=(np.stack([SQUARE, SQUARE + 1]), SQUARE - 2))
def test_stacks(judge, pair):
    judge.agrees(scenarios.matmul, *pair)


@points(
    "0.5",
    "Stacks that do not fit are refused and named",
    hint="Which leading axes broadcast, and which do not?",
    cell=BATCH,
)
@given(sides=sampled_from([((13, 2, 3), (14, 3, 2)), ((13, 2, 14), (13, 15, 2)), ((13, 1, 2, 3), (14, 1, 3, 2))]))
def test_stacks_refused(judge, sides):
    judge.raises(scenarios.combine, "@", *map(filled, sides), mentions=long_sides(*sides))


@points(
    "0.5",
    "A linear layer: a product plus a row",
    hint="To how many rows of the product is the bias added?",
    cell=BATCH,
)
@given(x=exact(shape=(2, 4, 3)), weight=exact(shape=(3, 2)), bias=exact(shape=(2,)), _count=5)
def test_linear_layer(judge, x, weight, bias):
    judge.agrees(scenarios.linear_layer, x, weight, bias)
