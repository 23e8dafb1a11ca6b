"""What a tensor says about itself, and plain values back out of it."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import CUBE, NOTHING, filled, long_sides, numbered
from tito.grading.authoring import example, given, points, sampled_from, scalars, tensors

CELL = "test-inspect"


@points(
    "0.5",
    "Shape, size, number of dimensions and dtype",
    hint="How many elements has an array of shape (2, 3)? And one of shape ()?",
    cell=CELL,
)
@given(array=tensors(max_dims=4), _count=8)
@example(array=np.float32(1))
@example(array=CUBE)
def test_properties(judge, array):
    judge.agrees(scenarios.describe, array)


@points(
    "0.5",
    "`item()` gives the only element as a Python number",
    hint="How many dimensions may a tensor with one element have? Of what type is the answer?",
    cell=CELL,
)
@given(number=scalars(), shape=sampled_from([(), (1,), (1, 1), (1, 1, 1)]), _count=8)
@example(number=2.5, shape=(1, 1))
def test_item(judge, number, shape):
    judge.agrees(scenarios.item, np.full(shape, number, dtype=np.float32))


@points(
    "0.5",
    "`item()` refuses a tensor that has not exactly one element, and names its shape",
    hint="What does your error say about the tensor? And what about a tensor without elements?",
    cell=CELL,
)
@given(shape=sampled_from([(13,), (13, 1), (2, 13), (1, 13, 17), (0, 13)]), _count=5)
@example(shape=(13,))
@example(shape=(0, 13))
def test_item_of_many(judge, shape):
    judge.raises(scenarios.item, filled(shape), mentions=long_sides(shape))


@points(
    "0.5",
    "`len` is the length of the first dimension; a single number has none",
    hint="What is the length of a matrix with 3 rows and 2 columns?",
    cell=CELL,
)
@given(array=tensors(min_dims=1), _count=8)
@example(array=filled((3, 2)))
@example(array=NOTHING)
def test_length(judge, array):
    judge.agrees(scenarios.length, array)
    judge.raises(scenarios.length, 1.5)


@points(
    "0.5",
    "`detach` gives the same values and asks for no gradient",
    hint="Which of the two tensors should still want a gradient afterwards?",
    cell=CELL,
)
@given(array=numbered(), _count=4)
def test_detach(judge, array):
    judge.agrees(scenarios.detach, array)


@points(
    "0.5",
    "`backward` says which module will bring it",
    hint="Read the message of your error as somebody would who has not read the notebook.",
    cell=CELL,
)
@given(number=scalars(), _count=3)
def test_backward(judge, number):
    # With module 05 in place, as in the reference, there is nothing to raise: the gradient is there.
    answer, told_or_computed = judge.call(scenarios.backward, number)
    judge.require(
        answer in ("raised", "nothing was raised") and told_or_computed is True,
        "backward() should raise an error that names module 05",
    )


@points(
    "1",
    "`memory_footprint` counts the bytes that the tensor takes",
    hint="How many bytes does one float32 take? Does it matter what the tensor was made from?",
    cell="test-memory",
)
@given(array=tensors(max_dims=4), dtype=sampled_from(["float32", "float64", "int64"]), _count=8)
@example(array=filled((2, 3)), dtype="float64")
@example(array=NOTHING, dtype="float32")
def test_footprint(judge, array, dtype):
    judge.agrees(scenarios.footprint, array.astype(dtype))
