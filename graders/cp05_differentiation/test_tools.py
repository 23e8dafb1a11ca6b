"""no_grad, Function and gradcheck."""

from __future__ import annotations

import numpy as np

from graders.cp05_differentiation import scenarios
from graders.cp05_differentiation.inputs import POSITIVE, exact, message, smooth
from tito.grading.authoring import example, given, points, sampled_from, tensors

NO_GRAD = "test-no-grad"
FUNCTION = "test-function"
GRADCHECK = "test-gradcheck"

_X = np.float32([1, -2, 3])


@points(
    "0.75",
    "Nothing is recorded inside of `no_grad`, and what comes out is a constant",
    hint="What is the gradient of `a * inside`, if `inside` was computed without recording?",
    cell=NO_GRAD,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), _count=4)
@example(x=_X)
def test_no_grad(judge, x):
    judge.agrees(scenarios.unrecorded, x, message(x.shape))


@points(
    "0.5",
    "`no_grad` inside of `no_grad`",
    hint="How was it before the inner one began?",
    cell=NO_GRAD,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), _count=2)
@example(x=_X)
def test_nested(judge, x):
    judge.agrees(scenarios.nested, x)


@points(
    "0.75",
    "After an error inside, recording goes on; and what was recorded before can be walked back inside",
    hint="Is the line after `yield` reached if an error flies through?",
    cell=NO_GRAD,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), _count=3)
@example(x=_X)
def test_interrupted(judge, x):
    judge.agrees(scenarios.interrupted, x, message(x.shape))
    judge.agrees(scenarios.begun_before, x, message(x.shape))


@points(
    "1",
    "An operation of one's own, with two inputs and a parameter",
    hint="What does `apply` hand to `forward`: tensors or arrays? Where do the keywords go?",
    cell=FUNCTION,
)
@given(x=smooth(shape=(2, 3)), y=smooth(shape=(2, 3)), scale=sampled_from([0.5, 2.0, -3.0]), _count=4)
def test_function(judge, x, y, scale):
    judge.agrees(scenarios.own_operation, x, y, message(x.shape), scale, rtol=1e-4)


@points(
    "1",
    "Its own `backward` is asked, for each call with what that call kept",
    hint="Who carries `saved_tensors`: the class, or an object of each call?",
    cell=FUNCTION,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), _count=4)
@example(x=_X)
def test_function_again(judge, x):
    judge.agrees(scenarios.own_operation_twice, x, message(x.shape))
    judge.agrees(scenarios.own_rule, x, message(x.shape))
    judge.agrees(scenarios.own_rule_with_silence, x / 4, message(x.shape), rtol=1e-4, atol=1e-4)


def _points_of_a_check():
    return tensors(shape=(3, 2), elements=POSITIVE, layouts=False)


@points(
    "0.75",
    "`gradcheck` says yes to right gradients, and leaves its inputs alone",
    hint="How large is the step of your difference quotient, and how exact is float32?",
    cell=GRADCHECK,
)
@given(x=_points_of_a_check(), y=_points_of_a_check(), _count=3)
def test_gradcheck_right(judge, x, y):
    judge.agrees(scenarios.checked_right, x / 2, y)


_WRONG = ["scale", "sign", "message", "average", "missing", "one element", "order"]


@points(
    "0.75",
    "`gradcheck` says no to a wrong backward",
    hint="Does your check look at every input and every element? Could errors in two places cancel?",
    cell=GRADCHECK,
)
@given(kind=sampled_from(_WRONG), shift=sampled_from([0.0, 0.5]), _count=6)
@example(kind="scale", shift=0.0)
@example(kind="sign", shift=0.0)
@example(kind="message", shift=0.0)
@example(kind="average", shift=0.0)
@example(kind="missing", shift=0.0)
@example(kind="one element", shift=0.0)
@example(kind="order", shift=0.0)
def test_gradcheck_wrong(judge, kind, shift):
    x = np.float32([[1, 2], [0.5, 3], [1.5, 0.75]]) + np.float32(shift)
    y = np.float32([[2, 1], [3, 0.5], [1.25, 2.5]])
    judge.expects(scenarios.checked_wrong, x, y, kind, value=False)
