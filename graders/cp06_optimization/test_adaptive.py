"""Optimizers that scale each step by what they have seen: Adam, AdamW, RMSprop."""

from __future__ import annotations

import numpy as np

from graders.cp06_optimization import scenarios
from graders.cp06_optimization.inputs import FULL, REFUSED, A, B, C, pushes_of, walks
from tito.grading.authoring import example, given, points, sampled_from, tensors

ADAM = "test-adam"
ADAMW = "test-adamw"
RMSPROP = "test-rmsprop"

_STARTS = [A, B, C]
_PUSHES = pushes_of(_STARTS, 1, -2, 0.5, 3)
_ALIKE = [A, A, A]
_ALIKE_PUSHES = [[A * 3, -A, A / 2], [A, A * 2, -A], [-A, A / 4, A]]
_X = np.float32([[0.5, -1, 1], [1, 0.25, -0.5], [-1, 1, 0.5], [0.25, -0.25, 1.5], [1.5, 1, -1]])

# A correct program may compute in another order, in double precision inside, or with 1 - beta in float32.
_CLOSE = {"rtol": 2e-4, "atol": 2e-5}

BETAS = sampled_from([(0.9, 0.999), (0.5, 0.75), (0.8, 0.9), (0.0, 0.5), (0.9, 0.0)])
RATES = sampled_from([1.0, 0.1, 0.01])


@points(
    "2",
    "The first step is as long as the learning rate, whatever the gradient",
    hint="After one step, what is m divided by the root of v, before the correction and after it?",
    cell=ADAM,
)
@given(walk=walks(steps=1), lr=RATES, betas=BETAS, _count=8)
@example(walk=(_STARTS, _PUSHES[:1]), lr=0.1, betas=(0.9, 0.999))
@example(walk=([A * 0], [[np.float32([1000, -0.001, 0])]]), lr=1.0, betas=(0.9, 0.999))
def test_first_step(judge, walk, lr, betas):
    judge.agrees(scenarios.walk, "Adam", {"lr": lr, "betas": betas}, *walk, **_CLOSE)


@points(
    "2.25",
    "Several steps: both means, and both corrections",
    hint="By what are m and v divided in the third step? How often does t grow in a step of three parameters?",
    cell=ADAM,
)
@given(walk=walks(steps=5), lr=RATES, betas=BETAS, _count=8)
@example(walk=(_STARTS, _PUSHES), lr=0.1, betas=(0.9, 0.999))
@example(walk=(_STARTS, _PUSHES), lr=1.0, betas=(0.5, 0.75))
@example(walk=(_ALIKE, _ALIKE_PUSHES), lr=1.0, betas=(0.5, 0.9))
def test_steps(judge, walk, lr, betas):
    judge.agrees(scenarios.walk, "Adam", {"lr": lr, "betas": betas}, *walk, **_CLOSE)


@points(
    "1",
    "eps is added to the root of the corrected mean",
    hint="Does eps stand under the root? Is it added before or after the correction?",
    cell=ADAM,
)
@given(walk=walks(steps=3), eps=sampled_from([1.0, 0.1, 0.01]), betas=BETAS, _count=6)
@example(walk=(_STARTS, _PUSHES), eps=1.0, betas=(0.9, 0.999))
@example(walk=([A], [[A / 8], [A / 16]]), eps=0.1, betas=(0.5, 0.75))
@example(walk=([A], [[A * 0], [A * 0]]), eps=1e-8, betas=(0.9, 0.999))
def test_eps(judge, walk, eps, betas):
    judge.agrees(scenarios.walk, "Adam", {"lr": 0.5, "eps": eps, "betas": betas}, *walk, **_CLOSE)


@points(
    "0.75",
    "Weight decay in Adam is a part of the gradient",
    hint="Do the two means see the pull towards 0?",
    cell=ADAM,
)
@given(walk=walks(), weight_decay=sampled_from([0.1, 0.5]), _count=4)
@example(walk=(_STARTS, _PUSHES), weight_decay=0.5)
@example(walk=([A], [[A * 0], [A]]), weight_decay=0.5)
def test_weight_decay(judge, walk, weight_decay):
    judge.agrees(scenarios.walk, "Adam", {"lr": 0.1, "weight_decay": weight_decay}, *walk, **_CLOSE)
    judge.agrees(scenarios.walk_without_renewal, "Adam", {"lr": 0.1, "weight_decay": weight_decay}, *walk, 2, **_CLOSE)


