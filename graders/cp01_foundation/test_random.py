"""randn, and the one generator it draws from."""

from __future__ import annotations

from typing import Any

import numpy as np

from graders.cp01_foundation import scenarios
from tito.grading.authoring import example, given, integers, points, shapes

CELL = "test-factories"


def _is_floats(value: Any, shape: tuple[int, ...]) -> bool:
    return type(value) is np.ndarray and value.shape == tuple(shape) and value.dtype == np.float32


@points(
    "1",
    "One seed gives the same numbers every time, another seed others",
    hint="Where does `randn` get its numbers from, and what does `manual_seed` do to that?",
    cell=CELL,
)
@given(seed=integers(0, 2**31), count=integers(5, 20), _count=6)
def test_seed(judge, seed, count):
    first, following, again = judge.call(scenarios.drawn_twice, seed, count)
    vectors = all(_is_floats(each, (count,)) for each in (first, following, again))
    judge.require(vectors, f"randn({count}) should have float32 data of shape ({count},)")
    judge.require(np.array_equal(first, again), "the same seed should give the same numbers, bit for bit")
    judge.require(not np.array_equal(first, following), "a second draw should give other numbers")
    elsewhere = judge.call(scenarios.drawn, seed + 1, (count,))
    judge.require(not np.array_equal(first, elsewhere), "another seed should give other numbers")
    rerun = judge.call(scenarios.drawn, seed, (count,))
    judge.require(np.array_equal(first, rerun), "two runs with one seed should agree bit for bit")


@points(
    "0.5",
    "`randn` draws from the package's one generator",
    hint="After `randn`, has the generator of module 00 moved on?",
    cell=CELL,
)
@given(seed=integers(0, 2**31), count=integers(1, 9), _count=4)
def test_one_generator(judge, seed, count):
    alone, after = judge.call(scenarios.drawn_beside_the_generator, seed, count)
    judge.require(not np.array_equal(alone, after), "randn should use up numbers of generator()")


@points(
    "0.5",
    "`randn` gives float32 tensors of the shape that was asked for",
    hint="Which dtype do NumPy's generators give unless they are told?",
    cell=CELL,
)
@given(shape=shapes(), _count=6)
@example(shape=(2, 3))
def test_randn_shape(judge, shape):
    values, said, gradient = judge.call(scenarios.made, "randn", shape)
    judge.require(_is_floats(values, shape), f"randn{shape} should have float32 data of shape {shape}")
    judge.require(said == list(shape), f"randn{shape} should have the shape {shape}")
    judge.require(gradient is False, "randn should want no gradient unless it is told")
    judge.expects(scenarios.made_with_gradient, "randn", shape, value=True)


@points(
    "0.5",
    "`randn` draws from the normal distribution of mean 0 and variance 1",
    hint="What would a histogram of 10,000 draws look like? Roughly how many lie within 1 of 0?",
    cell=CELL,
)
@given(seed=integers(0, 2**31), _count=2)
def test_normal(judge, seed):
    values = judge.call(scenarios.drawn, seed, (100, 100))
    judge.require(_is_floats(values, (100, 100)), "expected float32 data of shape (100, 100)")
    # Seven standard errors of 10,000 draws: a right program fails less than once in 10**11 times.
    judge.require(abs(float(values.mean())) < 0.07, "the mean of 10,000 draws should be near 0")
    judge.require(abs(float(values.std()) - 1) < 0.05, "their standard deviation should be near 1")
    within = float((np.abs(values) < 1).mean())
    judge.require(abs(within - 0.6827) < 0.033, "about 68 % of the draws should lie within 1 of 0")
