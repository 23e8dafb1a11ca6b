"""What layers share, and the linear layer."""

from __future__ import annotations

import numpy as np

from graders.cp03_components import scenarios
from graders.cp03_components.inputs import BIAS, MATRIX, SEEDS, WEIGHT, affine, exact, is_floats
from tito.grading.authoring import example, given, integers, points, sampled_from, st

LAYER = "test-layer"
INIT = "test-linear-init"
LINEAR = "test-linear"


@points(
    "2",
    "A layer of one's own needs only `forward`",
    hint="Which method does Python call for `layer(x)`? What has a layer without weights to learn?",
    cell=LAYER,
)
@given(x=exact(), factor=sampled_from([2, -3, 0.5]), _count=6)
@example(x=MATRIX, factor=2)
def test_own(judge, x, factor):
    judge.agrees(scenarios.own_layer, x, factor)


@points(
    "2",
    "A layer of one's own can be told to learn and to be used",
    hint="What should `eval()` change in a layer that does the same in both modes? And in another layer?",
    cell=LAYER,
)
@given(x=exact(min_dims=1), _count=6)
@example(x=MATRIX)
def test_own_modes(judge, x):
    judge.agrees(scenarios.own_layer_in_modes, x)


@points(
    "2",
    "Weight (in, out) and bias (out,): float32, and to be learned",
    hint="Compare `layer.weight.shape` with x @ weight. What does `requires_grad` say?",
    cell=INIT,
)
@given(inputs=integers(1, 9), outputs=integers(1, 9), _count=6)
@example(inputs=5, outputs=3)
@example(inputs=1, outputs=1)
def test_made(judge, inputs, outputs):
    judge.agrees(scenarios.made, inputs, outputs)


@points(
    "2",
    "`parameters()` holds weight and bias; without a bias it is None and only the weight is left",
    hint="Which tensors should an optimizer change? Does it get them, or copies?",
    cell=INIT,
)
@given(inputs=integers(1, 9), outputs=integers(1, 9), _count=4)
@example(inputs=5, outputs=3)
def test_parameters(judge, inputs, outputs):
    judge.expects(scenarios.own_parameters, inputs, outputs, value=[2, True, True])
    judge.expects(scenarios.made_without_bias, inputs, outputs, value=[None, [inputs, outputs], [True]])


_SIZES = sampled_from([(400, 100), (100, 400), (200, 200), (900, 30)])


