"""How many bytes an array takes."""

from __future__ import annotations

from graders.cp00_environment import scenarios
from tito.grading.authoring import example, given, integers, points, sampled_from, shapes, st

CELL = "test-bytes"


@points(
    "5",
    "Bytes of arrays of any shape and dtype",
    hint="How many elements has shape (2, 3)? And shape ()? How long is one element?",
    cell=CELL,
)
@given(
    shape=shapes(max_dims=4, max_side=30), dtype=sampled_from(["float64", "float16", "int8", "uint8", "bool", "int64"])
)
@example(shape=(), dtype="float64")
@example(shape=(2, 0, 3), dtype="int64")
@example(shape=(2, 3), dtype="uint8")
def test_any(judge, shape, dtype):
    judge.agrees(scenarios.array_bytes, shape, dtype)
    judge.agrees(scenarios.array_bytes_by_default, shape)


@points(
    "3",
    "Bytes of arrays that no machine could hold, exactly",
    hint="Do you make the array to ask it? And how large may the product of the dimensions become?",
    cell=CELL,
)
@given(shape=st.lists(integers(10**6, 10**9), min_size=2, max_size=4), _count=6)
@example(shape=[10**12, 10**12])
@example(shape=[10**6, 10**6])
def test_huge(judge, shape):
    judge.agrees(scenarios.array_bytes, shape, "float32")


@points(
    "3",
    "A negative dimension is refused, and the shape is named",
    hint="What does the product of two negative dimensions look like?",
    cell=CELL,
)
@given(side=integers(10, 99), other=integers(-99, -10), place=integers(0, 1), _count=6)
@example(side=-13, other=-17, place=0)
@example(side=12, other=-1, place=0)
@example(side=0, other=-14, place=0)
def test_negative(judge, side, other, place):
    shape = (side, other) if place else (other, side)
    judge.raises(scenarios.array_bytes, shape, "float32", mentions=[str(side), str(other)])