@points(
    "0.75",
    "Adam's defaults; arguments by position; parameters from a generator; float32 stays float32",
    hint="In which order do the arguments stand, and what are they if nobody says so?",
    cell=ADAM,
)
@given(walk=walks(steps=3), _count=4)
@example(walk=([A * 0, B * 0], pushes_of([A, B], 1, -2, 0.5)))
def test_arguments(judge, walk):
    judge.agrees(scenarios.walk, "Adam", {}, *walk, rtol=1e-5, atol=2e-6)
    judge.agrees(scenarios.walk_by_position, "Adam", [0.1, (0.5, 0.9), 0.25, 0.5], *walk, **_CLOSE)
    judge.agrees(scenarios.walk_from_generator, "Adam", {"lr": 0.1}, *walk, **_CLOSE)
    judge.agrees(scenarios.walk_of_numpy_settings, "Adam", FULL["Adam"], *walk, **_CLOSE)


@points(
    "0.75",
    "Each parameter has means and a count of steps of its own; one without a gradient rests",
    hint="Where do m, v and t live, and under which key? What is t of a parameter that rested for a while?",
    cell=ADAM,
)
@given(walk=walks(), lr=RATES, _count=4)
@example(walk=(_ALIKE, _ALIKE_PUSHES), lr=1.0)
@example(walk=(_STARTS, _PUSHES), lr=0.1)
def test_own_means(judge, walk, lr):
    settings = {"lr": lr, "betas": (0.5, 0.75)}
    judge.agrees(scenarios.two_walks, ["Adam", "Adam"], [settings, settings], *walk, **_CLOSE)
    starts, pushes = walk
    judge.agrees(scenarios.rest_and_go_on, "Adam", settings, starts, [*pushes, *pushes], **_CLOSE)
    judge.agrees(scenarios.nobody_moves, "Adam", settings, starts)


@points(
    "0.75",
    "The learning rate of the moment; arrays of its own; the gradient is left as it was",
    hint="Is lr a part of what m remembers? Does m or v share its array with a gradient?",
    cell=ADAM,
)
@given(start=tensors(shape=(3,), layouts=False), betas=BETAS, _count=3)
@example(start=A, betas=(0.0, 0.0))
@example(start=A, betas=(0.5, 0.75))
def test_own_arrays(judge, start, betas):
    pushes, settings = pushes_of([start], 1, -1, 2, 0.5), {"lr": 0.5, "betas": betas}
    judge.agrees(scenarios.walk_at_rates, "Adam", settings, [start], pushes, [0.5, 0.05, 1.0, 0.125], **_CLOSE)
    judge.agrees(
        scenarios.walk_with_shared_buffers, "Adam", settings, [start, B], pushes_of([start, B], 1, -2), **_CLOSE
    )
    judge.agrees(scenarios.own_arrays, "Adam", settings, start, np.float32(start / 2 + 1), **_CLOSE)


@points(
    "0.5",
    "A beta outside of [0, 1), a negative lr, eps or weight decay is refused",
    hint="With beta = 1, by what would the mean be divided?",
    cell=ADAM,
)
@given(wrong=sampled_from([{"betas": (1.5, 0.9)}, {"betas": (0.9, -0.5)}, {"lr": -1.0}]), _count=2)
@example(wrong={"betas": (1.0, 0.9)})
@example(wrong={"betas": (0.9, 1.0)})
@example(wrong={"betas": (-0.1, 0.9)})
@example(wrong={"lr": -0.001})
@example(wrong={"eps": -1e-8})
@example(wrong={"weight_decay": -0.5})
def test_refused(judge, wrong):
    judge.raises(scenarios.made_with, "Adam", wrong, A, errors=REFUSED)


@points(
    "0.5",
    "200 steps of Adam through a valley, and a network that learns",
    hint="Compare the first five steps with the formula, by hand, before you look at the two hundredth.",
    cell=ADAM,
)
@given(start=tensors(shape=(4,), layouts=False), lr=sampled_from([0.05, 0.02]), _count=1)
def test_long_walk(judge, start, lr):
    judge.agrees(scenarios.valley, "Adam", {"lr": lr}, start, 200, rtol=1e-4, atol=1e-4)
    weights = [np.float32(np.cos(np.arange(12).reshape(3, 4))), np.float32(np.sin(np.arange(8).reshape(4, 2)))]
    targets = np.float32(np.tanh(_X @ np.float32([[1, -1], [0.5, 0.5], [-1, 1]]) + start[:2] / 4))
    judge.agrees(scenarios.network, "Adam", {"lr": lr}, _X, targets, weights, 200, rtol=1e-3, atol=1e-3)


