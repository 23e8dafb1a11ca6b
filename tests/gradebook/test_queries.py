"""The matrix and the records: right states and scores, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import event

from tests.gradebook.conftest import START, Clock
from tests.gradebook.samples import FOUNDATION, course, digest, grade, graders, hand_in, outcome
from tito.course.attempts import Attempt
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.course.policies import GradingPolicy
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import Reading
from tito.gradebook.queries import (
    audit_events,
    counts,
    faults_of,
    find_submission,
    intake_facts,
    matrix,
    results_of,
    student_record,
    ungraded,
)
from tito.gradebook.services.adjustments import change_late_days, extend, override
from tito.gradebook.services.grading import load_result
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import open_request
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.gradebook.services.written import Question, register_questions, score_answer
from tito.gradebook.standing import Cell, State, asked_columns

AUTOMATIC = course(auto_share="1")


@contextmanager
def counted(gradebook: Gradebook) -> Iterator[list[str]]:
    """Collect the SELECTs that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            sent.append(statement)

    event.listen(gradebook.engine, "before_cursor_execute", note)
    yield sent
    event.remove(gradebook.engine, "before_cursor_execute", note)


def cell(gradebook: Gradebook, how: Course = AUTOMATIC, student: str = "ana", clock: Clock | None = None) -> Cell:
    with gradebook.read() as session:
        rows = matrix(session, how, clock() if clock else START)
    (row,) = [row for row in rows if row.student_id == student]
    return row.cells[1]


def test_the_matrix_has_every_active_student_and_all_checkpoints(gradebook: Gradebook) -> None:
    with gradebook.read() as session:
        rows = matrix(session, AUTOMATIC, START)
    assert [(row.student_id, row.section, len(row.cells)) for row in rows] == [("ana", "A", 16), ("ben", "B", 16)]
    assert {cell.state for row in rows for cell in row.cells} == {State.NOT_STARTED}
    assert rows[0].total.so_far is None


def test_a_section_can_be_looked_at_alone(gradebook: Gradebook) -> None:
    with gradebook.read() as session:
        assert [row.student_id for row in matrix(session, AUTOMATIC, START, section="B")] == ["ben"]
        with pytest.raises(GradebookError, match="no section 'Z'") as caught:
            matrix(session, AUTOMATIC, START, section="Z")
    assert caught.value.expected == "A, B"


def test_states_follow_the_work(gradebook: Gradebook) -> None:
    assert cell(gradebook).state is State.NOT_STARTED
    said = hand_in(gradebook)
    assert cell(gradebook).state is State.SUBMITTED
    graders(gradebook)
    grade(gradebook, said, outcome(earned="0", verdict=Verdict.PLATFORM_FAULT))
    assert cell(gradebook).state is State.NEEDS_REVIEW
    grade(gradebook, said, outcome(earned="3"))
    now = cell(gradebook)
    assert now.state is State.GRADED
    assert now.score is not None
    assert now.score.final == Fraction(75)
    with gradebook.begin("instructor:ira") as work:
        publish(work, AUTOMATIC, FOUNDATION)
    assert cell(gradebook).state is State.PUBLISHED
    assert said.id is not None
    with gradebook.begin("student:ana") as work:
        open_request(work, submission_id=said.id, about="test_sum", reason="I think it is right")
    assert cell(gradebook).state is State.NEEDS_REVIEW


def test_late_work_is_late_until_graded_and_costs_what_the_policy_says(gradebook: Gradebook, clock: Clock) -> None:
    strict = course(due=START, auto_share="1")
    graders(gradebook)
    clock.forward(days=1, hours=1)
    said = hand_in(gradebook)
    assert cell(gradebook, strict).state is State.LATE
    grade(gradebook, said)
    late = cell(gradebook, strict)
    assert (late.state, late.days_late, late.charged_days) == (State.GRADED, 2, 2)
    assert late.score is not None
    assert late.score.final == Fraction(80)
    free = cell(gradebook, course(due=START, auto_share="1", free_days=1))
    assert (free.days_late, free.charged_days) == (2, 1)
    with gradebook.begin("instructor:ira") as work:
        change_late_days(work, student_id="ana", days=1, reason="illness")
    assert cell(gradebook, course(due=START, auto_share="1", free_days=1)).charged_days == 0
    with gradebook.begin("instructor:ira") as work:
        change_late_days(work, student_id="ana", days=-5, reason="taken back")
    assert cell(gradebook, course(due=START, auto_share="1", free_days=1)).charged_days == 2


