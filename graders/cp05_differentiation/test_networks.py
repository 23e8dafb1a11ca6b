"""Activations, losses and layers of modules 02 to 04 are differentiable."""

from __future__ import annotations

import math

import numpy as np

from graders.cp05_differentiation import scenarios
from graders.cp05_differentiation.inputs import SMOOTH, message, smooth, weights
from tito.grading.authoring import example, given, integers, points, sampled_from, st, tensors

ACTIVATIONS = "test-activation-rules"
SOFTMAX = "test-softmax-rules"
LOSSES = "test-losses"

_X = np.float32([-2, -0.5, 0.25, 3])


@points(
    "0.75",
    "ReLU, Sigmoid and Tanh",
    hint="How steep is each of them at 0, and far away from it?",
    cell=ACTIVATIONS,
)
@given(x=smooth(max_dims=2), name=sampled_from(["ReLU", "Sigmoid", "Tanh"]), _count=8)
@example(x=_X, name="ReLU")
@example(x=_X, name="Sigmoid")
@example(x=_X, name="Tanh")
def test_activations(judge, x, name):
    judge.agrees(scenarios.activation, name, x, message(x.shape), rtol=1e-4)


@points(
    "0.5",
    "Slopes at 0 and far out",
    hint="What is the slope of ReLU at 0? Is any of your gradients `nan` at 10,000?",
    cell=ACTIVATIONS,
)
@given(number=integers(50, 10_000), name=sampled_from(["ReLU", "Sigmoid", "Tanh"]), _count=4)
@example(number=10_000, name="ReLU")
@example(number=10_000, name="Sigmoid")
@example(number=10_000, name="Tanh")
def test_far_out(judge, number, name):
    x = np.float32([-number, 0, number])
    judge.agrees(scenarios.activation, name, x, np.float32([1, 2, 3]), rtol=1e-4)


_SCALE = math.sqrt(2 / math.pi)


def _tanh_form(x):
    t = np.tanh(_SCALE * (x + 0.044715 * x**3))
    return x * (1 + t) / 2, (1 + t + x * (1 - t * t) * _SCALE * (1 + 3 * 0.044715 * x * x)) / 2


def _erf_form(x):
    below = np.array([(1 + math.erf(number / math.sqrt(2))) / 2 for number in x.ravel().tolist()]).reshape(x.shape)
    return x * below, below + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


@points(
    "0.75",
    "GELU: the slope of the form that its forward has",
    hint="There are two formulas for GELU. Is your rule the derivative of the one that you compute?",
    cell=ACTIVATIONS,
)
@given(x=tensors(shape=(6,), elements=integers(-30, 30).map(lambda number: number / 8)), _count=6)
@example(x=np.float32([-2, -1, -0.5, 0.5, 1, 2]))
@example(x=np.float32([-10_000, -50, 0, 1, 50, 10_000]))
def test_gelu(judge, x):
    values, slopes = judge.call(scenarios.activation_with_value, "GELU", x)
    exact = x.astype(np.float64)
    with np.errstate(all="ignore"):
        forms = [_tanh_form(exact), _erf_form(exact)]
    judge.require(values.shape == x.shape and slopes.shape == x.shape, "values and slopes have the shape of the tensor")
    # Whichever form these values are exactly; if neither, both slopes are within the tolerance of the contract.
    near = [slope for value, slope in forms if np.allclose(values, value, rtol=1e-5, atol=2e-6)]
    tolerance = 2e-5 if near else 3e-3
    judge.require(
        any(np.allclose(slopes, slope, rtol=1e-4, atol=tolerance) for slope in near or [slope for _, slope in forms]),
        "the gradient of GELU should be the slope of the GELU that was computed",
    )


@points(
    "1.25",
    "Softmax and LogSoftmax along any axis",
    hint="If one input of a row rises, what happens to every result of that row? Along which axis do your sums run?",
    cell=SOFTMAX,
)
@given(x=smooth(min_dims=2, max_dims=3, min_side=1), dim=sampled_from([0, 1, -1, -2]),
       name=sampled_from(["Softmax", "LogSoftmax"]), _count=10)  # fmt: skip
@example(x=np.float32([[1, 2, 3], [0.5, 0, -1]]), dim=0, name="Softmax")
@example(x=np.float32([[1, 2, 3], [0.5, 0, -1]]), dim=0, name="LogSoftmax")
@example(x=np.float32([[1, 2, 3], [0.5, 0, -1]]), dim=-1, name="Softmax")
@example(x=np.float32([[1, 2, 3], [0.5, 0, -1]]), dim=-1, name="LogSoftmax")
def test_softmax(judge, x, dim, name):
    judge.agrees(scenarios.along, name, x, dim, message(x.shape), rtol=1e-4, atol=1e-5)
    judge.agrees(scenarios.function_log_softmax, x, message(x.shape), rtol=1e-4, atol=1e-5)


@points(
    "0.75",
    "Softmax and LogSoftmax of logits far apart",
    hint="Which probability do you get for the smallest logit, and what do you divide by?",
    cell=SOFTMAX,
)
@given(number=integers(200, 10_000), name=sampled_from(["Softmax", "LogSoftmax"]), _count=4)
@example(number=10_000, name="Softmax")
@example(number=10_000, name="LogSoftmax")
def test_softmax_far_out(judge, number, name):
    x = np.float32([[number, -number, 0], [number, number, -number]])
    judge.agrees(scenarios.along, name, x, -1, message(x.shape), rtol=1e-4)


@points(
    "0.75",
    "The losses of module 04",
    hint="By how many numbers is each of these means divided?",
    cell=LOSSES,
)
@given(x=smooth(shape=(3, 4)), targets=st.lists(integers(0, 3), min_size=3, max_size=3),
       factor=sampled_from([1.0, 2.0, -0.5]), _count=5)  # fmt: skip
def test_losses(judge, x, targets, factor):
    judge.agrees(scenarios.loss, "MSELoss", x, x.T.reshape(3, 4), rtol=1e-4)
    judge.agrees(scenarios.loss_of_classes, x, targets, factor, rtol=1e-4)
    judge.agrees(scenarios.loss_of_classes, np.stack([x, -x]), [targets, targets[::-1]], factor, rtol=1e-4)
    chances = 1 / (1 + np.exp(-x))
    judge.agrees(scenarios.loss, "BinaryCrossEntropyLoss", chances, np.float32(x > 0), rtol=2e-3, atol=1e-5)


@points(
    "0.75",
    "A network: all its parameters get their gradients, and steps against them make it better",
    hint="Which of the parameters has a wrong gradient? Compare with `gradcheck`, layer by layer.",
    cell=LOSSES,
)
@given(x=tensors(shape=(5, 3), elements=SMOOTH), parameters=weights(),
       targets=st.lists(integers(0, 2), min_size=5, max_size=5), seed=integers(0, 99), _count=3)  # fmt: skip
def test_network(judge, x, parameters, targets, seed):
    judge.agrees(scenarios.network, x, parameters, targets, rtol=1e-3, atol=1e-5)
    judge.agrees(scenarios.descent, x, parameters, targets, 8, rtol=5e-3, atol=2e-3)
    through, back = judge.call(scenarios.dropped, seed, np.full((4, 10), 3, dtype=np.float32))
    judge.require(np.allclose(through, 3 * back), "dropout should let back exactly what it let through")
