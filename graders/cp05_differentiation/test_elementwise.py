"""Broadcasting undone, and the rules of operations that go element by element."""

from __future__ import annotations

import numpy as np

from graders.cp05_differentiation import scenarios
from graders.cp05_differentiation.inputs import (
    COLUMN,
    HALVES,
    MATRIX,
    POSITIVE,
    ROW,
    exact,
    message,
    message_for,
    pairs,
    positive,
    smooth,
)
from tito.grading.authoring import broadcastable, example, given, integers, points, sampled_from, st

UNBROADCAST = "test-unbroadcast"
ARITHMETIC = "test-arithmetic-rules"
POWER = "test-power-rule"
ELEMENTWISE = "test-elementwise-rules"

_ONE = np.float32(5)


@points(
    "1.5",
    "A sum whose operands were stretched: each gradient has the shape of its operand",
    hint="Stretched on the way there, summed on the way back: over which axes?",
    cell=UNBROADCAST,
)
@given(pair=pairs(HALVES), _count=12)
@example(pair=(MATRIX, ROW))
@example(pair=(COLUMN, MATRIX))
@example(pair=(COLUMN, ROW))
@example(pair=(MATRIX, _ONE))
@example(pair=(np.zeros((4, 1, 3), dtype=np.float32), np.zeros((2, 1), dtype=np.float32)))
def test_stretched_sum(judge, pair):
    judge.agrees(scenarios.binary, "+", *pair, message_for(*pair), atol=1e-5)


@points(
    "1",
    "Three operands that stretch each other",
    hint="Is the shape of the first sum that of its operands?",
    cell=UNBROADCAST,
)
@given(pair=pairs(HALVES), number=integers(-3, 3), _count=6)
@example(pair=(COLUMN, ROW), number=2)
def test_three(judge, pair, number):
    judge.agrees(scenarios.three, *pair, np.float32([number]), message_for(*pair, np.float32([0])), atol=1e-5)


@points(
    "1",
    "Operands of size 0 and 1",
    hint="What is the sum over nothing? Does an axis of size 1 that met another 1 stay?",
    cell=UNBROADCAST,
)
@given(pair=broadcastable(), sign=sampled_from("+-*"), _count=10)
@example(pair=(np.zeros((0, 3), dtype=np.float32), ROW), sign="+")
@example(pair=(np.zeros((1, 1), dtype=np.float32), np.zeros((2, 0), dtype=np.float32)), sign="*")
@example(pair=(np.float32([[1]]), np.float32([2])), sign="*")
def test_empty(judge, pair, sign):
    judge.agrees(scenarios.binary, sign, *pair, message_for(*pair), rtol=1e-4, atol=1e-4)


@points(
    "1",
    "`-`, `*` and `/` of tensors of one shape",
    hint="Change one operand a little: how does the result change? Do so for the other.",
    cell=ARITHMETIC,
)
@given(x=smooth(shape=(2, 3)), y=smooth(shape=(2, 3)), sign=sampled_from("-*/"), _count=6)
@example(x=MATRIX, y=MATRIX + 1, sign="-")
@example(x=MATRIX, y=MATRIX + 1, sign="*")
@example(x=MATRIX, y=MATRIX + 1, sign="/")
def test_arithmetic(judge, x, y, sign):
    judge.agrees(scenarios.binary, sign, x, y, message((2, 3)), rtol=1e-4)


@points(
    "1",
    "`-`, `*` and `/` of tensors that stretch each other",
    hint="Does the gradient of each operand have its operand's shape?",
    cell=ARITHMETIC,
)
@given(pair=pairs(), sign=sampled_from("-*/"), _count=8)
@example(pair=(MATRIX, ROW), sign="-")
@example(pair=(COLUMN, MATRIX), sign="*")
@example(pair=(ROW, COLUMN), sign="*")
@example(pair=(ROW, COLUMN), sign="/")
@example(pair=(_ONE, MATRIX), sign="/")
def test_arithmetic_stretched(judge, pair, sign):
    judge.agrees(scenarios.binary, sign, *pair, message_for(*pair), rtol=1e-4, atol=1e-4)


@points(
    "0.75",
    "Plain numbers and arrays on either side",
    hint="In `2 - x` and `2 / x`, which input of the operation is `x`?",
    cell=ARITHMETIC,
)
@given(x=smooth(shape=(2, 3)), number=sampled_from([2, -0.5, 3.0]), sign=sampled_from("+-*/"), left=st.booleans())
@example(x=MATRIX, number=2, sign="-", left=False)
@example(x=MATRIX, number=2, sign="/", left=False)
@example(x=MATRIX, number=2, sign="/", left=True)
def test_plain_operands(judge, x, number, sign, left):
    g = message((2, 3))
    judge.agrees(scenarios.one_side, sign, x, number, g, left, rtol=1e-4)
    judge.agrees(scenarios.one_side, sign, x, ROW, g, left, rtol=1e-4)


@points(
    "0.75",
    "Whole powers, of negative numbers and of 0 too",
    hint="What is the slope of `x ** 0` at 0, and of `x ** 1`?",
    cell=POWER,
)
@given(x=exact(max_dims=2), number=sampled_from([0, 1, 2, 3]), _count=8)
@example(x=np.float32([0, 1, -2]), number=0)
@example(x=np.float32([0, 1, -2]), number=1)
@example(x=np.float32([0, 1, -2]), number=2)
def test_powers(judge, x, number):
    judge.agrees(scenarios.one_side, "**", x, number, message(x.shape), True, rtol=1e-4)


@points(
    "1.25",
    "Powers with a tensor as base, as exponent, or as both",
    hint="Two formulas: one with the exponent in front, one with a logarithm. Of what?",
    cell=POWER,
)
@given(pair=pairs(POSITIVE), number=sampled_from([-2, -0.5, 0.5, 2.5]), _count=8)
@example(pair=(np.float32([2, 3]), np.float32([3, 2])), number=-0.5)
@example(pair=(np.float32([[2], [3]]), np.float32([3, 2, 0.5])), number=-1)
def test_powers_of_tensors(judge, pair, number):
    x, y = pair
    judge.agrees(scenarios.binary, "**", x, y, message_for(x, y), rtol=2e-4, atol=1e-4)
    judge.agrees(scenarios.one_side, "**", x, number, message(x.shape), True, rtol=2e-4, atol=1e-5)
    judge.agrees(scenarios.one_side, "**", y, abs(number), message(y.shape), False, rtol=2e-4, atol=1e-5)
    judge.agrees(scenarios.one_side, "**", y, 0.0, message(y.shape), False)


@points(
    "1.5",
    "`exp`, `log`, `sqrt` and unary minus",
    hint="Which of these slopes can be had from the result?",
    cell=ELEMENTWISE,
)
@given(x=positive(max_dims=3), name=sampled_from(["exp", "log", "sqrt", "__neg__"]), _count=8)
@example(x=np.float32([0.25, 4]), name="exp")
@example(x=np.float32([0.25, 4]), name="log")
@example(x=np.float32([0.25, 4]), name="sqrt")
def test_functions(judge, x, name):
    judge.agrees(scenarios.unary, name, x, message(x.shape), rtol=1e-4)


@points(
    "0.5",
    "Several rules together",
    hint="Check the parts of the formula one by one, with gradients that you can work out on paper.",
    cell=ELEMENTWISE,
)
@given(x=exact(shape=(2, 2)), y=exact(shape=(2, 1)), _count=4)
def test_composed(judge, x, y):
    judge.agrees(scenarios.composed, x / 4, y / 4, message((2, 2)), rtol=1e-3, atol=1e-4)
