"""ReLU, sigmoid, tanh and GELU: number by number."""

from __future__ import annotations

import numpy as np

from graders.cp02_intelligence import scenarios
from graders.cp02_intelligence.inputs import CUBE, FAR, LINE, extreme, small
from tito.grading.authoring import broadcastable, example, given, points, sampled_from

RELU = "test-relu"
SIGMOID = "test-sigmoid"
TANH = "test-tanh"
GELU = "test-gelu"

_ONES = np.float32([[1, -1]])


@points(
    "3",
    "ReLU of any shape",
    hint="What becomes of negative numbers, what of positive ones? Is the largest of the whole array asked for?",
    cell=RELU,
)
@given(x=small())
@example(x=LINE)
@example(x=CUBE)
def test_relu(judge, x):
    judge.agrees(scenarios.apply, "ReLU", x)
    judge.agrees(scenarios.apply_forward, "ReLU", x)


@points(
    "1.5",
    "ReLU keeps large numbers exactly, and tiny ones",
    hint="Is there an upper end to what ReLU lets through?",
    cell=RELU,
)
@given(x=extreme(min_dims=1, max_dims=2), _count=6)
@example(x=FAR)
@example(x=np.float32([1e-6, -1e-6, 3e-5, 1e-4]) * 1000)
def test_relu_far(judge, x):
    judge.agrees(scenarios.apply, "ReLU", x, rtol=0, atol=0)


@points(
    "1.5",
    "ReLU makes a new tensor: the input stays as it is, also when the result is changed",
    hint="Does the result share its numbers with the input where nothing was cut off?",
    cell=RELU,
)
@given(x=small(min_dims=1, min_side=1), _count=6)
@example(x=np.float32([1, 2, 3]))
@example(x=np.float32([-1, 2, -3]))
def test_relu_input(judge, x):
    judge.expects(scenarios.input_afterwards, "ReLU", x, value=[x, x], rtol=0, atol=0)
    judge.agrees(scenarios.what_comes_out, "ReLU", x)


@points(
    "1",
    "ReLU in a hidden layer, with products and sums around it",
    hint="Is the result a tensor that the next operation can use?",
    cell=RELU,
)
@given(x=small(shape=(3, 2)), weight=small(shape=(2, 4)), offset=small(shape=(4,)), _count=6)
def test_relu_layer(judge, x, weight, offset):
    judge.agrees(scenarios.hidden_layer, x, weight, offset, atol=1e-4)
    judge.agrees(scenarios.stacked, ["ReLU", "ReLU"], x)
    judge.expects(scenarios.parameters, "ReLU", value=[])


@points(
    "4",
    "Sigmoid of any shape",
    hint="What should come out at 0, at 2 and at -2? Do sigmoid(x) and sigmoid(-x) add up to 1?",
    cell=SIGMOID,
)
@given(x=small())
@example(x=LINE)
@example(x=CUBE)
@example(x=np.float32(0.5))
def test_sigmoid(judge, x):
    judge.agrees(scenarios.apply, "Sigmoid", x)
    judge.agrees(scenarios.apply_forward, "Sigmoid", x)


@points(
    "3",
    "Sigmoid up to plus and minus 10,000: 0 and 1, and never NaN",
    hint="Which powers of e are too large for float32? Could you do without them?",
    cell=SIGMOID,
)
@given(x=extreme(min_dims=1, max_dims=2))
@example(x=FAR)
@example(x=np.float32([88.5, 89, 90, -88.5, -89, -90]))
def test_sigmoid_far(judge, x):
    judge.agrees(scenarios.apply, "Sigmoid", x)


@points(
    "1",
    "Sigmoid makes a new tensor, and has nothing to learn",
    hint="Which numbers are in the input after the call?",
    cell=SIGMOID,
)
@given(x=small(min_dims=1, min_side=1), _count=5)
def test_sigmoid_input(judge, x):
    judge.expects(scenarios.input_afterwards, "Sigmoid", x, value=[x, x], rtol=0, atol=0)
    judge.agrees(scenarios.what_comes_out, "Sigmoid", x)
    judge.expects(scenarios.parameters, "Sigmoid", value=[])