def test_an_extension_changes_the_score_after_the_fact(gradebook: Gradebook, clock: Clock) -> None:
    strict = course(due=START, auto_share="1")
    graders(gradebook)
    clock.forward(days=3)
    grade(gradebook, hand_in(gradebook))
    assert cell(gradebook, strict).days_late == 3
    with gradebook.begin("instructor:ira") as work:
        extend(work, student_id="ana", checkpoint=FOUNDATION, until=START + timedelta(days=4), reason="ill")
    on_time = cell(gradebook, strict)
    assert (on_time.days_late, on_time.extended, on_time.due_at) == (0, True, START + timedelta(days=4))
    with gradebook.begin("instructor:ira") as work:
        extend(work, student_id="ana", checkpoint=FOUNDATION, until=None, reason="by mistake")
    assert cell(gradebook, strict).days_late == 3


def test_nothing_handed_in_by_the_deadline_counts_as_zero(gradebook: Gradebook, clock: Clock) -> None:
    strict = course(due=START, auto_share="1")
    with gradebook.read() as session:
        before = matrix(session, strict, START)[0]
        after = matrix(session, strict, START + timedelta(seconds=1))[0]
    assert not before.cells[1].overdue
    assert before.total.so_far is None
    assert after.cells[1].overdue
    assert after.total.so_far == 0


def test_the_newest_attempt_counts_even_when_it_is_worse(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook, content="good"), outcome(earned="4"))
    grade(gradebook, hand_in(gradebook, content="worse"), outcome(earned="1"))
    now = cell(gradebook)
    assert now.attempts == 2
    assert now.score is not None
    assert now.score.final == Fraction(25)


def test_an_override_stands_over_everything_until_it_is_taken_back(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook), outcome(earned="1"))
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ana", checkpoint=FOUNDATION, score=Decimal("99.5"), reason="oral exam")
    now = cell(gradebook)
    assert now.score is not None
    assert (now.score.final, now.score.overridden) == (Fraction(199, 2), True)
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ana", checkpoint=FOUNDATION, score=None, reason="entered for another student")
    now = cell(gradebook)
    assert now.score is not None
    assert now.score.final == Fraction(25)


def test_written_answers_are_pending_until_every_one_is_graded(gradebook: Gradebook) -> None:
    both = course()
    graders(gradebook)
    said = hand_in(gradebook)
    grade(gradebook, said)
    assert said.id is not None
    with gradebook.begin("system:release") as work:
        register_questions(
            work,
            FOUNDATION,
            [Question("01_tensor", f"reflect-{number}", "Why?", Decimal(10)) for number in (1, 2)],
        )
    now = cell(gradebook, both)
    assert now.score is not None
    assert (now.state, now.score.final, now.score.pending) == (State.NEEDS_REVIEW, Fraction(70), Fraction(30))
    for question, earned in ((1, "10"), (2, "0"), (2, "5")):
        with gradebook.begin("grader:tim") as work:
            score_answer(work, submission_id=said.id, question_id=question, earned=Decimal(earned))
        if question == 1:
            assert cell(gradebook, both).state is State.NEEDS_REVIEW
    with gradebook.begin("grader:uma") as work:
        score_answer(work, submission_id=said.id, question_id=1, earned=Decimal(3), reading=Reading.SECOND)
    now = cell(gradebook, both)
    assert now.score is not None
    assert (now.state, now.score.final) == (State.GRADED, Fraction(70) + 30 * Fraction(3, 4))
    with gradebook.begin("system:release") as work:
        register_questions(work, FOUNDATION, [Question("01_tensor", "reflect-1", "Why?", Decimal(10))])
    now = cell(gradebook, both)
    assert now.score is not None
    assert now.score.final == 100


def test_the_number_of_queries_does_not_grow_with_the_class(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook))
    with counted(gradebook) as few, gradebook.read() as session:
        matrix(session, AUTOMATIC, START)
    with gradebook.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry(f"s{number}", f"S {number}", None, "C") for number in range(30)])
    for number in range(30):
        grade(gradebook, hand_in(gradebook, f"s{number}"), outcome(earned="2"))
    with gradebook.begin("instructor:ira") as work:
        publish(work, AUTOMATIC, FOUNDATION)
    with counted(gradebook) as many, gradebook.read() as session:
        rows = matrix(session, AUTOMATIC, START)
    assert len(rows) == 32
    assert len(few) == len(many) == 10


