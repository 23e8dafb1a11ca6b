"""What is recorded, where a walk starts and ends, and how it goes."""

from __future__ import annotations

import numpy as np

from graders.cp05_differentiation import scenarios
from graders.cp05_differentiation.inputs import MATRIX, REFUSED, exact, message
from tito.grading.authoring import example, given, integers, points, sampled_from, st

RECORD = "test-record"
ENDS = "test-ends"
WALK = "test-walk"
ORDER = "test-order"

_X = np.float32([1, -2, 3])


@points(
    "1.5",
    "What is computed from a tensor that asks for a gradient asks for one too",
    hint="In `2 * a`, which of the two operands asks? And what about `a[0]` and `a.sum()`?",
    cell=RECORD,
)
@given(x=exact(min_dims=1, max_dims=1, min_side=1), number=integers(1, 5), _count=3)
@example(x=_X, number=2)
def test_wishes(judge, x, number):
    judge.agrees(scenarios.wishes, x, np.float32([number]))


@points(
    "0.75",
    "Plain tensors, answers to `>` and `<`, and what `detach` cuts off, ask for nothing",
    hint="How many gradients want to flow through `thread * (thread * 3).detach()`? And through `a * (a > 0)`?",
    cell=RECORD,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), number=integers(1, 5), _count=3)
@example(x=_X, number=2)
def test_no_wishes(judge, x, number):
    judge.agrees(scenarios.no_wishes, x, np.float32([number]))
    judge.agrees(scenarios.masked, x - number, message(x.shape))


@points(
    "0.5",
    "Only who asked for a gradient gets one",
    hint="What should `.grad` of a tensor be that was made without requires_grad?",
    cell=RECORD,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), _count=4)
@example(x=_X)
def test_only_who_asked(judge, x):
    judge.agrees(scenarios.only_who_asked, x, x + 1, message(x.shape))


@points(
    "1.25",
    "A leaf adds up what arrives, until `zero_grad`",
    hint="What is in `.grad` after a second backward? And after zero_grad and a third?",
    cell=ENDS,
)
@given(x=exact(max_dims=3), again=integers(-3, 3), _count=6)
@example(x=_X, again=2)
def test_leaf(judge, x, again):
    g = message(x.shape)
    judge.agrees(scenarios.from_a_leaf, x, g, np.asarray(again - g, dtype=np.float32))


@points(
    "0.75",
    "The gradient has the tensor's shape and is float32, and a backward changes nothing else",
    hint="Which tensors of size 1 are there? What are the shape and the dtype of the gradient of each?",
    cell=ENDS,
)
@given(x=exact(max_dims=2), number=integers(1, 9), shape=sampled_from([(), (1,), (1, 1)]), _count=4)
@example(x=MATRIX, number=3, shape=(1, 1))
def test_one_number(judge, x, number, shape):
    judge.agrees(scenarios.from_one_number, number, shape)
    judge.agrees(scenarios.gradient_and_data, x)


@points(
    "0.75",
    "A gradient is an array of its own",
    hint="`a + b` sends the same array to both. What happens to `b.grad` when `a.grad` grows?",
    cell=ENDS,
)
@given(x=exact(min_dims=1, max_dims=2, min_side=1), _count=4)
@example(x=_X)
def test_own_arrays(judge, x):
    judge.agrees(scenarios.own_arrays, x, message(x.shape))


@points(
    "0.75",
    "A walk that cannot start is refused",
    hint="Where should a walk start from twelve numbers, if nobody says how they count? Does the error name the shape?",
    cell=ENDS,
)
@given(side=integers(11, 19), other=integers(2, 5), _count=3)
def test_refused(judge, side, other):
    x = np.ones((side, other), dtype=np.float32)
    judge.raises(scenarios.without_gradient, x, errors=REFUSED, mentions=[str(side)])
    wrong = np.ones((side, other + 1), dtype=np.float32)
    judge.raises(scenarios.with_gradient, x, wrong, errors=REFUSED)
    judge.raises(scenarios.leaf_with_gradient, x, wrong, errors=REFUSED, mentions=[str(side)])
    judge.raises(scenarios.leaf_with_gradient, x, np.ones(side, dtype=np.float32), errors=REFUSED)
    judge.raises(scenarios.nobody_asked, x, errors=REFUSED)


@points(
    "0.75",
    "Gradients run along a chain of operations",
    hint="By what does each step multiply the message on its way back?",
    cell=WALK,
)
@given(x=exact(max_dims=2), _count=4)
@example(x=_X)
def test_chain(judge, x):
    judge.agrees(scenarios.chain, x, message(x.shape))


@points(
    "1.25",
    "Gradients add up where a tensor is used several times",
    hint="Which gradient does each use of `b` send back? Draw the graph, and count the arrows that arrive.",
    cell=WALK,
)
@given(x=exact(max_dims=2), _count=6)
@example(x=_X)
def test_sums(judge, x):
    judge.agrees(scenarios.sums, x, message(x.shape))


@points(
    "1",
    "A diamond: two ways lead back to one tensor",
    hint="Which gradient does `a` get from each of its two uses?",
    cell=WALK,
)
@given(x=exact(max_dims=2), _count=6)
@example(x=np.float32([2]))
def test_diamond(judge, x):
    judge.agrees(scenarios.diamond, x)


@points(
    "1",
    "One result can be walked back twice",
    hint="What does the first walk leave behind on the tensors between result and leaf?",
    cell=WALK,
)
@given(x=exact(max_dims=2), _count=4)
@example(x=_X)
def test_twice(judge, x):
    judge.agrees(scenarios.twice_through, x, message(x.shape))


@points(
    "1",
    "Gradients of several results add up, also where they share a part of the graph",
    hint="Is anything of the first walk still there when the second one starts, besides `.grad` of the leaves?",
    cell=WALK,
)
@given(x=exact(max_dims=2), times=integers(2, 5), _count=4)
@example(x=_X, times=3)
def test_two_results(judge, x, times):
    judge.agrees(scenarios.two_results, x, message(x.shape))
    judge.agrees(scenarios.accumulated, x, times)


@points(
    "1",
    "A chain of 10,000 operations",
    hint="How deep does your walk nest its calls? How long does it look for a step that it has seen?",
    cell=ORDER,
)
@given(x=exact(min_dims=1, max_dims=1, min_side=1), steps=integers(10_000, 10_050), _count=1)
def test_long_chain(judge, x, steps):
    judge.agrees(scenarios.long_chain, x, steps)


@points(
    "1",
    "`y = y + y`, sixty times: the walk passes each step once",
    hint="There are 2**60 paths from the end to the leaf. How many steps are there?",
    cell=ORDER,
)
@given(x=exact(min_dims=1, max_dims=1, min_side=1), times=integers(58, 62), _count=2)
def test_doubled(judge, x, times):
    judge.agrees(scenarios.doubled, x, times)


@points(
    "1",
    "Any graph: a step waits until all its messages are there",
    hint="If a tensor is used early and late, when may its message go on?",
    cell=ORDER,
)
@given(
    x=exact(min_dims=1, max_dims=1, min_side=1, max_side=2),
    steps=st.lists(st.tuples(integers(0, 30), integers(0, 30)), min_size=3, max_size=16),
    _count=10,
)
@example(x=np.float32([1, 2]), steps=[(1, 0), (2, 1), (3, 2), (2, 4), (4, 3), (6, 2)])
@example(x=np.float32([1]), steps=[(1, 1), (2, 2), (3, 2), (2, 3), (4, 4), (6, 5)])
def test_any_graph(judge, x, steps):
    judge.agrees(scenarios.any_graph, x, message(x.shape), steps)