@points(
    "1",
    "One sigmoid for many inputs, one after the other and around other operations",
    hint="Does the object keep anything from one call to the next?",
    cell=SIGMOID,
)
@given(pair=broadcastable(max_dims=2, min_side=1), x=small(min_dims=1, max_dims=2), _count=5)
@example(pair=(np.float32([[1, 2], [3, 4]]), np.float32([1, -1])), x=LINE)
def test_sigmoid_again(judge, pair, x):
    judge.agrees(scenarios.apply_twice, "Sigmoid", x, pair[0])
    judge.agrees(scenarios.stacked, ["Sigmoid", "Sigmoid", "ReLU"], x)


@points(
    "2",
    "Tanh of any shape",
    hint="What should come out at 0 and at 1? And is it an odd function?",
    cell=TANH,
)
@given(x=small())
@example(x=LINE)
@example(x=CUBE)
def test_tanh(judge, x):
    judge.agrees(scenarios.apply, "Tanh", x)
    judge.agrees(scenarios.apply_forward, "Tanh", x)


@points(
    "2",
    "Tanh up to plus and minus 10,000: -1 and 1, and never NaN",
    hint="What is infinity divided by infinity?",
    cell=TANH,
)
@given(x=extreme(min_dims=1, max_dims=2), _count=8)
@example(x=FAR)
@example(x=np.float32([44.5, 50, 89, -44.5, -50, -89]))
def test_tanh_far(judge, x):
    judge.agrees(scenarios.apply, "Tanh", x)


@points(
    "1",
    "Tanh makes a new tensor, for one input after the other",
    hint="Which numbers are in the input after the call?",
    cell=TANH,
)
@given(x=small(min_dims=1, max_dims=2, min_side=1), other=small(min_dims=1, max_dims=2), _count=5)
def test_tanh_input(judge, x, other):
    judge.expects(scenarios.input_afterwards, "Tanh", x, value=[x, x], rtol=0, atol=0)
    judge.agrees(scenarios.what_comes_out, "Tanh", x)
    judge.agrees(scenarios.apply_twice, "Tanh", x, other)
    judge.agrees(scenarios.gated, _ONES, _ONES)
    judge.expects(scenarios.parameters, "Tanh", value=[])


# Either formula of GELU is right; they differ by less than 0.0005.


@points(
    "3.5",
    "GELU of any shape, by either formula",
    hint="Check the constants: the root of 2 / pi, 0.044715, the half. What should come out at 1 and at -1?",
    cell=GELU,
)
@given(x=small())
@example(x=LINE)
@example(x=CUBE)
def test_gelu(judge, x):
    judge.agrees(scenarios.apply, "GELU", x, rtol=1e-5, atol=1e-3)
    judge.agrees(scenarios.apply_forward, "GELU", x, rtol=1e-5, atol=1e-3)


@points(
    "2.5",
    "GELU up to plus and minus 10,000: 0 and the number itself, and never NaN",
    hint="How large is the cube of 10,000? And e to the power of it?",
    cell=GELU,
)
@given(x=extreme(min_dims=1, max_dims=2), _count=8)
@example(x=FAR)
def test_gelu_far(judge, x):
    judge.agrees(scenarios.apply, "GELU", x, rtol=1e-5, atol=1e-3)


@points(
    "1",
    "GELU makes a new tensor, and has nothing to learn",
    hint="Which numbers are in the input after the call?",
    cell=GELU,
)
@given(x=small(min_dims=1, min_side=1), name=sampled_from(["ReLU", "Tanh"]), _count=5)
@example(x=LINE, name="ReLU")
@example(x=LINE, name="Tanh")
def test_gelu_input(judge, x, name):
    judge.expects(scenarios.input_afterwards, "GELU", x, value=[x, x], rtol=0, atol=0)
    judge.agrees(scenarios.what_comes_out, "GELU", x, atol=1e-3)
    judge.agrees(scenarios.stacked, ["GELU", name], x, atol=1e-3)
    judge.expects(scenarios.parameters, "GELU", value=[])
