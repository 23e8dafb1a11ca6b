"""How good a network is: asked, and not trained."""

from __future__ import annotations

import numpy as np

from graders.cp07_training import scenarios
from graders.cp07_training.inputs import LOOSE, QUARTERS, cut, examples, rows, starts
from tito.grading.authoring import example, given, integers, points, sampled_from, st, tensors

EVALUATE = "test-evaluate"


@points(
    "1.25",
    "Loss and accuracy on some batches",
    hint="Which answer does a network give to one example, and when is it right?",
    cell=EVALUATE,
)
@given(start=starts(), data=examples(12), sizes=cut(3, size=4), _count=4)
def test_evaluate(judge, start, data, sizes):
    judge.agrees(scenarios.evaluated, *rows(start, data, sizes), rtol=1e-4, atol=1e-5)


@points(
    "1.25",
    "The accuracy counts examples, the loss batches",
    hint="Seven examples in one batch and one in another: how much does that one count?",
    cell=EVALUATE,
)
@given(answers=tensors(shape=(8, 4), elements=QUARTERS, layouts=False),
       y=st.lists(integers(0, 3), min_size=8, max_size=8), sizes=sampled_from([[7, 1], [1, 6, 1], [2, 5, 1], [8]]),
       _count=4)  # fmt: skip
@example(answers=np.float32(np.eye(8, 4) * 3 + np.arange(4) / 4), y=[0, 1, 2, 3, 3, 3, 3, 0], sizes=[7, 1])
def test_counts(judge, answers, y, sizes):
    # No two answers to one example are equal: which of those is the largest is nobody's business.
    judge.agrees(
        scenarios.evaluated_answers, answers + np.float32([0, 0.0625, 0.125, 0.1875]), y, sizes, rtol=1e-4, atol=1e-5
    )


@points(
    "1",
    "Nothing is changed by it: parameters, gradients, what comes next",
    hint="Which numbers are there before an evaluation that a later step uses?",
    cell=EVALUATE,
)
@given(start=starts(), data=examples(6), sizes=cut(2), name=sampled_from(["SGD", "momentum", "Adam"]), _count=3)
def test_changes_nothing(judge, start, data, sizes, name):
    given = rows(start, data, sizes)
    answer = judge.call(scenarios.evaluated_in_between, *given, name)
    before, after, told, _ = answer
    judge.require(
        all(np.array_equal(one, other) for one, other in zip(before, after, strict=True)),
        "an evaluation should leave the parameters as they are",
    )
    judge.require(told[0] == told[1], "two evaluations one after the other should find the same")
    judge.agrees(scenarios.evaluated_in_between, *given, name, **LOOSE)
    judge.agrees(scenarios.evaluated_with_gradients, *given)


@points(
    "1.25",
    "In evaluation the network is not training, and nothing is recorded; in training both come back",
    hint="Which two switches belong to an evaluation? Who turns them back?",
    cell=EVALUATE,
)
@given(start=starts(), data=examples(4), sizes=cut(2, size=2), _count=2)
def test_modes(judge, start, data, sizes):
    judge.agrees(scenarios.evaluated_in_eval_mode, *rows(start, data, sizes))
    judge.agrees(scenarios.evaluated_with_dropout, *rows(start, data, sizes), rtol=1e-4, atol=1e-5)


@points(
    "0.5",
    "An evaluation without a batch is refused",
    hint="How good is a network on no examples?",
    cell=EVALUATE,
)
@given(start=starts(), _count=1)
def test_no_batch(judge, start):
    judge.raises(scenarios.evaluated_nothing, start, errors=["ValueError"])
