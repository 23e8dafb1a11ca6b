"""One random generator for the whole package, and what the program runs on."""

from __future__ import annotations

import sys

import numpy as np

from graders.cp00_environment import scenarios
from tito.grading.authoring import example, given, integers, points

CELL = "test-seed"


@points(
    "7",
    "The same seed gives the numbers of NumPy's default generator",
    hint="Which function of np.random makes a generator from a seed?",
    cell=CELL,
)
@given(seed=integers(0, 2**31), count=integers(2, 9), _count=8)
@example(seed=0, count=3)
def test_stream(judge, seed, count):
    judge.agrees(scenarios.drawn, seed, count, rtol=0, atol=0)
    judge.agrees(scenarios.drawn_in_pieces, seed, count, 3, rtol=0, atol=0)


@points(
    "5",
    "A new seed starts anew, another seed gives other numbers",
    hint="After `manual_seed`, does `generator()` still give the generator of before?",
    cell=CELL,
)
@given(seed=integers(0, 2**31), step=integers(1, 50), count=integers(2, 9), _count=8)
@example(seed=0, step=1, count=3)
def test_again(judge, seed, step, count):
    first, between, again = judge.call(scenarios.drawn_again, seed, seed + step, count)
    judge.require(all(type(each) is np.ndarray for each in (first, between, again)), "expected arrays")
    judge.require(np.array_equal(first, again), "the same seed should give the same numbers again")
    judge.require(not np.array_equal(first, between), "another seed should give other numbers")


@points(
    "7",
    "What the program runs on: versions of Python and NumPy, and the platform",
    hint="Which entries should the answer have, and of what type are they?",
    cell="test-environment",
)
def test_environment(judge):
    found = judge.call(scenarios.environment)
    judge.require(type(found) is dict, "environment() should give a dictionary")
    judge.require(sorted(found) == ["numpy", "platform", "python"], "its keys are python, numpy and platform")
    judge.require(all(type(text) is str and text.strip() for text in found.values()), "its values are texts")
    judge.require(found["numpy"] == np.__version__, "the entry numpy should be NumPy's version")
    python = f"{sys.version_info[0]}.{sys.version_info[1]}."
    judge.require(found["python"].startswith(python), "the entry python should be Python's version")