@points(
    "4",
    "The first weights have the scale of Xavier or He, and mean 0",
    hint="With 400 inputs: which variance does each rule give? Is it the variance that you set, or its root?",
    cell=INIT,
)
@given(seed=SEEDS, sizes=_SIZES, _count=4)
@example(seed=0, sizes=(400, 100))
@example(seed=1, sizes=(100, 400))
@example(seed=2, sizes=(900, 30))
def test_scale(judge, seed, sizes):
    weights = judge.call(scenarios.first_weights, seed, *sizes)
    judge.require(is_floats(weights, sizes), f"the weights of Linear{sizes} should be float32 of shape {sizes}")
    inputs, outputs = sizes
    variances = (1 / inputs, 2 / (inputs + outputs), 2 / inputs)
    spread, mean = float(weights.std(dtype=np.float64)), float(weights.mean(dtype=np.float64))
    # 27,000 draws and more: 8 % are more than fifteen standard errors of the standard deviation.
    judge.require(spread > 0.92 * min(variances) ** 0.5, "the first weights are too small")
    judge.require(spread < 1.08 * max(variances) ** 0.5, "the first weights are too large")
    judge.require(abs(mean) < 8 * spread / weights.size**0.5, "the mean of the first weights should be near 0")
    judge.require(np.unique(weights).size > weights.size // 2, "each weight should be drawn for itself")


@points(
    "2",
    "One seed gives the same first weights, another seed and a second layer others",
    hint="Which generator does `manual_seed` rule, and do your weights come from it?",
    cell=INIT,
)
@given(seed=SEEDS, inputs=integers(3, 8), outputs=integers(3, 8), _count=6)
def test_seed(judge, seed, inputs, outputs):
    drawn = judge.call(scenarios.first_weights_again, seed, seed + 1, inputs, outputs)
    judge.require(all(is_floats(each, (inputs, outputs)) for each in drawn), "the weights should be float32")
    first, second, elsewhere, again = drawn
    judge.require(np.array_equal(first, again), "the same seed should give the same weights, bit for bit")
    judge.require(not np.array_equal(first, second), "a second layer should start with other weights")
    judge.require(not np.array_equal(first, elsewhere), "another seed should give other weights")
    alone, after = judge.call(scenarios.generator_afterwards, seed, inputs, outputs)
    judge.require(not np.array_equal(alone, after), "Linear should use up numbers of generator()")


@points(
    "1",
    "Sizes that make no layer are refused",
    hint="How many inputs can a layer have at least?",
    cell=INIT,
)
@given(wrong=sampled_from([-1, -12, 2.5, "3"]), first=st.booleans(), _count=5)
@example(wrong=-2, first=False)
def test_sizes(judge, wrong, first):
    judge.raises(scenarios.linear_of_sizes, *((wrong, 3) if first else (3, wrong)))


@points(
    "4",
    "`x @ weight + bias` for inputs with any leading axes",
    hint="Which axis of x holds the inputs of one example? To which axis of the product does the bias belong?",
    cell=LINEAR,
)
@given(parts=affine())
@example(parts=(MATRIX, WEIGHT, BIAS))
@example(parts=(np.arange(24, dtype=np.float32).reshape(2, 4, 3), WEIGHT, BIAS))
@example(parts=(np.float32([1, 2, 3]), WEIGHT, BIAS))
@example(parts=(np.zeros((0, 3), dtype=np.float32), WEIGHT, BIAS))
@example(parts=(np.float32([[1, 2], [3, 4]]), np.float32([[0, 1], [2, 0]]), BIAS))
def test_linear(judge, parts):
    judge.agrees(scenarios.linear, *parts)


@points(
    "1.5",
    "A linear layer without a bias",
    hint="What is added when `bias` is None?",
    cell=LINEAR,
)
@given(parts=affine(with_bias=False), _count=6)
@example(parts=(MATRIX, WEIGHT, None))
def test_linear_without_bias(judge, parts):
    judge.agrees(scenarios.linear, *parts)
    judge.agrees(scenarios.linear_forward, *parts)


@points(
    "1.5",
    "An input of another width is refused, and the sizes are named",
    hint="What would the reader of your error want to know about x and about the layer?",
    cell=LINEAR,
)
@given(shape=sampled_from([(5, 17), (17,), (2, 3, 17), (13, 17)]), _count=4)
@example(shape=(5, 17))
def test_linear_refused(judge, shape):
    judge.raises(scenarios.linear_of_shape, np.ones(shape, dtype=np.float32), 13, 2, mentions=["13", "17"])


@points(
    "2",
    "A layer computes with the weights that it has now",
    hint="Are the tensors that `parameters()` gives the ones that `forward` uses?",
    cell=LINEAR,
)
@given(parts=affine(min_dims=2), _count=6)
@example(parts=(MATRIX, WEIGHT, BIAS))
def test_linear_of_new_weights(judge, parts):
    judge.agrees(scenarios.linear_of_new_weights, *parts)


@points(
    "1",
    "A linear layer changes neither its input nor its weights, and does the same in both modes",
    hint="Is anything written in place? What should `eval()` change in a linear layer?",
    cell=LINEAR,
)
@given(parts=affine(min_dims=2), _count=6)
@example(parts=(MATRIX, WEIGHT, BIAS))
def test_linear_afterwards(judge, parts):
    judge.agrees(scenarios.linear_afterwards, *parts)
    judge.agrees(scenarios.linear_in_modes, *parts)
    judge.agrees(scenarios.linear_forward, *parts)
