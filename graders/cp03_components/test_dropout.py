"""Dropout: what it drops, what it keeps, and when."""

from __future__ import annotations

import numpy as np

from graders.cp03_components import scenarios
from graders.cp03_components.inputs import SEEDS, exact, is_floats, numbered
from tito.grading.authoring import example, given, points, sampled_from

DROPOUT = "test-dropout"
MODES = "test-dropout-modes"

_P = sampled_from([0.1, 0.25, 0.5, 0.75, 0.9])
_SHAPES = sampled_from([(40, 50), (2000,), (4, 10, 50), (50, 40)])


@points(
    "3",
    "What is not dropped is divided by 1 - p",
    hint="With p = 0.75, one number in four is left. What must it be multiplied with to keep the mean?",
    cell=DROPOUT,
)
@given(seed=SEEDS, p=_P, shape=_SHAPES, _count=8)
@example(seed=3, p=0.25, shape=(40, 50))
@example(seed=4, p=0.75, shape=(4, 10, 50))
def test_scaled(judge, seed, p, shape):
    x = numbered(*shape) * np.float32(-1 if p == 0.5 else 1)
    y = judge.call(scenarios.dropped, seed, p, x)
    judge.require(is_floats(y, shape), f"Dropout should give float32 of the input's shape {shape}")
    kept = y != 0
    judge.require(bool(kept.any()) and not bool(kept.all()), "some numbers should be dropped and some kept")
    judge.require(np.allclose(y[kept], x[kept] / (1 - p), rtol=1e-5), "what is kept should be divided by 1 - p")


@points(
    "3",
    "About p of all numbers are dropped, half by default",
    hint="Is p the probability to drop a number or to keep it?",
    cell=DROPOUT,
)
@given(seed=SEEDS, p=_P, _count=6)
@example(seed=5, p=0.1)
@example(seed=6, p=0.9)
def test_share(judge, seed, p):
    x = numbered(200, 100)
    # Seven standard errors of 20,000 draws: a right program fails less than once in 10**11 times.
    for share, y in (
        (p, judge.call(scenarios.dropped, seed, p, x)),
        (0.5, judge.call(scenarios.dropped_by_default, seed, x)),
    ):
        judge.require(is_floats(y, x.shape), "Dropout should give float32 of the input's shape")
        error = 7 * (share * (1 - share) / x.size) ** 0.5
        judge.require(
            abs(float((y == 0).mean()) - share) < error, f"about {share:.0%} of the numbers should be dropped"
        )


@points(
    "2",
    "Each number is dropped or kept for itself, and anew at each call",
    hint="How many random numbers does an input of shape (200, 100) need?",
    cell=DROPOUT,
)
@given(seed=SEEDS, _count=4)
def test_each(judge, seed):
    x = numbered(100, 100)
    first, second, *_ = judge.call(scenarios.dropped_again, seed, 0.5, x)
    judge.require(is_floats(first, x.shape) and is_floats(second, x.shape), "Dropout should keep shape and dtype")
    judge.require(not np.array_equal(first, second), "a second call should drop other numbers")
    for axis, name in ((1, "row"), (0, "column")):
        shares = (first == 0).mean(axis=axis)
        # Half of 100 numbers, give or take eight standard errors.
        judge.require(shares.min() > 0.1 and shares.max() < 0.9, f"every {name} should lose about half of its numbers")
    both = float(((first == 0) & (second == 0)).mean())
    judge.require(abs(both - 0.25) < 0.05, "a quarter of the numbers should be dropped by both of two calls")
    neighbours = float(((first[:, 1:] == 0) & (first[:, :-1] == 0)).mean())
    judge.require(abs(neighbours - 0.25) < 0.05, "a number should be dropped or kept whatever its neighbours are")


@points(
    "1",
    "p = 0 drops nothing, p = 1 everything, and neither gives NaN",
    hint="What is 0 divided by 0?",
    cell=DROPOUT,
)
@given(seed=SEEDS, x=exact(min_dims=1), _count=5)
@example(seed=1, x=np.float32([[1, -2], [3, 0.5]]))
def test_ends(judge, seed, x):
    judge.expects(scenarios.dropped, seed, 0.0, x, value=x)
    judge.expects(scenarios.dropped, seed, 1.0, x, value=np.zeros_like(x))


@points(
    "1",
    "A probability below 0 or above 1 is refused and named; there is nothing to learn",
    hint="Would the reader of your error know which value was wrong?",
    cell=DROPOUT,
)
@given(p=sampled_from([-0.25, 1.5, 2.75, -1.25]), _count=4)
@example(p=1.5)
@example(p=-0.25)
def test_refused(judge, p):
    judge.raises(scenarios.dropout_of, p, mentions=[str(abs(p))])
    judge.expects(scenarios.dropout_of, 0.5, value=[])


@points(
    "1.5",
    "In use, dropout changes nothing",
    hint="Is anything dropped, or scaled, after `eval()`?",
    cell=MODES,
)
@given(p=_P, x=exact(), _count=6)
@example(p=0.5, x=numbered(10, 10))
def test_in_use(judge, p, x):
    judge.expects(scenarios.dropped_in_use, p, x, value=[x, x], rtol=0, atol=0)
    ones = numbered(12, 20)
    used, learning = judge.call(scenarios.own_dropout, ones)
    judge.require(is_floats(used, ones.shape), "a layer made from Dropout should give float32 in its input's shape")
    judge.require(np.allclose(used, 3 * ones, rtol=1e-5), "in use, a layer made from Dropout should drop nothing")
    judge.require(is_floats(learning, ones.shape), "a layer made from Dropout should give float32 while learning too")
    judge.require(bool((learning == 0).any()), "while learning, a layer made from Dropout should drop numbers")


@points(
    "1.5",
    "After `train()` dropout drops again, and each layer has a mode of its own",
    hint="Where is the mode kept: in the object or somewhere that all objects share?",
    cell=MODES,
)
@given(seed=SEEDS, p=_P, _count=5)
@example(seed=2, p=0.5)
def test_back(judge, seed, p):
    x = numbered(60, 20)
    used, beside, back = judge.call(scenarios.dropped_back_in_training, seed, p, x)
    judge.require(all(is_floats(each, x.shape) for each in (used, beside, back)), "Dropout should keep shape and dtype")
    judge.require(np.array_equal(used, x), "in use, nothing should be dropped")
    judge.require(bool((beside == 0).any()), "the mode of one layer should leave another one alone")
    judge.require(bool((back == 0).any()), "after train() numbers should be dropped again")


@points(
    "1",
    "One seed drops the same numbers; the input stays as it is",
    hint="Which generator does `manual_seed` rule, and does your mask come from it?",
    cell=MODES,
)
@given(seed=SEEDS, p=sampled_from([0.25, 0.5, 0.75]), _count=5)
def test_seed(judge, seed, p):
    x = numbered(20, 15)
    first, second, again, other = judge.call(scenarios.dropped_again, seed, p, x)
    judge.require(np.array_equal(first, again), "the same seed should drop the same numbers")
    judge.require(not np.array_equal(first, second), "a second call should drop other numbers")
    judge.require(not np.array_equal(first, other), "another seed should drop other numbers")
    judge.expects(scenarios.dropped_input, p, x, value=x, rtol=0, atol=0)