def test_a_students_record_has_every_attempt_and_every_change(gradebook: Gradebook, clock: Clock) -> None:
    graders(gradebook)
    first = hand_in(gradebook, content="one")
    grade(gradebook, first)
    with gradebook.begin("instructor:ira") as work:
        publish(work, AUTOMATIC, FOUNDATION)
    clock.forward(hours=1)
    second = hand_in(gradebook, content="two")
    with gradebook.begin("student:ana") as work:
        record_submission(
            work, student_id="ana", checkpoint=FOUNDATION, digest=digest("bad"), rejected="cannot be read"
        )
    hand_in(gradebook, "ben")
    with gradebook.read() as session, counted(gradebook) as sent:
        record = student_record(session, AUTOMATIC, START, "ana")
    assert [
        (line.submission.attempt, line.result is not None, line.published, line.counts) for line in record.attempts
    ] == [
        (1, True, True, False),
        (2, False, False, True),
        (None, False, False, False),
    ]
    assert [event.action for event in record.history] == [
        "roster.add",
        "submission.accept",
        "result.record",
        "grade.publish",
        "submission.accept",
        "submission.reject",
    ]
    assert record.row.cells[1].submission_id == second.id
    assert len(sent) < 20


def test_a_submissions_detail_has_all_its_results_and_our_faults(gradebook: Gradebook) -> None:
    graders(gradebook, "g1")
    said = hand_in(gradebook)
    assert said.id is not None
    grade(gradebook, said, outcome(earned="0", verdict=Verdict.PLATFORM_FAULT))
    grade(gradebook, said)
    graders(gradebook, "g2")
    grade(gradebook, said, outcome(earned="1"), graders="g2")
    with gradebook.read() as session:
        found, student = find_submission(session, said.id)
        results, faults = results_of(session, said.id), faults_of(session, said.id)
        shown = load_result(session, results[-1].result)
        with pytest.raises(GradebookError, match="no submission number 999"):
            find_submission(session, 999)
    assert [one.graders for one in results] == [digest("g1"), digest("g2")]
    assert shown.earned == 1
    assert len(faults) == 1
    assert (found.id, student) == (said.id, "ana")


def test_audit_events_are_filtered_and_paged_newest_first(gradebook: Gradebook) -> None:
    for content in ("one", "two", "three"):
        hand_in(gradebook, content=content)
    hand_in(gradebook, "ben", number=2)
    with gradebook.read() as session:
        page = audit_events(session, actions=["submission.accept"], student_id="ana", limit=2)
        rest = audit_events(session, actions=["submission.accept"], student_id="ana", before_id=page[-1].id)
        assert [event.after and event.after["attempt"] for event in [*page, *rest]] == [3, 2, 1]
        assert [event.checkpoint for event in audit_events(session, checkpoint=2)] == [2]
        assert len(audit_events(session, actor="instructor:ira")) == 2


def test_intake_facts_are_what_policies_decide_on(gradebook: Gradebook, clock: Clock) -> None:
    strict = course(due=START)
    graders(gradebook)
    hand_in(gradebook, content="one")
    clock.forward(hours=1)
    broken = hand_in(gradebook, content="two")
    grade(gradebook, broken, outcome(earned="0", verdict=Verdict.PLATFORM_FAULT))
    with gradebook.begin("student:ana") as work:  # a refusal costs no attempt either
        record_submission(work, student_id="ana", checkpoint=FOUNDATION, digest=digest("bad"), rejected="no")
    with gradebook.begin("instructor:ira") as work:
        extend(work, student_id="ana", checkpoint=FOUNDATION, until=START + timedelta(days=1), reason="ill")
    with gradebook.read() as session:
        facts = intake_facts(session, strict, "ana", 1)
        other = intake_facts(session, strict, "ben", 1)
    assert facts.due_at == START + timedelta(days=1)
    # Our fault costs no attempt.
    assert facts.attempts == (Attempt(START), Attempt(START + timedelta(hours=1), platform_fault=True))
    assert facts.latest_known_at == START + timedelta(hours=1)
    assert (facts.newest_digest, other.newest_digest) == (broken.digest, None)
    assert (other.due_at, other.attempts) == (START, ())


