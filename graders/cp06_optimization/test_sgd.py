"""SGD: plain, with momentum, with weight decay."""

from __future__ import annotations

import numpy as np

from graders.cp06_optimization import scenarios
from graders.cp06_optimization.inputs import REFUSED, A, B, C, pushes_of, walks
from tito.grading.authoring import example, given, integers, points, sampled_from, tensors

SGD = "test-sgd"
MOMENTUM = "test-momentum"
DECAY = "test-weight-decay"

_STARTS = [A, B, C]
_PUSHES = pushes_of(_STARTS, 1, -2, 0.5, 3)
_ALIKE = [A, A, A]
_ALIKE_PUSHES = [[A * 3, -A, A / 2], [A, A * 2, -A], [-A, A / 4, A]]
_X = np.float32([[0.5, -1, 1], [1, 0.25, -0.5], [-1, 1, 0.5], [0.25, -0.25, 1.5], [1.5, 1, -1]])

# A correct program may compute in another order, or in double precision inside.
_CLOSE = {"rtol": 1e-4, "atol": 1e-5}

RATES = sampled_from([0.5, 0.1, 0.01, 0.003])


@points(
    "1.75",
    "Steps against the gradient, on parameters of any shape",
    hint="In which direction does the loss fall? By what is the gradient multiplied?",
    cell=SGD,
)
@given(walk=walks(), lr=RATES, _count=10)
@example(walk=(_STARTS, _PUSHES), lr=0.5)
@example(walk=([C], [[np.float32(2)]]), lr=0.1)
def test_step(judge, walk, lr):
    judge.agrees(scenarios.walk, "SGD", {"lr": lr}, *walk, **_CLOSE)


@points(
    "1",
    "The default learning rate; parameters from a generator; arguments by position",
    hint="In which order do the arguments of SGD stand, and what are they if nobody says so?",
    cell=SGD,
)
@given(walk=walks(steps=2), _count=4)
@example(walk=(_STARTS, _PUSHES))
def test_arguments(judge, walk):
    judge.agrees(scenarios.walk, "SGD", {}, *walk, **_CLOSE)
    judge.agrees(scenarios.walk_from_generator, "SGD", {"lr": 0.25}, *walk, **_CLOSE)
    judge.agrees(scenarios.walk_by_position, "SGD", [0.25, 0.5, 0.125], *walk, **_CLOSE)


@points(
    "1.25",
    "A parameter without a gradient stays; one with a gradient keeps it after the step",
    hint="Whose job is it to forget gradients? What is None times the learning rate?",
    cell=SGD,
)
@given(walk=walks(), _count=4)
@example(walk=(_STARTS, _PUSHES))
@example(walk=(_ALIKE, _ALIKE_PUSHES))
def test_without_gradient(judge, walk):
    judge.agrees(scenarios.rest, "SGD", {"lr": 0.5}, *walk, **_CLOSE)
    judge.agrees(scenarios.nobody_moves, "SGD", {"lr": 0.5}, walk[0])
    judge.agrees(scenarios.walk_without_renewal, "SGD", {"lr": 0.25}, *walk, 3, **_CLOSE)


@points(
    "0.75",
    "The step uses the learning rate of that moment, and float32 stays float32",
    hint="When is `self.lr` read? What does NumPy make of a float32 array times a float64 number?",
    cell=SGD,
)
@given(start=tensors(shape=(3,), layouts=False), rates=sampled_from([[0.5, 0.25, 0.125, 0.1], [0.01, 0.1, 0.2, 1.0]]),
       _count=3)  # fmt: skip
@example(start=A, rates=[0.5, 0.25, 1.0, 0.0])
def test_rates(judge, start, rates):
    pushes = pushes_of([start], 1, -1, 2, 0.5)
    judge.agrees(scenarios.walk_at_rates, "SGD", {"lr": 0.1}, [start], pushes, rates, **_CLOSE)


