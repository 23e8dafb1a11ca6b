"""Layers one after the other."""

from __future__ import annotations

import numpy as np

from graders.cp03_components import scenarios
from graders.cp03_components.inputs import BIAS, MATRIX, SEEDS, WEIGHT, affine, exact, is_floats, networks, numbered
from tito.grading.authoring import example, given, integers, points, st

ORDER = "test-sequential"
PARTS = "test-sequential-parts"

_DEEP = (
    MATRIX,
    [WEIGHT, np.float32([[1, -1], [2, 0.5]])],
    [BIAS, None],
    ["ReLU", "Tanh"],
)


@points(
    "3",
    "A network of linear layers and activations, as arguments and as a list",
    hint="What does each layer get: the input of the network, or what the layer before it gave?",
    cell=ORDER,
)
@given(parts=networks(), in_a_list=st.booleans())
@example(parts=_DEEP, in_a_list=True)
@example(parts=_DEEP, in_a_list=False)
def test_network(judge, parts, in_a_list):
    judge.agrees(scenarios.network, *parts, in_a_list)


@points(
    "2",
    "Layers of one's own, in their order",
    hint="Is 2x - 3 the same as 2(x - 3)?",
    cell=ORDER,
)
@given(x=exact(min_dims=1), in_a_list=st.booleans(), _count=6)
@example(x=MATRIX, in_a_list=True)
@example(x=MATRIX, in_a_list=False)
def test_order(judge, x, in_a_list):
    judge.agrees(scenarios.own_layers_in_order, x, in_a_list)


@points(
    "1",
    "A single layer, as an argument and as a list",
    hint="How do you tell one layer from a list of one layer?",
    cell=ORDER,
)
@given(parts=affine(min_dims=2), _count=5)
@example(parts=(MATRIX, WEIGHT, BIAS))
def test_one(judge, parts):
    judge.agrees(scenarios.one_layer, *parts)


@points(
    "2",
    "Parameters of all layers, in their order, however deep; and those that the layers use",
    hint="Who has parameters inside: linear layers, activations, another Sequential?",
    cell=PARTS,
)
@given(
    parts=networks(),
    in_a_list=st.booleans(),
    sides=st.lists(integers(1, 9), min_size=4, max_size=4, unique=True),
    rows=integers(1, 3),
    _count=8,
)
@example(parts=_DEEP, in_a_list=True, sides=[2, 3, 4, 5], rows=2)
@example(parts=_DEEP, in_a_list=False, sides=[5, 4, 3, 2], rows=1)
def test_parameters(judge, parts, in_a_list, sides, rows):
    judge.agrees(scenarios.shapes_of_network, *parts[1:], in_a_list)
    judge.agrees(scenarios.shapes_of_nested, sides)
    judge.agrees(scenarios.nested_with_new_weights, numbered(rows, sides[0]), sides[:3], rtol=1e-4)


@points(
    "2",
    "`eval()` and `train()` reach every dropout, however deep",
    hint="Who tells the layers inside a layer inside a network? What has an activation to do with modes?",
    cell=PARTS,
)
@given(seed=SEEDS, in_a_list=st.booleans(), _count=6)
@example(seed=1, in_a_list=True)
@example(seed=1, in_a_list=False)
def test_modes(judge, seed, in_a_list):
    x = numbered(60, 20)
    outer = judge.call(scenarios.nested_in_modes, seed, x, in_a_list)
    judge.require(all(is_floats(each, x.shape) for each in outer), "expected float32 in the shape of the input")
    before, used, again, back = outer
    # A dropped number is 0, and its sigmoid one half; sigmoids of others are far from that.
    judge.require(bool((before == 0.5).any()), "a new network should drop numbers")
    judge.require(np.allclose(used, 1 / (1 + np.exp(-x)), rtol=1e-4), "after eval() nothing should be dropped")
    judge.require(np.array_equal(used, again), "after eval() the same input should give the same output")
    judge.require(bool((back == 0.5).any()), "after train() numbers should be dropped again")
    first, last, first_back, last_back = judge.call(scenarios.dropouts_in_modes, seed, x)
    judge.require(np.array_equal(first, x) and np.array_equal(last, x), "eval() should reach every layer")
    judge.require(bool((first_back == 0).any() and (last_back == 0).any()), "train() should reach every layer")
