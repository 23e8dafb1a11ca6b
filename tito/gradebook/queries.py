"""What pages and commands read. Each function takes a reading session and sends a fixed number of SQL queries.

The queries of pages are made once, as those of `facts`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select, text
from sqlalchemy.orm import Session

from tito.course.attempts import Attempt
from tito.course.calendar import effective_due
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.verdicts import Verdict
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import (
    AuditEvent,
    CurrentGrader,
    Extension,
    GradedAs,
    GraderTest,
    GraderVersion,
    GradingFault,
    Intake,
    OutcomeRow,
    ResultRow,
    Section,
    Student,
    Submission,
)
from tito.gradebook.newest import is_current
from tito.gradebook.services.adjustments import newest_extension
from tito.gradebook.services.roster import find_student
from tito.gradebook.standing import StudentRow, find_standing, standing


def matrix(
    session: Session, course: Course, now: datetime, *, section: str | None = None, active_only: bool = True
) -> list[StudentRow]:
    """Return students x 16 checkpoints with states and scores, by section, name and id. Ten queries.

    Raises GradebookError for a section that does not exist.
    """
    if section is None:
        return standing(session, course, now, active_only=active_only)
    sections = {name: id_ for id_, name in session.execute(select(Section.id, Section.name))}
    if section not in sections:
        raise GradebookError(
            f"there is no section {section[:80]!r}", expected=", ".join(sorted(sections)) or "a roster with sections"
        )
    who = session.scalars(select(Student.id).where(Student.section_id == sections[section])).all()
    return standing(session, course, now, who=who, active_only=active_only)


class AttemptLine(NamedTuple):
    """One hand-in in a student's record. `result` is its newest, None while ungraded."""

    submission: Submission
    result: ResultRow | None
    published: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class StudentRecord:
    """Everything about one student: where they stand, every hand-in, every change with who, when and why."""

    row: StudentRow
    attempts: tuple[AttemptLine, ...]
    history: tuple[AuditEvent, ...]
    milestones: tuple[Checkpoint, ...] = ()
    """The checkpoints whose milestone is earned: its test passed in the result that counts."""


def earned_milestones(session: Session, row: StudentRow, *, published: bool = False) -> tuple[Checkpoint, ...]:
    """Return the checkpoints whose milestone a student has earned, in order. One query.

    With `published`, by the results that the student was shown and not by those that count now.
    """
    found_in = (
        ((cell.published.result_id if cell.published else None) if published else cell.result_id, cell.checkpoint)
        for cell in row.cells
        if CHECKPOINTS[cell.checkpoint].milestone is not None
    )
    results = {result: checkpoint for result, checkpoint in found_in if result is not None}
    passed = session.execute(_MILESTONES_OF, {"results": list(results)})
    found = {(results[result], test) for result, test in passed}
    return tuple(one for one in CHECKPOINTS if one.milestone and (one.number, one.milestone.test) in found)


_MILESTONES: Final = tuple(one.milestone.test for one in CHECKPOINTS if one.milestone is not None)
"""The tests that earn them."""
_MILESTONES_OF: Final = (
    select(OutcomeRow.result_id, GraderTest.test)
    .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
    .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
    .where(
        OutcomeRow.result_id.in_(bindparam("results", expanding=True)),
        OutcomeRow.mode == ResultRow.counts,
        OutcomeRow.verdict == Verdict.PASSED,
        GraderTest.test.in_(_MILESTONES),
    )
)


def passed_milestones(session: Session) -> frozenset[tuple[int, str]]:
    """Return the result and the milestone's test for each milestone that was shown, of the whole class. One query."""
    rows = session.execute(
        select(OutcomeRow.result_id, GraderTest.test)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
        .where(
            # Both modes are named for the index: else SQLite walks every outcome of the course.
            OutcomeRow.grader_test_id.in_(select(GraderTest.id).where(GraderTest.test.in_(_MILESTONES))),
            OutcomeRow.mode.in_(list(GradedAs)),
            OutcomeRow.verdict == Verdict.PASSED,
            OutcomeRow.mode == ResultRow.counts,
        )
    )
    return frozenset((result, test) for result, test in rows)


def student_record(session: Session, course: Course, now: datetime, student_id: str) -> StudentRecord:
    """Return a student's whole record, hand-ins and changes oldest first. Raises GradebookError."""
    row = find_standing(session, course, now, student_id)
    counted = {cell.submission_id for cell in row.cells}
    shown = {cell.published.submission_id for cell in row.cells if cell.published is not None}
    newest = (
        select(func.max(ResultRow.id).label("id"))
        .join(Submission, Submission.id == ResultRow.submission_id)
        .where(Submission.student_id == row.id)
        .group_by(ResultRow.submission_id)
    )
    lines = session.execute(
        select(Submission, ResultRow)
        .outerjoin(ResultRow, (ResultRow.submission_id == Submission.id) & ResultRow.id.in_(newest))
        .where(Submission.student_id == row.id)
        .order_by(Submission.checkpoint, Submission.id)
    )
    attempts = tuple(
        AttemptLine(submission, result, submission.id in shown, submission.id in counted)
        for submission, result in lines
    )
    history = audit_events(session, student=row.id)
    return StudentRecord(row, attempts, tuple(reversed(history)), earned_milestones(session, row))


