"""Making tensors from plain values."""

from __future__ import annotations

import numpy as np

from graders.cp01_foundation import scenarios
from graders.cp01_foundation.inputs import MATRIX, NOTHING, numbered
from tito.grading.authoring import example, given, points, sampled_from, shapes, tensors

CELL = "test-creation"


@points(
    "0.5",
    "Numbers and nested lists become tensors",
    hint="What does NumPy make of the same data, and with which dtype?",
    cell=CELL,
)
@given(array=tensors(min_side=1, layouts=False), _count=8)
@example(array=np.float32(2.5))
def test_lists(judge, array):
    judge.agrees(scenarios.create, array.tolist())


@points(
    "1",
    "Arrays of any numeric dtype, size and memory order become float32",
    hint="Try integers, float64, an array of shape (0, 3), and one that NumPy has transposed.",
    cell=CELL,
)
@given(
    array=tensors(max_dims=4, max_side=3),
    dtype=sampled_from(["float32", "float64", "int64", "uint8", "bool", "float16"]),
    _count=8,
)
@example(array=MATRIX.T, dtype="float32")
@example(array=NOTHING, dtype="float64")
@example(array=np.float32([1, 2, 3]), dtype="int64")
def test_arrays(judge, array, dtype):
    array = np.abs(array).astype(dtype)
    judge.agrees(scenarios.create, array)
    judge.agrees(scenarios.to_numpy, array)


@points(
    "1.5",
    "A tensor and the array it was made from can change without each other",
    hint="Do the tensor and the caller's array share memory? How could you find out?",
    cell=CELL,
)
@given(array=numbered(), dtype=sampled_from(["float32", "float64"]), _count=8)
@example(array=np.float32([1, 2]), dtype="float32")
def test_no_alias(judge, array, dtype):
    judge.agrees(scenarios.create_then_change, array.astype(dtype))
    judge.agrees(scenarios.change_in_place, array.astype(dtype))


@points(
    "0.5",
    "`requires_grad` is remembered, and no gradient is there yet",
    hint="What should `Tensor(1.0).requires_grad` be when nobody asked for a gradient?",
    cell=CELL,
)
@given(array=tensors(max_dims=2, min_side=1), _count=4)
def test_requires_grad(judge, array):
    judge.agrees(scenarios.gradient_wanted, array)


@points(
    "0.5",
    "What is no number is refused",
    hint="What does NumPy make of `None`, or of the text '3', when it is asked for floats?",
    cell=CELL,
)
@given(data=sampled_from(["three", "3", None, [1.0, None], ["1", "2"], [[1, 2], [3]]]), _count=6)
@example(data=None)
@example(data=["1", "2"])
def test_no_number(judge, data):
    judge.raises(scenarios.create, data)


@points(
    "0.5",
    "Tensors of zeros and ones in any shape",
    hint="What should `zeros(2, 3)` look like, and `ones()` with no dimension at all?",
    cell="test-factories",
)
@given(name=sampled_from(["zeros", "ones"]), shape=shapes(), _count=8)
@example(name="zeros", shape=(2, 3))
@example(name="ones", shape=(3,))
@example(name="ones", shape=())
def test_makers(judge, name, shape):
    judge.agrees(scenarios.made, name, shape)
    judge.agrees(scenarios.made_with_gradient, name, shape)
