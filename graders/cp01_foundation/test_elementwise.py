"""exp, log and sqrt."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import EDGES, POSITIVE
from tito.grading.authoring import example, given, points, tensors

CELL = "test-elementwise"


@points("0.5", "`exp` of each element", hint="What is exp(0), and what is exp(1)?", cell=CELL)
@given(x=tensors(), _count=8)
@example(x=np.float32([0, 1, -1]))
def test_exp(judge, x):
    judge.agrees(scenarios.exp, x)


@points("0.5", "`log` of each element", hint="Which base has this logarithm? What is log(exp(1))?", cell=CELL)
@given(x=tensors(elements=POSITIVE), _count=8)
@example(x=np.float32([1, 2.5, 0.25]))
def test_log(judge, x):
    judge.agrees(scenarios.log, x)


@points("0.5", "`sqrt` of each element", hint="What is sqrt(x) times sqrt(x)?", cell=CELL)
@given(x=tensors(elements=POSITIVE), _count=8)
@example(x=np.float32([4, 2.25, 9]))
def test_sqrt(judge, x):
    judge.agrees(scenarios.sqrt, x)


@points(
    "0.5",
    "`exp`, `log` and `sqrt` of zero, negative numbers, infinity and NaN",
    hint="NumPy has an answer to the log of 0 and the root of -1. Does your code change it?",
    cell=CELL,
)
@given(x=tensors(shape=(5,), elements=EDGES), _count=4)
@example(x=np.float32([0, -1, -4, np.inf, -np.inf, np.nan, 200, -200]))
def test_edges(judge, x):
    judge.agrees(scenarios.exp, x)
    judge.agrees(scenarios.log, x)
    judge.agrees(scenarios.sqrt, x)
