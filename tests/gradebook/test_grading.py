"""Results: one per submission and graders, complete, never a zero by our fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.gradebook.conftest import Clock
from tests.gradebook.samples import FOUNDATION, digest, grade, graders, hand_in, outcome, result
from tito.course.checkpoints import CHECKPOINTS
from tito.course.results import Counterexample, Frame, Outcome
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, GradingFault, OutcomeRow, ResultRow
from tito.gradebook.services.grading import (
    Recording,
    Task,
    claim,
    load_result,
    record_result,
    release,
    to_grade,
)
from tito.gradebook.services.intake import Recorded


def waiting(gradebook: Gradebook, **options: object) -> list[tuple[str, int, int]]:
    with gradebook.read() as session:
        return [
            (task.student_id, task.checkpoint, task.attempt)
            for task in to_grade(session, **options)  # type: ignore[arg-type]
        ]


def test_a_result_comes_back_as_it_was_handed_over(gradebook: Gradebook) -> None:
    graders(gradebook)
    said = hand_in(gradebook)
    outcomes = (
        outcome("test_sum"),
        outcome("test_sum", "1.5", mode="cumulative"),
        outcome("test_mean", "0", public=True),
        outcome("test_crash", "0", verdict=Verdict.CRASHED),
    )
    assert grade(gradebook, said, *outcomes) is Recording.RECORDED
    with gradebook.read() as session:
        assert load_result(session, 1) == result(said.digest, outcomes=outcomes)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
MILLI = st.integers(0, 5000).map(lambda milli: Decimal(milli).scaleb(-3))


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    possible, share = draw(MILLI), draw(MILLI)
    return Outcome(
        test=draw(st.sampled_from(["test_a", "test_b"])),
        title=draw(TEXT),
        mode=draw(st.sampled_from(["isolated", "cumulative"])),
        public=draw(st.booleans()),
        cell=draw(st.none() | st.just("test-a")),
        verdict=draw(st.sampled_from([verdict for verdict in Verdict if verdict.is_students])),
        possible=possible,
        earned=min(possible, share),
        hint=draw(TEXT),
        detail=draw(TEXT),
        counterexample=draw(
            st.none()
            | st.builds(Counterexample, st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple), TEXT, TEXT, TEXT, TEXT)
        ),
        frames=tuple(draw(st.lists(st.builds(Frame, TEXT, st.integers(1, 99), TEXT, TEXT), max_size=2))),
        output=draw(TEXT),
        inherited_from=draw(st.none() | st.integers(0, 15)),
        seconds=draw(st.floats(0, 10)),
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(outcomes(), min_size=1, max_size=6))
def test_any_result_comes_back_as_it_was_handed_over(gradebook: Gradebook, made: list[Outcome]) -> None:
    graders(gradebook)
    with gradebook.read() as session:
        number = (session.scalar(select(func.count(ResultRow.id))) or 0) + 1
    said = hand_in(gradebook, content=f"{number}")
    assert grade(gradebook, said, *made) is Recording.RECORDED
    with gradebook.read() as session:
        newest = session.scalar(select(func.max(ResultRow.id)))
        assert newest is not None
        assert load_result(session, newest) == result(said.digest, outcomes=made)


def test_the_second_writer_of_a_result_changes_nothing(gradebook: Gradebook) -> None:
    graders(gradebook)
    said = hand_in(gradebook)
    assert grade(gradebook, said, outcome(earned="4")) is Recording.RECORDED
    assert grade(gradebook, said, outcome(earned="0")) is Recording.ALREADY
    with gradebook.read() as session:
        assert session.scalars(select(ResultRow.earned)).all() == [Decimal(4)]
        assert session.scalar(select(func.count(OutcomeRow.position))) == 1
        recorded = session.scalars(select(AuditEvent.id).where(AuditEvent.action == "result.record")).all()
    assert len(recorded) == 1


def test_points_are_summed_over_the_counted_mode_alone(gradebook: Gradebook) -> None:
    graders(gradebook)
    said = hand_in(gradebook)
    grade(gradebook, said, outcome("a", "1.001", "2.5"), outcome("a", "0", "2.5", mode="cumulative"))
    with gradebook.read() as session:
        row = session.scalars(select(ResultRow)).one()
    assert (row.earned, row.possible) == (Decimal("1.001"), Decimal("2.5"))


def test_a_platform_fault_is_no_score_and_stays_to_be_graded(gradebook: Gradebook) -> None:
    graders(gradebook)
    said = hand_in(gradebook)
    fault = outcome("test_sum", "0", verdict=Verdict.PLATFORM_FAULT)
    assert grade(gradebook, said, outcome("test_ok"), fault) is Recording.FAULT
    assert grade(gradebook, said, fault) is Recording.FAULT
    with gradebook.read() as session:
        assert session.scalars(select(ResultRow)).all() == []
        faults = session.scalars(select(GradingFault)).all()
        (task,) = to_grade(session)
    assert [fault.submission_id for fault in faults] == [said.id, said.id]
    assert "test_sum (isolated)" in faults[0].detail
    assert (task.faults, task.failed_at) == (2, max(fault.at for fault in faults))
    assert grade(gradebook, said) is Recording.RECORDED
    assert waiting(gradebook) == []


def test_only_the_newest_attempt_is_to_be_graded_unless_all_are_asked_for(gradebook: Gradebook, clock: Clock) -> None:
    graders(gradebook)
    for content in ("one", "two"):
        hand_in(gradebook, content=content)
        clock.forward(minutes=1)
    hand_in(gradebook, "ben")
    assert waiting(gradebook) == [("ana", 1, 2), ("ben", 1, 1)]
    assert waiting(gradebook, attempts="all") == [("ana", 1, 1), ("ana", 1, 2), ("ben", 1, 1)]
    assert waiting(gradebook, students=["ben"]) == [("ben", 1, 1)]
    assert waiting(gradebook, checkpoints=[2]) == []


def test_without_graders_nothing_is_to_be_graded(gradebook: Gradebook) -> None:
    hand_in(gradebook, number=2)
    graders(gradebook, number=1)
    assert waiting(gradebook) == []


def test_new_graders_grade_everything_again_and_keep_the_old_results(gradebook: Gradebook) -> None:
    first = graders(gradebook, "g1")
    said = hand_in(gradebook)
    grade(gradebook, said)
    assert waiting(gradebook) == []
    second = graders(gradebook, "g2")
    assert second != first
    assert waiting(gradebook) == [("ana", 1, 1)]
    grade(gradebook, said, outcome(earned="0"), graders="g2")
    with gradebook.read() as session:
        assert session.scalars(select(ResultRow.earned).order_by(ResultRow.id)).all() == [Decimal(4), Decimal(0)]


def test_going_back_to_earlier_graders_finds_their_results_again(gradebook: Gradebook) -> None:
    first = graders(gradebook, "g1")
    said = hand_in(gradebook)
    grade(gradebook, said)
    graders(gradebook, "g2")
    assert graders(gradebook, "g1") == first
    assert waiting(gradebook) == []
    assert waiting(gradebook, again=True) == [("ana", 1, 1)]


def test_registering_the_same_graders_again_is_no_event(gradebook: Gradebook) -> None:
    graders(gradebook)
    graders(gradebook)
    with gradebook.read() as session:
        events = session.scalars(select(AuditEvent.id).where(AuditEvent.action == "graders.register")).all()
    assert len(events) == 1


@pytest.mark.parametrize("wrong", ["submission", "checkpoint", "graders"])
def test_a_result_about_something_else_is_refused(gradebook: Gradebook, wrong: str) -> None:
    graders(gradebook)
    said = hand_in(gradebook)
    assert said.id is not None
    made = result(said.digest)
    if wrong == "checkpoint":
        made = replace(made, checkpoint=CHECKPOINTS[2].slug)
    else:
        made = replace(made, receipt=replace(made.receipt, **{wrong: digest("another")}))
    with pytest.raises(GradebookError), gradebook.begin("system:grade") as work:
        record_result(work, said.id, made)
    with gradebook.read() as session:
        assert session.scalars(select(ResultRow)).all() == []


def take(gradebook: Gradebook, holder: str) -> list[Task]:
    with gradebook.begin("system:grade") as work:
        return claim(work, to_grade(work.session), holder=holder, lasts=timedelta(minutes=5))


def test_two_lanes_promise_different_work_and_a_killed_lane_frees_its_own(gradebook: Gradebook, clock: Clock) -> None:
    graders(gradebook)
    said: list[Recorded] = [hand_in(gradebook, "ana"), hand_in(gradebook, "ben")]
    assert len(take(gradebook, "lane:1")) == 2
    assert take(gradebook, "lane:2") == []
    assert len(take(gradebook, "lane:1")) == 2
    clock.forward(minutes=6)
    assert len(take(gradebook, "lane:2")) == 2
    with gradebook.begin("system:grade") as work:
        release(work, holder="lane:2")
    assert len(take(gradebook, "lane:1")) == 2
    grade(gradebook, said[0])
    assert [task.student_id for task in take(gradebook, "lane:1")] == ["ben"]


def test_grader_versions_belong_to_their_checkpoint(gradebook: Gradebook) -> None:
    assert graders(gradebook, "same digest", number=1) != graders(gradebook, "same digest", number=2)
    assert hand_in(gradebook).checkpoint == FOUNDATION.number