@points(
    "2.5",
    "AdamW: the weights lose their share beside Adam's step",
    hint="Do the two means know of the weight decay? Is it multiplied by the learning rate?",
    cell=ADAMW,
)
@given(walk=walks(), weight_decay=sampled_from([0.1, 0.5]), lr=RATES, betas=BETAS, _count=8)
@example(walk=(_STARTS, _PUSHES), weight_decay=0.5, lr=0.1, betas=(0.9, 0.999))
@example(walk=(_STARTS, _PUSHES), weight_decay=0.5, lr=1.0, betas=(0.5, 0.75))
def test_decoupled(judge, walk, weight_decay, lr, betas):
    judge.agrees(scenarios.walk, "AdamW", {"lr": lr, "betas": betas, "weight_decay": weight_decay}, *walk, **_CLOSE)


@points(
    "1.25",
    "AdamW without a slope shrinks the weights, without a gradient it does nothing",
    hint="What is left of AdamW's formula when the gradient is 0? And when there is none?",
    cell=ADAMW,
)
@given(walk=walks(elements=sampled_from([0.0])), weight_decay=sampled_from([0.1, 0.5]), _count=4)
@example(walk=(_STARTS, [[A * 0, B * 0, C * 0]] * 3), weight_decay=0.5)
def test_without_slope(judge, walk, weight_decay):
    settings = {"lr": 0.25, "weight_decay": weight_decay}
    judge.agrees(scenarios.walk, "AdamW", settings, *walk, **_CLOSE)
    judge.agrees(scenarios.rest, "AdamW", settings, *walk, **_CLOSE)
    judge.agrees(scenarios.nobody_moves, "AdamW", settings, walk[0])


@points(
    "1",
    "AdamW's defaults, arguments by position, and the learning rate of the moment",
    hint="How large is AdamW's weight decay if nobody says so? Does the loss of weight follow the schedule?",
    cell=ADAMW,
)
@given(start=tensors(shape=(3,), layouts=False), _count=3)
@example(start=A)
def test_adamw_arguments(judge, start):
    start = np.float32(200 + 10 * start)
    pushes = pushes_of([start], 1, -1, 2, 0.5)
    # Far from 0 the default weight decay of 0.01 is larger than the step.
    judge.agrees(scenarios.walk, "AdamW", {}, [start], pushes, rtol=1e-6, atol=1e-6)
    judge.agrees(scenarios.walk, "AdamW", {"lr": 0.5}, [start], pushes, **_CLOSE)
    judge.agrees(scenarios.walk_by_position, "AdamW", [0.1, (0.5, 0.9), 0.25, 0.5], [start], pushes, **_CLOSE)
    judge.agrees(scenarios.walk_at_rates, "AdamW", {}, [start], pushes, [0.5, 0.05, 1.0, 0.125], **_CLOSE)
    judge.agrees(scenarios.walk_of_numpy_settings, "AdamW", FULL["AdamW"], [start], pushes, **_CLOSE)


@points(
    "0.75",
    "AdamW without weight decay is Adam, one step or many",
    hint="Do the two classes share the code that they have in common?",
    cell=ADAMW,
)
@given(walk=walks(steps=5), betas=BETAS, eps=sampled_from([1e-8, 0.1]), _count=4)
@example(walk=(_STARTS, _PUSHES), betas=(0.9, 0.999), eps=1e-8)
def test_is_adam(judge, walk, betas, eps):
    settings = {"lr": 0.1, "betas": betas, "eps": eps, "weight_decay": 0.0}
    judge.agrees(scenarios.two_walks, ["AdamW", "Adam"], [settings, settings], *walk, **_CLOSE)


@points(
    "0.75",
    "200 steps of AdamW through a valley; wrong settings are refused",
    hint="Where do the weights come to rest, compared with Adam?",
    cell=ADAMW,
)
@given(start=tensors(shape=(4,), layouts=False), weight_decay=sampled_from([0.2, 0.5]), _count=1)
def test_adamw_long_walk(judge, start, weight_decay):
    judge.agrees(
        scenarios.valley, "AdamW", {"lr": 0.05, "weight_decay": weight_decay}, start, 200, rtol=1e-4, atol=1e-4
    )
    judge.raises(scenarios.made_with, "AdamW", {"weight_decay": -0.5}, A, errors=REFUSED)
    judge.raises(scenarios.made_with, "AdamW", {"betas": (0.9, 1.0)}, A, errors=REFUSED)


