from typing import Any

import numpy as np
import pytest

from tests.grading.programs import double, reference, shout
from tito.grading.authoring import example, given, lengthy, points, tensors
from tito.grading.deal import Dealer, draw, plan
from tito.grading.graded import GRADED, GradedTest
from tito.grading.plain import same
from tito.grading.trial import GraderError


def graded(function: Any) -> GradedTest:
    declared: GradedTest = getattr(function, GRADED)
    return declared


@points(1, "Doubles")
@given(x=tensors())
@example(x=np.zeros((0, 2), np.float32))
def doubles(judge: Any, x: Any) -> None:
    judge.agrees(double, x)


@points(1, "Two questions, the second about the first answer")
@given(x=tensors(max_dims=1))
def doubles_again(judge: Any, x: Any) -> None:
    once = judge.call(double, x)
    judge.agrees(double, once)


@points(1, "Doubles, and takes its time")
@lengthy(deals=2)
@given(x=tensors(min_dims=2))
def doubles_slowly(judge: Any, x: Any) -> None:
    judge.agrees(double, x)


@points(1, "Wrong about the reference")
def wrong(judge: Any) -> None:
    judge.expects(shout, "a", value="B")


def test_the_same_seed_draws_the_same_examples_and_another_seed_others() -> None:
    first, again, other = (draw(graded(doubles), seed) for seed in (1, 1, 2))
    assert same([e["x"] for e in first], [e["x"] for e in again])
    assert not same([e["x"] for e in first], [e["x"] for e in other])


def test_explicit_examples_come_first() -> None:
    assert draw(graded(doubles), 3)[0]["x"].shape == (0, 2)


def test_a_plan_holds_every_call_with_the_references_answer() -> None:
    trials = plan("t", graded(doubles_again), {}, 5, reference())
    for values, ((first, once), (second, twice)) in trials:
        assert same(second.args[0], once)
        np.testing.assert_array_equal(twice, values["x"] * 4)
        assert first.scenario == second.scenario == "double"


def test_a_grader_that_contradicts_the_reference_is_refused_before_any_student() -> None:
    with pytest.raises(GraderError, match="the reference itself does not pass"):
        plan("t", graded(wrong), {}, 1, reference())


def test_submissions_are_dealt_differently_but_always_the_same() -> None:
    dealer = Dealer(reference(), b"secret", "v1", deals=4)
    chosen = {name: dealer.deal("t", graded(doubles), {}, name) for name in "abcdefghij"}
    assert len({id(deal) for deal in chosen.values()}) > 1
    again = Dealer(reference(), b"secret", "v1", deals=4)
    for name, deal in chosen.items():
        values = [trial.values["x"] for trial in again.deal("t", graded(doubles), {}, name).trials]
        assert same(values, [trial.values["x"] for trial in deal.trials])


def test_another_secret_or_version_gives_other_inputs() -> None:
    def inputs(secret: bytes, version: str) -> list[Any]:
        deal = Dealer(reference(), secret, version, deals=1).deal("t", graded(doubles), {}, "s")
        return [trial.values["x"] for trial in deal.trials]

    assert not same(inputs(b"one", "v1"), inputs(b"two", "v1"))
    assert not same(inputs(b"one", "v1"), inputs(b"one", "v2"))


def test_the_seed_on_a_receipt_depends_on_secret_and_submission_and_reveals_neither() -> None:
    seeds = {
        Dealer(reference(), secret, "v", deals=1).seed_of(submission)
        for secret in (b"one", b"two")
        for submission in ("a", "b")
    }
    assert len(seeds) == 4


def test_a_lengthy_test_has_few_deals() -> None:
    dealer = Dealer(reference(), b"secret", "v1")
    counts = {
        test: len({dealer.make("t", graded(test), {}, number).seed for number in range(24)})
        for test in (doubles_slowly, doubles)
    }
    assert counts == {doubles_slowly: 2, doubles: 24}
    few = Dealer(reference(), b"secret", "v1", deals=1)
    assert len({few.make("t", graded(doubles_slowly), {}, number).seed for number in range(4)}) == 1
