from typing import Any

import numpy as np
import pytest

from tests.grading.programs import array, double, reference, shout
from tito.course.results import Frame
from tito.course.verdicts import Verdict
from tito.grading.trial import LiveJudge, PlanningJudge, Refuted, ReplayJudge
from tito.sandbox.program import Call, Died, Missing, Opaque, Raised, Reply, Returned


def judge(reply: Reply) -> LiveJudge:
    return LiveJudge(lambda call: reply, reference(), seed=0)


def refused(reply: Reply) -> Refuted:
    with pytest.raises(Refuted) as caught:
        judge(reply).agrees(double, array(1, 2))
    return caught.value


@pytest.mark.parametrize(
    "answer",
    [
        array(2, 5),
        array(2, 4, 6),
        array(),
        np.float32(2),
        np.array([2.0, 4.0]),
        np.array([[2.0, 4.0]], np.float32),
        array(2, float("nan")),
        array(2, float("inf")),
        [2.0, 4.0],
        None,
        True,
        Opaque("AlwaysEqual"),
    ],
    ids=repr,
)
def test_only_the_references_value_agrees(answer: Any) -> None:
    assert refused(Returned(answer)).verdict is Verdict.FAILED


def test_the_references_value_agrees() -> None:
    judge(Returned(array(2, 4))).agrees(double, array(1, 2))


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Raised("IndexError", "no"), Verdict.RAISED),
        (Raised("MemoryError", ""), Verdict.OUT_OF_MEMORY),
        (Missing("double"), Verdict.MISSING),
        (Died(Verdict.TIMED_OUT, "too long"), Verdict.TIMED_OUT),
        (Died(Verdict.CRASHED, "exit status 0"), Verdict.CRASHED),
        (Died(Verdict.PROTOCOL_VIOLATION, "junk"), Verdict.PROTOCOL_VIOLATION),
    ],
)
def test_each_way_of_not_answering_has_its_verdict(reply: Reply, verdict: Verdict) -> None:
    assert refused(reply).verdict is verdict


def test_a_traceback_and_prints_come_along() -> None:
    frames = (Frame("cell 3", 2, "double", "return x / 0"),)
    refuted = refused(Raised("ZeroDivisionError", "division by zero", frames, "debug"))
    assert refuted.frames == frames
    assert refuted.output == "debug"


def test_raises_wants_the_kind_and_the_words() -> None:
    judge(Raised("TypeError", "shout takes a str, got int")).raises(shout, 3, mentions=["int"])
    for reply in (
        Raised("TypeError", "wrong"),
        Raised("IndexError", "int"),
        Returned("3"),
    ):
        with pytest.raises(Refuted) as caught:
            judge(reply).raises(shout, 3, mentions=["int"])
        assert caught.value.verdict is Verdict.FAILED


def test_raises_accepts_a_kind_of_what_it_wants() -> None:
    error = Raised("AxisError", "axis 3 of int", types=("AxisError", "ValueError", "IndexError", "Exception"))
    judge(error).raises(shout, 3, errors=["ValueError"], mentions=["int"])


def test_a_worker_that_died_does_not_count_as_having_raised() -> None:
    with pytest.raises(Refuted) as caught:
        judge(Died(Verdict.CRASHED, "exit")).raises(shout, 3)
    assert caught.value.verdict is Verdict.CRASHED


def test_replay_answers_planned_calls_and_asks_live_for_others() -> None:
    planning = PlanningJudge(reference(), seed=0)
    planning.agrees(double, planning.call(double, array(1)))
    asked: list[Call] = []

    def ask(call: Call) -> Reply:
        asked.append(call)
        return Returned(array(12))

    live = LiveJudge(ask, reference(), seed=0)
    replay = ReplayJudge(planning.planned, [Returned(array(6)), Returned(array(4))], live, seed=0)
    replay.agrees(double, replay.call(double, array(1)))
    assert [call.args[0].tolist() for call in asked] == [[6.0]]