@points(
    "2",
    "RMSprop divides by the root of the mean of squares",
    hint="With which value does the mean start? Is anything corrected here? Where is eps added?",
    cell=RMSPROP,
)
@given(walk=walks(), alpha=sampled_from([0.99, 0.9, 0.5, 0.0]), eps=sampled_from([1e-8, 0.1, 1.0]), lr=RATES, _count=8)
@example(walk=(_STARTS, _PUSHES), alpha=0.9, eps=1e-8, lr=0.1)
@example(walk=(_ALIKE, _ALIKE_PUSHES), alpha=0.5, eps=0.1, lr=0.1)
@example(walk=([A], [[A / 8], [A / 16]]), alpha=0.5, eps=1.0, lr=1.0)
def test_rmsprop(judge, walk, alpha, eps, lr):
    judge.agrees(scenarios.walk, "RMSprop", {"lr": lr, "alpha": alpha, "eps": eps}, *walk, **_CLOSE)


@points(
    "1.25",
    "RMSprop with momentum and weight decay",
    hint="What is pushed into the velocity: the gradient, or what is left of it after the division?",
    cell=RMSPROP,
)
@given(walk=walks(), momentum=sampled_from([0.0, 0.5, 0.9]), weight_decay=sampled_from([0.0, 0.5]), _count=6)
@example(walk=(_STARTS, _PUSHES), momentum=0.5, weight_decay=0.0)
@example(walk=(_STARTS, _PUSHES), momentum=0.0, weight_decay=0.5)
def test_rmsprop_extras(judge, walk, momentum, weight_decay):
    settings = {"lr": 0.1, "alpha": 0.75, "momentum": momentum, "weight_decay": weight_decay}
    judge.agrees(scenarios.walk, "RMSprop", settings, *walk, **_CLOSE)
    judge.agrees(scenarios.rest_and_go_on, "RMSprop", settings, *walk, **_CLOSE)
    judge.agrees(scenarios.walk_without_renewal, "RMSprop", settings, *walk, 2, **_CLOSE)


@points(
    "1",
    "RMSprop's defaults, arguments by position, the learning rate of the moment, arrays of its own",
    hint="In which order do the arguments stand, and what are they if nobody says so?",
    cell=RMSPROP,
)
@given(start=tensors(shape=(3,), layouts=False), _count=3)
@example(start=A)
def test_rmsprop_arguments(judge, start):
    starts, pushes = [start, B], pushes_of([start, B], 1, -1, 2, 0.5)
    judge.agrees(scenarios.walk, "RMSprop", {}, starts, pushes, **_CLOSE)
    judge.agrees(scenarios.walk_by_position, "RMSprop", [0.1, 0.5, 0.25, 0.5, 0.75], starts, pushes, **_CLOSE)
    rates = [0.5, 0.05, 1.0, 0.125]
    judge.agrees(scenarios.walk_at_rates, "RMSprop", {"momentum": 0.5}, starts, pushes, rates, **_CLOSE)
    judge.agrees(scenarios.walk_of_numpy_settings, "RMSprop", FULL["RMSprop"], starts, pushes, **_CLOSE)
    judge.agrees(scenarios.two_walks, ["RMSprop", "RMSprop"], [FULL["RMSprop"]] * 2, starts, pushes, **_CLOSE)
    settings = {"lr": 0.1, "alpha": 0.0, "momentum": 0.5}
    judge.agrees(scenarios.walk_with_shared_buffers, "RMSprop", settings, starts, pushes, **_CLOSE)


@points(
    "0.75",
    "200 steps of RMSprop through a valley; wrong settings are refused",
    hint="Compare the first five steps with the formula, by hand, before you look at the two hundredth.",
    cell=RMSPROP,
)
@given(start=tensors(shape=(4,), layouts=False), momentum=sampled_from([0.0, 0.5]), _count=1)
def test_rmsprop_long_walk(judge, start, momentum):
    settings = {"lr": 0.01, "alpha": 0.9, "momentum": momentum}
    judge.agrees(scenarios.valley, "RMSprop", settings, start, 200, rtol=1e-4, atol=1e-4)
    for wrong in ({"lr": -0.1}, {"alpha": -0.5}, {"eps": -1.0}, {"momentum": -0.5}, {"weight_decay": -0.5}):
        judge.raises(scenarios.made_with, "RMSprop", wrong, A, errors=REFUSED)
