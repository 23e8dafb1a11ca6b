"""Taking elements out with square brackets."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import numbered
from tito.grading.authoring import example, given, integers, points, sampled_from, st

CELL = "test-indexing"

_TABLE = np.arange(12, dtype=np.float32).reshape(3, 4)

_OPTIONAL = st.none() | integers(-5, 5)
_SLICES = st.tuples(st.just("slice"), _OPTIONAL, _OPTIONAL, sampled_from([None, 1, 2, -1])).map(list)


@points(
    "1",
    "Integers take out rows and single elements, as tensors",
    hint="What kind of object is `x[0]`? And `x[0, 1]`, which is a single number?",
    cell=CELL,
)
@given(x=numbered(2, 2, min_side=3), row=integers(-3, 2), column=integers(-3, 2), _count=8)
@example(x=_TABLE, row=-1, column=2)
def test_integers(judge, x, row, column):
    judge.agrees(scenarios.pick, x, [row])
    judge.agrees(scenarios.pick, x, [row, column])


@points(
    "1",
    "Slices, `...` and new axes",
    hint="Does your code pass every kind of index on to NumPy?",
    cell=CELL,
)
@given(x=numbered(2, 2), rows=_SLICES, columns=_SLICES, _count=8)
@example(x=_TABLE, rows=["slice", 1, None, None], columns=["slice", None, None, 2])
@example(x=_TABLE, rows=["slice", 3, 3, None], columns=["slice", None, None, -1])
def test_slices(judge, x, rows, columns):
    judge.agrees(scenarios.pick, x, [rows])
    judge.agrees(scenarios.pick, x, [rows, columns])
    judge.agrees(scenarios.pick, x, ["...", 0])
    judge.agrees(scenarios.pick, x, [rows, None])


@points(
    "0.5",
    "Arrays of integers, one row more than once",
    hint="What is `x[np.array([0, 0, 2])]`? And what if rows and columns are both given?",
    cell=CELL,
)
@given(x=numbered(2, 2, min_side=3), rows=st.lists(integers(-3, 2), min_size=1, max_size=5), _count=8)
@example(x=_TABLE, rows=[2, 0, 0, -1])
def test_integer_arrays(judge, x, rows):
    judge.agrees(scenarios.pick_rows, x, rows)
    judge.agrees(scenarios.pick_pairs, x, rows, rows[::-1])


@points(
    "0.5",
    "Masks take out the elements where they are true",
    hint="Which shape has `x[x.data > 0]` when x is a matrix?",
    cell=CELL,
)
@given(x=numbered(2, 2), threshold=integers(-9, 12), _count=8)
@example(x=_TABLE, threshold=5)
@example(x=_TABLE, threshold=100)
def test_masks(judge, x, threshold):
    judge.agrees(scenarios.pick_by_mask, x, x > threshold)
    judge.agrees(scenarios.pick_by_mask, x, x[:, 0] > threshold)


@points(
    "0.5",
    "An index that is not there is refused",
    hint="What should happen with `x[5]` when x has three rows?",
    cell=CELL,
)
@given(parts=sampled_from([[13], [-14], [0, 13], [0, 0, 0]]), _count=4)
@example(parts=[13])
@example(parts=[-14])
def test_refused(judge, parts):
    judge.raises(scenarios.pick, _TABLE, parts, errors=("IndexError", "ValueError", "TypeError"))