@points(
    "0.75",
    "Arrays are not shared, and after the step a parameter is the tensor that it was",
    hint="Which arrays does your step write into? Does backward still find the parameter?",
    cell=SGD,
)
@given(start=tensors(min_dims=1, max_dims=2, min_side=1, layouts=False), _count=3)
@example(start=A)
def test_own_arrays(judge, start):
    judge.agrees(scenarios.own_arrays, "SGD", {"lr": 0.5}, start, np.float32(start / 2 + 1), **_CLOSE)
    judge.agrees(scenarios.still_a_leaf, "SGD", {"lr": 0.1}, start, **_CLOSE)


@points(
    "0.5",
    "A negative learning rate is refused",
    hint="Where would it lead?",
    cell=SGD,
)
@given(number=integers(1, 20), _count=2)
def test_refused(judge, number):
    judge.raises(scenarios.made_with, "SGD", {"lr": -number / 100}, A, errors=REFUSED)


@points(
    "2.25",
    "The velocity: a part of what it was, and the gradient in full",
    hint="What is the velocity in the first step? Is the gradient damped when it is added?",
    cell=MOMENTUM,
)
@given(walk=walks(), momentum=sampled_from([0.9, 0.5, 0.25]), lr=RATES, _count=8)
@example(walk=(_STARTS, _PUSHES), momentum=0.9, lr=0.1)
@example(walk=([C], [[np.float32(2)], [np.float32(2)], [np.float32(0)]]), momentum=0.5, lr=0.5)
def test_momentum(judge, walk, momentum, lr):
    judge.agrees(scenarios.walk, "SGD", {"lr": lr, "momentum": momentum}, *walk, **_CLOSE)


@points(
    "1",
    "Each parameter has a velocity of its own, and so has each optimizer",
    hint="Where does the velocity live, and under which key? What if two parameters have one shape?",
    cell=MOMENTUM,
)
@given(momentum=sampled_from([0.9, 0.5]), factor=sampled_from([1.0, -0.5, 4.0]), _count=3)
@example(momentum=0.5, factor=1.0)
def test_own_velocity(judge, momentum, factor):
    settings = {"lr": 0.1, "momentum": momentum}
    pushes = [[np.float32(gradient * factor) for gradient in gradients] for gradients in _ALIKE_PUSHES]
    judge.agrees(scenarios.walk, "SGD", settings, _ALIKE, pushes, **_CLOSE)
    judge.agrees(scenarios.two_walks, ["SGD", "SGD"], [settings, settings], _STARTS, _PUSHES, **_CLOSE)


@points(
    "1",
    "Without a gradient a parameter rests, and its velocity waits",
    hint="Does a ball roll on while nobody looks? What does PyTorch do with a parameter whose `.grad` is None?",
    cell=MOMENTUM,
)
@given(walk=walks(), momentum=sampled_from([0.9, 0.5]), _count=4)
@example(walk=(_STARTS, _PUSHES), momentum=0.5)
@example(walk=(_ALIKE, _ALIKE_PUSHES), momentum=0.5)
def test_rest(judge, walk, momentum):
    judge.agrees(scenarios.rest_and_go_on, "SGD", {"lr": 0.25, "momentum": momentum}, *walk, **_CLOSE)


@points(
    "1",
    "The velocity is free of the learning rate, and its array is its own",
    hint="If lr falls to a tenth, how fast should the next step be? Is the velocity the same array as the gradient?",
    cell=MOMENTUM,
)
@given(start=tensors(shape=(3,), layouts=False), momentum=sampled_from([0.9, 0.5]), _count=3)
@example(start=A, momentum=0.5)
def test_velocity(judge, start, momentum):
    pushes, settings = pushes_of([start], 1, -1, 2, 0.5), {"lr": 0.5, "momentum": momentum}
    judge.agrees(scenarios.walk_at_rates, "SGD", settings, [start], pushes, [0.5, 0.05, 0.5, 0.125], **_CLOSE)
    judge.agrees(scenarios.walk_with_shared_buffers, "SGD", settings, [start, B], pushes_of([start, B], 1, -2, 3))


