from dataclasses import replace
from typing import Any

import numpy as np

from tito.course.verdicts import Verdict
from tito.grading.authoring import given, points, tensors
from tito.grading.graded import GRADED, GradedTest, Values
from tito.grading.search import smallest, worth_searching
from tito.grading.trial import Refuted


@points(1, "Anything")
@given(x=tensors(max_dims=2))
def declared(judge: Any, x: Any) -> None: ...


TEST: GradedTest = getattr(declared, GRADED)
START = {"x": np.full((3, 3), 7.25, np.float32)}


def wrong_when_2d(values: Values) -> Refuted | None:
    return Refuted(Verdict.FAILED, "2-D") if values["x"].ndim == 2 and values["x"].size else None


def test_finds_a_smaller_example_of_the_same_failure() -> None:
    values, refuted = smallest(TEST, 1, (START, Refuted(Verdict.FAILED, "2-D")), wrong_when_2d)
    assert values["x"].shape == (1, 1)
    assert refuted.detail == "2-D"


def test_never_takes_an_example_with_another_verdict() -> None:
    def run(values: Values) -> Refuted | None:
        if values["x"].ndim == 0:
            return Refuted(Verdict.RAISED, "0-D raises")
        return wrong_when_2d(values)

    values, refuted = smallest(TEST, 1, (START, Refuted(Verdict.FAILED, "2-D")), run)
    assert refuted.verdict is Verdict.FAILED
    assert values["x"].ndim == 2


def test_stops_after_the_attempts_and_keeps_the_first() -> None:
    runs = 0

    def run(values: Values) -> Refuted | None:
        nonlocal runs
        runs += 1
        return None

    first = (START, Refuted(Verdict.FAILED, "once"))
    assert smallest(TEST, 1, first, run, attempts=5) == first
    assert runs == 5


def test_a_program_that_is_not_deterministic_ends_the_search_quietly() -> None:
    coin = iter(range(10_000))

    def run(values: Values) -> Refuted | None:
        return Refuted(Verdict.FAILED, "sometimes") if next(coin) % 3 == 0 else None

    _, refuted = smallest(TEST, 1, (START, Refuted(Verdict.FAILED, "at first")), run)
    assert refuted.verdict is Verdict.FAILED


def test_searching_is_for_wrong_answers_only() -> None:
    assert worth_searching(TEST, Refuted(Verdict.FAILED, ""))
    assert not worth_searching(TEST, Refuted(Verdict.TIMED_OUT, ""))
    assert not worth_searching(TEST, Refuted(Verdict.MISSING, ""))


def test_nothing_is_searched_in_a_test_that_takes_seconds() -> None:
    assert not worth_searching(replace(TEST, deals=4), Refuted(Verdict.FAILED, ""))