def find_submission(session: Session, number: int) -> tuple[Submission, str]:
    """Return a submission with its student's id. One query. Raises GradebookError when there is none of that number."""
    found = session.execute(_SUBMISSION, {"submission": number}).one_or_none()
    if found is None:
        raise GradebookError(
            f"there is no submission number {number}",
            next_step="Look for the student in the gradebook: their record leads to every attempt.",
        )
    submission, student_id = found
    return submission, student_id


class Graded(NamedTuple):
    """A result that a submission got; `services.grading.load_result` gives the whole of it."""

    result: int
    graders: str
    """Their digest."""
    at: datetime


def results_of(session: Session, submission: int) -> list[Graded]:
    """Return every result that a submission (by number) ever got, those of the newest graders last. One query."""
    return [Graded(*row) for row in session.execute(_RESULTS, {"submission": submission})]


def faults_of(session: Session, submission: int) -> Sequence[str]:
    """Return why we failed to grade a submission, once for each try, oldest first. One query."""
    return session.scalars(_FAULTS, {"submission": submission}).all()


_SUBMISSION: Final = (
    select(Submission, Student.student_id)
    .join(Student, Student.id == Submission.student_id)
    .where(Submission.id == bindparam("submission"))
)
_RESULTS: Final = (
    select(ResultRow.id, GraderVersion.digest, ResultRow.graded_at)
    .join(GraderVersion, GraderVersion.id == ResultRow.grader_version_id)
    .where(ResultRow.submission_id == bindparam("submission"))
    .order_by(ResultRow.id)
)
_FAULTS: Final = (
    select(GradingFault.detail).where(GradingFault.submission_id == bindparam("submission")).order_by(GradingFault.id)
)


def newest_attempt(session: Session, student: int, checkpoint: int) -> int | None:
    """Return the number of a student's (by row id) attempt that counts, None where there is none. One query."""
    return session.scalar(_NEWEST_ATTEMPT, {"student": student, "checkpoint": checkpoint})


_NEWEST_ATTEMPT: Final = select(func.max(Submission.attempt)).where(
    Submission.student_id == bindparam("student"),
    Submission.checkpoint == bindparam("checkpoint"),
    Submission.status == Intake.ACCEPTED,
)


def audit_events(
    session: Session,
    *,
    student_id: str | None = None,
    student: int | None = None,
    checkpoint: int | None = None,
    actions: Collection[str] = (),
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int | None = None,
) -> list[AuditEvent]:
    """Return audit events that fit every given filter, newest first. `before_id` continues a page of `limit`.

    A student is named by `student_id`, or where it was looked up already, by row id: `student`.

    What happened at `since` is among them, what happened at `until` is not.

    Raises GradebookError for an unknown student.
    """
    given = {
        "student": student if student_id is None else find_student(session, student_id).id,
        "checkpoint": checkpoint,
        "actions": list(actions) or None,
        "actor": actor,
        "since": since,
        "until": until,
        "before": before_id,
        "limit": limit,
    }
    values = {name: value for name, value in given.items() if value is not None}
    return list(session.scalars(_events(frozenset(values)), values))


@cache
def _events(filters: frozenset[str]) -> Select[AuditEvent]:
    """The audit events, newest first, that fit the values of these `filters`."""
    fitting = {
        "student": AuditEvent.student_id == bindparam("student"),
        "checkpoint": AuditEvent.checkpoint == bindparam("checkpoint"),
        "actions": AuditEvent.action.in_(bindparam("actions", expanding=True)),
        "actor": AuditEvent.actor == bindparam("actor"),
        "since": AuditEvent.at >= bindparam("since"),
        "until": AuditEvent.at < bindparam("until"),
        "before": AuditEvent.id < bindparam("before"),
    }
    query = (
        select(AuditEvent)
        .where(*(condition for name, condition in fitting.items() if name in filters))
        .order_by(AuditEvent.id.desc())
    )
    return query.limit(bindparam("limit", type_=Integer)) if "limit" in filters else query


@dataclass(frozen=True, slots=True)
class IntakeFacts:
    """What decides whether a student may hand in now: for `course.calendar` and `course.attempts`."""

    due_at: datetime | None
    """With the student's extension."""
    attempts: tuple[Attempt, ...]
    latest_known_at: datetime | None
    """When the server's clock was last written down, whatever happened then; one that reads earlier went back."""
    newest_digest: str | None
    """The content of the newest attempt: the same again is no new one."""
    keys: frozenset[tuple[str, str]]
    """Content and sender's key of each attempt: one of these again is a repeat after a lost answer."""


