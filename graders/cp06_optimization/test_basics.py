"""What all optimizers share: the list of parameters, and forgetting gradients."""

from __future__ import annotations

import numpy as np

from graders.cp06_optimization import scenarios
from graders.cp06_optimization.inputs import REFUSED, A, B, C, pushes_of, walks
from tito.grading.authoring import example, given, integers, points, sampled_from

OPTIMIZER = "test-optimizer"

_STARTS = [A, B, C]
_PUSHES = pushes_of(_STARTS, 1, -2, 0.5)


@points(
    "2",
    "`zero_grad` forgets the gradients of all parameters, and what comes next starts anew",
    hint="What is in `.grad` after backward, zero_grad, backward? Of the first parameter, and of the last?",
    cell=OPTIMIZER,
)
@given(walk=walks(), _count=6)
@example(walk=(_STARTS, _PUSHES))
def test_zero_grad(judge, walk):
    judge.agrees(scenarios.cleared, "Optimizer", *walk)


@points(
    "1",
    "`zero_grad` where some parameters, or none, have a gradient",
    hint="What should happen to a parameter whose gradient is None already?",
    cell=OPTIMIZER,
)
@given(walk=walks(), _count=4)
@example(walk=(_STARTS, _PUSHES))
def test_zero_grad_of_nothing(judge, walk):
    judge.agrees(scenarios.cleared_of_nothing, *walk)


@points(
    "1.25",
    "Parameters from a generator: an optimizer of one's own clears them again and again",
    hint="What is left of a generator after one loop over it?",
    cell=OPTIMIZER,
)
@given(walk=walks(), _count=4)
@example(walk=(_STARTS, _PUSHES))
def test_own_optimizer(judge, walk):
    judge.agrees(scenarios.cleared_by_own, *walk)


@points(
    "1.25",
    "Without parameters, or with something else than tensors, there is no optimizer",
    hint="What does `list(...)` make of a single tensor? What would your optimizer do with an empty list?",
    cell=OPTIMIZER,
)
@given(what=sampled_from(["nothing", "no more", "a tensor", "a number", "an array", "a name"]), side=integers(2, 5),
       _count=3)  # fmt: skip
@example(what="nothing", side=3)
@example(what="no more", side=3)
@example(what="a tensor", side=3)
@example(what="a number", side=3)
@example(what="an array", side=3)
def test_refused(judge, what, side):
    start = np.ones(side, dtype=np.float32)
    judge.raises(scenarios.made_of, "Optimizer", what, start, errors=(*REFUSED, "AttributeError"))
