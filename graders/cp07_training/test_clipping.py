"""The length of all gradients together."""

from __future__ import annotations

import numpy as np

from graders.cp07_training import scenarios
from graders.cp07_training.inputs import gradients
from tito.grading.authoring import example, given, integers, points, sampled_from

CLIP = "test-clip"

# PyTorch divides by the norm plus 1e-6; either is right.
_SCALED = {"rtol": 2e-5, "atol": 1e-6}
_PAIR = [np.float32([3, 0]), np.float32([[4]])]


@points(
    "2",
    "Long gradients are scaled by one factor for all parameters",
    hint="Which direction did all gradients together have, and which do they have now?",
    cell=CLIP,
)
@given(drawn=gradients(), share=sampled_from([0.125, 0.5, 0.75]), _count=6)
@example(drawn=_PAIR, share=0.5)
def test_scaled(judge, drawn, share):
    judge.agrees(scenarios.clip, drawn, share * _norm(drawn), **_SCALED)


@points(
    "1.25",
    "Short gradients stay as they are",
    hint="What should happen to a gradient of length 3, when 5 are allowed?",
    cell=CLIP,
)
@given(drawn=gradients(), times=sampled_from([1.25, 3.0, 100.0]), _count=5)
@example(drawn=_PAIR, times=2.0)
def test_short(judge, drawn, times):
    judge.agrees(scenarios.clip, drawn, times * _norm(drawn))


@points(
    "1.25",
    "What comes back is the length before clipping",
    hint="When do you measure, and when do you scale? How long is it when you measure again?",
    cell=CLIP,
)
@given(drawn=gradients(), share=sampled_from([0.25, 0.5]), _count=4)
@example(drawn=_PAIR, share=0.5)
def test_before(judge, drawn, share):
    norm = _norm(drawn)
    judge.agrees(scenarios.clip_twice, drawn, share * norm, 2 * norm, **_SCALED)
    judge.agrees(scenarios.clip_twice, drawn, 2 * norm, share * norm, **_SCALED)


@points(
    "1",
    "Parameters without a gradient, and gradients of zeros",
    hint="What is `.grad` of a parameter that took no part? And if all gradients are 0, by what do you divide?",
    cell=CLIP,
)
@given(drawn=gradients(), place=integers(0, 2), share=sampled_from([0.5, 2.0]), _count=4)
@example(drawn=_PAIR, place=1, share=0.5)
def test_without(judge, drawn, place, share):
    judge.agrees(scenarios.clip, [*drawn[:place], [], *drawn[place:]], share * _norm(drawn), **_SCALED)
    judge.agrees(scenarios.clip, [[], []], 1.0)
    judge.agrees(scenarios.clip, [np.zeros_like(array) for array in drawn], 1.0)


@points(
    "0.75",
    "Many parameters of many shapes",
    hint="Is a square of every number of every gradient in your sum?",
    cell=CLIP,
)
@given(seed=integers(0, 999), max_norm=sampled_from([1.0, 4.0, 1000.0]), _count=3)
def test_many(judge, seed, max_norm):
    rng = np.random.default_rng(seed)
    shapes = [(4, 5), (5,), (), (2, 3, 2), (1, 1), (7,)]
    drawn = [np.asarray(rng.normal(size=shape), dtype=np.float32) for shape in shapes]
    judge.agrees(scenarios.clip, drawn, max_norm, **_SCALED)


def _norm(drawn):
    return float(np.sqrt(sum(float((array.astype(np.float64) ** 2).sum()) for array in drawn)))