def intake_facts(session: Session, course: Course, student_id: str, checkpoint: int) -> IntakeFacts:
    """Return the facts for an intake. Raises GradebookError for an unknown student."""
    student = find_student(session, student_id)
    extension = newest_extension(session, student.id, checkpoint)
    lines = session.execute(
        select(Submission.received_at, Submission.digest, Submission.idempotency_key, without_result())
        .where(
            Submission.student_id == student.id,
            Submission.checkpoint == checkpoint,
            Submission.status == Intake.ACCEPTED,
        )
        .order_by(Submission.attempt)
    ).all()
    return IntakeFacts(
        effective_due(course.assessment(checkpoint).due_at, [] if extension is None else [extension.until]),
        tuple(Attempt(at, platform_fault=bool(fault)) for at, _, _, fault in lines),
        # Not the latest time of all: after a clock that ran ahead was set right, one event with the right time is
        # enough to trust it again. Not a submission's either: staff may say when one came in.
        session.scalar(select(AuditEvent.at).order_by(AuditEvent.id.desc()).limit(1)),
        lines[-1].digest if lines else None,
        frozenset((line.digest, line.idempotency_key) for line in lines if line.idempotency_key),
    )


def without_result() -> ColumnElement[bool]:
    """A column of a query over submissions: whether grading failed through a fault of ours and never succeeded."""
    return (
        select(GradingFault.id)
        .outerjoin(ResultRow, ResultRow.submission_id == GradingFault.submission_id)
        .where(GradingFault.submission_id == Submission.id, ResultRow.id.is_(None))
        .exists()
    )


def extended_dues(
    session: Session, course: Course, *, student_id: str | None = None
) -> dict[tuple[str, int], datetime]:
    """Return the due dates that differ from the course's, by student and checkpoint: of all, or of one. One query."""
    query = (
        select(Student.student_id, Extension.checkpoint, Extension.until)
        .join(Student, Student.id == Extension.student_id)
        .order_by(Extension.id)
    )
    if student_id is not None:
        query = query.where(Student.student_id == student_id)
    newest = {(student, checkpoint): until for student, checkpoint, until in session.execute(query)}
    dues = {key: effective_due(course.assessments[key[1]].due_at, [until]) for key, until in newest.items()}
    return {key: due for key, due in dues.items() if due is not None and due != course.assessments[key[1]].due_at}


def graded_from(
    course: Course, extended: Mapping[tuple[str, int], datetime], student_id: str, checkpoint: int, now: datetime
) -> datetime | None:
    """Return when a submission is graded that waits for its due date by the course's policy; None where it does not.

    `extended` holds the due dates that differ from the course's, of this student at least.
    """
    assessment = course.assessments[checkpoint]
    return assessment.grading.waits_until(extended.get((student_id, checkpoint), assessment.due_at), now)


class Ungraded(NamedTuple):
    """How many of the submissions that count have no result under the current graders."""

    now: int
    """What may be graded, and waits for its turn."""
    later: int
    """What the course grades when it is due, and is not due."""


def ungraded(session: Session, course: Course, now: datetime) -> Ungraded:
    """Count what is to be graded; a checkpoint whose graders were never at work counts too. Two queries."""
    newest = (
        select(func.max(Submission.id))
        .where(Submission.status == Intake.ACCEPTED)
        .group_by(Submission.student_id, Submission.checkpoint)
    )
    query = (
        select(Student.student_id, Submission.checkpoint)
        .join(Student, Student.id == Submission.student_id)
        .outerjoin(CurrentGrader, CurrentGrader.checkpoint == Submission.checkpoint)
        .outerjoin(ResultRow, is_current())
        .where(Submission.id.in_(newest), ResultRow.id.is_(None))
    )
    extended = extended_dues(session, course)
    waits = [
        graded_from(course, extended, student, checkpoint, now) is not None
        for student, checkpoint in session.execute(query)
        if course.asks(CHECKPOINTS[checkpoint])
    ]
    return Ungraded(waits.count(False), waits.count(True))


def revision(session: Session) -> str:
    """Return a text that is another one whenever the gradebook has changed. One query.

    Each change leaves an audit event, but on PostgreSQL a lower number can become visible after a higher one; there the
    transactions that this session sees tell states apart.
    """
    if session.get_bind().dialect.name == "postgresql":
        return str(session.scalar(_SNAPSHOT))
    return str(session.scalar(_NEWEST_EVENT))


_SNAPSHOT: Final = text("SELECT pg_current_snapshot()::text")
_NEWEST_EVENT: Final = select(func.max(AuditEvent.id))


class Counts(NamedTuple):
    """How much there is."""

    students: int
    submissions: int
    results: int


def counts(session: Session) -> Counts:
    """Return how many active students, accepted submissions and results there are. One query."""
    return Counts(
        *session.execute(
            select(
                select(func.count(Student.id)).where(Student.active.is_(True)).scalar_subquery(),
                select(func.count(Submission.id)).where(Submission.status == Intake.ACCEPTED).scalar_subquery(),
                select(func.count(ResultRow.id)).scalar_subquery(),
            )
        ).one()
    )
