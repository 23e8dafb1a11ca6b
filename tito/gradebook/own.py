"""What a student sees of themselves: one read for all sixteen checkpoints, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tito.course.attempts import Attempt, Bucket, bucket
from tito.course.calendar import effective_due
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.verdicts import Verdict
from tito.gradebook.models import (
    Extension,
    GraderTest,
    GradingFault,
    Intake,
    LateDays,
    OutcomeRow,
    Publication,
    Published,
    PublishedGrade,
    ResultRow,
    Student,
    Submission,
)
from tito.gradebook.queries import earned_milestones, without_result
from tito.gradebook.services.releases import given_out
from tito.gradebook.services.roster import find_student
from tito.gradebook.standing import StudentRow, standing


@dataclass(frozen=True, slots=True)
class OwnAttempt:
    """One hand-in of a student. `attempt` is None when it was refused, and then `message` says why."""

    submission: int
    checkpoint: int
    attempt: int | None
    received_at: datetime
    late_seconds: int
    message: str
    graded: bool
    grade: PublishedGrade | None
    """What was last published of it."""
    fault: bool
    """Whether grading failed through a fault of ours, and has not succeeded since: it costs no attempt."""


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """A student's own side of the course. Mappings are by the checkpoint's number."""

    row: StudentRow
    pseudonym: str | None
    extra_late_days: int
    attempts: Mapping[int, Sequence[OwnAttempt]]
    """Oldest first; refused hand-ins among them."""
    buckets: Mapping[int, Bucket]
    """How many attempts are left now, of all checkpoints."""
    given_out: frozenset[int]
    milestones: tuple[Checkpoint, ...]
    """By the results that the student was shown."""


def own_record(session: Session, course: Course, now: datetime, student_id: str) -> OwnRecord:
    """Return a student's own side of the course. 18 queries. Raises GradebookError for an unknown student."""
    student = find_student(session, student_id)
    (row,) = standing(session, course, now, who=select(Student.id).where(Student.id == student.id), active_only=False)
    attempts: dict[int, list[OwnAttempt]] = {checkpoint.number: [] for checkpoint in CHECKPOINTS}
    for one in _attempts(session, student.id):
        attempts[one.checkpoint].append(one)
    return OwnRecord(
        row,
        student.pseudonym,
        session.scalar(select(func.sum(LateDays.days)).where(LateDays.student_id == student.id)) or 0,
        attempts,
        {number: _bucket(course, CHECKPOINTS[number], made, now) for number, made in attempts.items()},
        frozenset(given_out(session)),
        earned_milestones(session, row, published=True),
    )


@dataclass(frozen=True, slots=True)
class Chance:
    """What a student may still hand in at a checkpoint; `due_at` with their extension, `made` are their attempts."""

    due_at: datetime | None
    made: int
    bucket: Bucket


def chances(session: Session, course: Course, now: datetime, student: Student) -> list[Chance]:
    """Return what a student may still hand in, by the checkpoint's number. Two queries.

    It is what `own_record` says of it, without all the rest: each student's server asks for it at the deadline.
    """
    extensions = session.execute(
        select(Extension.checkpoint, Extension.until).where(Extension.student_id == student.id).order_by(Extension.id)
    )
    until = {one.checkpoint: one.until for one in extensions}  # the newest one holds
    made: dict[int, list[Attempt]] = {checkpoint.number: [] for checkpoint in CHECKPOINTS}
    for number, at, fault in session.execute(
        select(Submission.checkpoint, Submission.received_at, without_result())
        .where(Submission.student_id == student.id, Submission.status == Intake.ACCEPTED)
        .order_by(Submission.id)
    ):
        made[number].append(Attempt(at, platform_fault=bool(fault)))
    found = []
    for assessment, checkpoint in zip(course.assessments, CHECKPOINTS, strict=True):
        number = checkpoint.number
        due_at = effective_due(assessment.due_at, [until[number]] if number in until else [])
        found.append(Chance(due_at, len(made[number]), bucket(assessment.attempts, made[number], now)))
    return found