def test_the_clock_is_trusted_again_after_one_event_with_the_right_time(gradebook: Gradebook, clock: Clock) -> None:
    clock.forward(days=30)
    hand_in(gradebook, content="while the clock was ahead")
    clock.forward(days=-30)
    with gradebook.read() as session:
        assert intake_facts(session, course(), "ana", 1).latest_known_at == START + timedelta(days=30)
    hand_in(gradebook, "ben")
    with gradebook.read() as session:
        assert intake_facts(session, course(), "ana", 1).latest_known_at == START


def test_counts(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook))
    hand_in(gradebook, "ben")
    with gradebook.read() as session:
        assert counts(session) == (2, 2, 1)


def test_a_milestone_is_earned_by_its_test_in_the_result_that_counts(gradebook: Gradebook) -> None:
    test = "test_the_milestone::test_mnist"

    def earned(content: str, *outcomes: Outcome, graders_name: str = "g1") -> list[int]:
        graders(gradebook, graders_name, 7)
        grade(gradebook, hand_in(gradebook, content=content, number=7), *outcomes, graders=graders_name, number=7)
        with gradebook.read() as session:
            return [one.number for one in student_record(session, course(), START, "ana").milestones]

    assert earned("one", outcome(test, earned="0"), outcome(test, mode="cumulative")) == []
    assert earned("two", outcome(test), outcome(test, earned="0", mode="cumulative")) == [7]
    assert earned("three", outcome("test_the_milestone::test_other")) == []
    assert earned("four", outcome(test)) == [7]
    graders(gradebook, "g2", 7)  # until it is graded anew, nothing counts
    with gradebook.read() as session:
        assert student_record(session, course(), START, "ana").milestones == ()


def test_a_record_is_read_after_its_session_too(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook), outcome())
    with gradebook.read() as session:
        (line,) = student_record(session, course(), START, "ana").attempts
    assert line.result is not None
    assert list(line.result.notes) == ["a cell was missing"]


def test_the_milestones_test_at_another_checkpoint_earns_nothing(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook), outcome("test_the_milestone::test_mnist"))
    with gradebook.read() as session:
        assert student_record(session, course(), START, "ana").milestones == ()


def test_what_the_path_leaves_out_counts_nowhere(gradebook: Gradebook) -> None:
    graders(gradebook)
    grade(gradebook, hand_in(gradebook), outcome(earned="1"))
    graders(gradebook, number=2)
    grade(gradebook, hand_in(gradebook, number=2), outcome(earned="4"), number=2)
    whole = course(due=START - timedelta(days=1))
    path = replace(whole, checkpoints=CHECKPOINTS[:2])
    with gradebook.read() as session:
        (all_of_it, *_), (ana, *_) = matrix(session, whole, START), matrix(session, path, START)
    assert [cell.state for cell in ana.cells[2:]] == [State.NOT_ASKED] * 14
    assert ana.cells[2].score is None
    assert all_of_it.cells[2].score is not None
    assert ana.cells[:2] == all_of_it.cells[:2]
    assert (ana.total.judged, all_of_it.total.judged) == (Fraction("12.5"), 100)
    assert ana.cells[1].score is not None
    assert ana.total.so_far == ana.cells[1].score.final / 2, "checkpoint 00 is overdue"
    assert asked_columns([ana]) == list(CHECKPOINTS[:2])
    assert asked_columns([all_of_it]) == asked_columns([]) == list(CHECKPOINTS)


def test_what_is_to_be_graded_is_counted_apart_from_what_is_not_due(gradebook: Gradebook, clock: Clock) -> None:
    how = course(due=START + timedelta(days=1))
    how = replace(how, assessments=[replace(one, grading=GradingPolicy("due")) for one in how.assessments])

    def counted_now() -> tuple[int, int]:
        with gradebook.read() as session:
            return ungraded(session, how, clock())

    hand_in(gradebook, content="replaced")
    said = hand_in(gradebook)  # nobody has graded this checkpoint yet: it has no graders
    hand_in(gradebook, "ben")
    with gradebook.begin("instructor:ira") as work:
        extend(work, student_id="ben", checkpoint=FOUNDATION, until=START + timedelta(days=5), reason="ill")
    assert counted_now() == (0, 2)
    clock.forward(days=2)
    assert counted_now() == (1, 1)
    graders(gradebook)
    assert counted_now() == (1, 1)
    grade(gradebook, said, outcome())
    assert counted_now() == (0, 1)
    graders(gradebook, "g2")
    clock.forward(days=5)
    assert counted_now() == (2, 0)