@points(
    "0.5",
    "A negative momentum is refused",
    hint="Which way would the ball roll?",
    cell=MOMENTUM,
)
@given(number=integers(1, 20), _count=2)
def test_momentum_refused(judge, number):
    judge.raises(scenarios.made_with, "SGD", {"lr": 0.1, "momentum": -number / 20}, A, errors=REFUSED)


@points(
    "0.75",
    "200 steps with momentum through a valley, and a network that learns",
    hint="Compare the first five steps with the formula, by hand, before you look at the two hundredth.",
    cell=MOMENTUM,
)
@given(start=tensors(shape=(4,), layouts=False), lr=sampled_from([0.05, 0.02]), _count=1)
def test_long_walk(judge, start, lr):
    settings = {"lr": lr, "momentum": 0.9}
    judge.agrees(scenarios.valley, "SGD", settings, start, 200, rtol=1e-4, atol=1e-4)
    weights = [np.float32(np.cos(np.arange(12).reshape(3, 4))), np.float32(np.sin(np.arange(8).reshape(4, 2)))]
    targets = np.float32(np.tanh(_X @ np.float32([[1, -1], [0.5, 0.5], [-1, 1]]) + start[:2] / 4))
    judge.agrees(scenarios.network, "SGD", settings, _X, targets, weights, 200, rtol=1e-3, atol=1e-3)


@points(
    "2.5",
    "Weight decay adds its share of the weights to the gradient",
    hint="Towards which value does weight decay pull? And is the pull multiplied by the learning rate?",
    cell=DECAY,
)
@given(walk=walks(), weight_decay=sampled_from([0.1, 0.5, 0.01]), lr=RATES, _count=8)
@example(walk=(_STARTS, _PUSHES), weight_decay=0.1, lr=0.5)
@example(walk=([A], [[A * 0], [A * 0]]), weight_decay=0.5, lr=0.5)
def test_weight_decay(judge, walk, weight_decay, lr):
    judge.agrees(scenarios.walk, "SGD", {"lr": lr, "weight_decay": weight_decay}, *walk, **_CLOSE)


@points(
    "1.5",
    "Weight decay with momentum: the velocity remembers the pull",
    hint="What comes first: the weights' share, or the velocity?",
    cell=DECAY,
)
@given(walk=walks(), weight_decay=sampled_from([0.1, 0.5]), _count=4)
@example(walk=(_STARTS, _PUSHES), weight_decay=0.5)
def test_weight_decay_with_momentum(judge, walk, weight_decay):
    judge.agrees(scenarios.walk, "SGD", {"lr": 0.25, "momentum": 0.5, "weight_decay": weight_decay}, *walk, **_CLOSE)


@points(
    "1.25",
    "Weight decay leaves the gradient itself alone, and a parameter that has none",
    hint="Which array does your sum go into? Is a gradient of None a gradient of 0?",
    cell=DECAY,
)
@given(walk=walks(), _count=4)
@example(walk=(_STARTS, _PUSHES))
def test_weight_decay_aside(judge, walk):
    settings = {"lr": 0.25, "weight_decay": 0.5}
    judge.agrees(scenarios.walk_without_renewal, "SGD", settings, *walk, 3, **_CLOSE)
    judge.agrees(scenarios.nobody_moves, "SGD", settings, walk[0])
    judge.agrees(scenarios.rest_and_go_on, "SGD", settings, *walk, **_CLOSE)


@points(
    "0.5",
    "A negative weight decay is refused",
    hint="Where would the weights go, if nothing else pulled at them?",
    cell=DECAY,
)
@given(number=integers(1, 20), _count=2)
def test_weight_decay_refused(judge, number):
    judge.raises(scenarios.made_with, "SGD", {"lr": 0.1, "weight_decay": -number / 20}, A, errors=REFUSED)