def _bucket(course: Course, checkpoint: Checkpoint, made: Sequence[OwnAttempt], now: datetime) -> Bucket:
    counted = (Attempt(one.received_at, platform_fault=one.fault) for one in made if one.attempt is not None)
    return bucket(course.assessment(checkpoint).attempts, counted, now)


def _attempts(session: Session, student: int) -> list[OwnAttempt]:
    """Three queries, and a fourth for what is published."""
    rows = session.scalars(
        select(Submission).where(Submission.student_id == student).order_by(Submission.checkpoint, Submission.id)
    ).all()
    mine = select(Submission.id).where(Submission.student_id == student)
    graded = set(session.scalars(select(ResultRow.submission_id).where(ResultRow.submission_id.in_(mine))))
    faults = set(session.scalars(select(GradingFault.submission_id).where(GradingFault.submission_id.in_(mine))))
    shown = last_published(session, [row.id for row in rows])
    return [
        OwnAttempt(
            row.id,
            row.checkpoint,
            row.attempt if row.status is Intake.ACCEPTED else None,
            row.received_at,
            row.late_seconds,
            row.message,
            row.id in graded,
            shown.get(row.id),
            row.id in faults and row.id not in graded,
        )
        for row in rows
    ]


def last_published(session: Session, ids: Sequence[int]) -> dict[int, PublishedGrade]:
    """Return the grade that was last published of each of these attempts. One query.

    Publications that were rolled back do not count.
    """
    undone = select(Publication.undoes).where(Publication.undoes.is_not(None))
    newest = (
        select(func.max(PublishedGrade.id))
        .where(PublishedGrade.submission_id.in_(ids), PublishedGrade.publication_id.not_in(undone))
        .group_by(PublishedGrade.submission_id)
    )
    rows = session.scalars(select(PublishedGrade).where(PublishedGrade.id.in_(newest)))
    return {grade.submission_id: grade for grade in rows if grade.submission_id is not None}


def published_since(session: Session, student: int) -> dict[int, datetime]:
    """Return since when a student (by row id) sees the grade that they see now, by checkpoint. One query."""
    rows = session.execute(
        select(Published.checkpoint, Publication.at)
        .join(PublishedGrade, PublishedGrade.id == Published.grade_id)
        .join(Publication, Publication.id == PublishedGrade.publication_id)
        .where(Published.student_id == student)
    ).all()
    found: dict[int, datetime] = dict(rows)
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the leaderboard, with automatic points as published."""

    pseudonym: str
    earned: Decimal
    possible: Decimal


def leaderboard(session: Session, checkpoint: Checkpoint) -> list[Entry]:
    """Return who chose a pseudonym and earned a checkpoint's milestone by the result that was published last.

    Best first. Students who left the course are not listed. One query. Raises ValueError without a milestone.
    """
    if checkpoint.milestone is None:
        raise ValueError(f"{checkpoint.slug} has no milestone")
    rows = session.execute(
        select(Student.pseudonym, PublishedGrade.earned, PublishedGrade.possible)
        .join(Published, Published.student_id == Student.id)
        .join(PublishedGrade, PublishedGrade.id == Published.grade_id)
        .join(ResultRow, ResultRow.id == PublishedGrade.result_id)
        .join(OutcomeRow, (OutcomeRow.result_id == ResultRow.id) & (OutcomeRow.mode == ResultRow.counts))
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .where(
            Published.checkpoint == checkpoint.number,
            Student.pseudonym.is_not(None),
            Student.active.is_(True),
            OutcomeRow.verdict == Verdict.PASSED,
            GraderTest.test == checkpoint.milestone.test,
        )
    )
    found = [Entry(name, earned, possible) for name, earned, possible in rows if name is not None]
    return sorted(found, key=lambda entry: (-entry.earned, entry.pseudonym))
