"""The operators between tensors, and with plain values on the right."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import (
    COLUMN,
    EDGES,
    MATRIX,
    POSITIVE,
    ROW,
    SQUARE,
    exact,
    filled,
    long_sides,
    numbered,
)
from tito.grading.authoring import broadcastable, example, given, points, sampled_from, scalars, tensors

DISPATCH = "test-dispatch"
CELL = "test-arithmetic"

_UNFIT = sampled_from([((13, 14), (13, 15)), ((13,), (14,)), ((2, 17), (16, 1, 18))])


@points(
    "1",
    "Sums of tensors, shapes broadcast",
    hint="Which shape has the sum of shapes (2, 1) and (3,)?",
    cell=DISPATCH,
)
@given(pair=broadcastable(), _count=8)
@example(pair=(COLUMN, ROW))
@example(pair=(MATRIX, MATRIX))
def test_add(judge, pair):
    judge.agrees(scenarios.combine, "+", *pair)


@points(
    "0.5",
    "A tensor plus a number or an array is float32",
    hint="What if the other operand is no tensor? And which dtype must the result have?",
    cell=DISPATCH,
)
@given(x=exact(max_dims=2), number=scalars(), array=exact(shape=(3, 1, 1)), _count=6)
@example(x=MATRIX, number=2, array=np.float32([[[1]], [[2]], [[4]]]))
def test_add_plain(judge, x, number, array):
    judge.agrees(scenarios.plain_on_the_right, "+", x, number)
    judge.agrees(scenarios.plain_on_the_right, "+", x, array)
    judge.agrees(scenarios.double_on_the_right, "+", x, array)


@points(
    "0.5",
    "Minus in front of a tensor",
    hint="Which special method does Python call for `-x`?",
    cell=DISPATCH,
)
@given(x=tensors(), _count=6)
@example(x=np.float32([1, -2, 0]))
def test_neg(judge, x):
    judge.agrees(scenarios.negate, x)


@points(
    "0.5",
    "A sum leaves its operands as they were; shapes that do not broadcast are refused and named",
    hint="Does your code write into an operand's data? Which two facts should the error tell?",
    cell=DISPATCH,
)
@given(x=numbered(2, 2), sides=_UNFIT, _count=6)
@example(x=MATRIX, sides=((13, 14), (15, 14)))
def test_add_operands(judge, x, sides):
    judge.agrees(scenarios.combine_and_look_back, "+", x, x + 1)
    judge.raises(scenarios.combine, "+", *map(filled, sides), mentions=long_sides(*sides))


@points(
    "0.5",
    "The engine is told of each operation: its name, its inputs as they came, its parameters and its result",
    hint="Which of the four does `engine.record` get from you: the tensors, or the arrays in them?",
    cell=DISPATCH,
)
@given(x=exact(max_dims=2), _count=3)
@example(x=MATRIX)
def test_engine(judge, x):
    told = judge.call(scenarios.told_to_the_engine, x, x + 1)
    both = [["add", [True, True], {}, True], ["stretch", [True], {"by": 3}, True]]
    judge.require(told in (["no engine"], both), "record should get name, inputs, params and output of each operation")


@points(
    "0.5",
    "Differences of tensors, shapes broadcast",
    hint="Which of the two operands does the minus sign belong to?",
    cell=CELL,
)
@given(pair=broadcastable(), _count=8)
@example(pair=(MATRIX, ROW))
def test_sub(judge, pair):
    judge.agrees(scenarios.combine, "-", *pair)


@points(
    "0.5",
    "Products of tensors element by element, shapes broadcast",
    hint="How does this product differ from the matrix product?",
    cell=CELL,
)
@given(pair=broadcastable(), _count=8)
@example(pair=(SQUARE, SQUARE + 4))
def test_mul(judge, pair):
    judge.agrees(scenarios.combine, "*", *pair)


@points(
    "0.5",
    "Quotients of tensors, shapes broadcast",
    hint="Is 7 / 2 the number 3, or 3.5?",
    cell=CELL,
)
@given(pair=broadcastable(), _count=8)
@example(pair=(np.float32([7, 9]), np.float32([2, 4])))
def test_div(judge, pair):
    judge.agrees(scenarios.combine, "/", *pair)


@points(
    "1",
    "Powers of tensors",
    hint="Which operand is the exponent? Is (-2) ** 3 computed from -2 or from 2?",
    cell=CELL,
)
@given(
    base=tensors(shape=(2, 3), elements=POSITIVE),
    exponent=exact(shape=(3,)),
    signed=exact(max_dims=2),
    number=sampled_from([1, 2, 3]),
    _count=8,
)
@example(base=MATRIX + 1, exponent=np.float32([3, 2, 0.5]), signed=np.float32([-2, 0, 3]), number=3)
def test_pow(judge, base, exponent, signed, number):
    judge.agrees(scenarios.combine, "**", base, exponent)
    judge.agrees(scenarios.plain_on_the_right, "**", signed, number)


@points(
    "0.5",
    "Zeros, infinities and NaN come through arithmetic as in NumPy",
    hint="What does NumPy answer to 1 / 0, to 0 / 0, and to infinity minus infinity?",
    cell=CELL,
)
@given(x=tensors(shape=(4,), elements=EDGES), y=tensors(shape=(4,), elements=EDGES), _count=6)
@example(x=np.float32([1, -1, 0, np.inf]), y=np.float32([0, 0, 0, np.inf]))
@example(x=np.float32([1, -1, np.nan, 1]), y=np.float32([-0.0, np.inf, 1, np.nan]))
def test_edges(judge, x, y):
    for sign in "-*/":
        judge.agrees(scenarios.combine, sign, x, y)


@points(
    "1",
    "Numbers and arrays on the right; operands stay as they were; misfits are named",
    hint="Which dtype has float32 times float64 in NumPy, and in your tensor?",
    cell=CELL,
)
@given(
    x=numbered(2, 2),
    number=scalars(),
    array=exact(shape=(3, 1, 1)),
    sides=_UNFIT,
    sign=sampled_from("-*/"),
    _count=6,
)
@example(x=MATRIX, number=2, array=np.float32([[[1]], [[2]], [[4]]]), sides=((13, 14), (15, 14)), sign="-")
@example(x=MATRIX, number=2, array=np.float32([[[1]], [[2]], [[4]]]), sides=((13, 14), (15, 14)), sign="*")
@example(x=MATRIX, number=2, array=np.float32([[[1]], [[2]], [[4]]]), sides=((13, 14), (15, 14)), sign="/")
def test_plain(judge, x, number, array, sides, sign):
    judge.agrees(scenarios.plain_on_the_right, sign, x, number)
    judge.agrees(scenarios.double_on_the_right, sign, x, array)
    judge.agrees(scenarios.combine_and_look_back, sign, x, x + 1)
    judge.raises(scenarios.combine, sign, *map(filled, sides), mentions=long_sides(*sides))
