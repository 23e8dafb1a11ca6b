"""What a student sees of themselves: one read for all sixteen checkpoints, in a fixed number of queries.

The queries are made once, as those of `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tito.course.attempts import Attempt, Bucket, bucket
from tito.course.calendar import effective_due
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.verdicts import Verdict
from tito.gradebook.handins import HandIn, hand_ins, last_published_to
from tito.gradebook.models import (
    Extension,
    GraderTest,
    Intake,
    OutcomeRow,
    Publication,
    Published,
    PublishedGrade,
    ResultRow,
    Student,
    Submission,
)
from tito.gradebook.queries import earned_milestones, without_result
from tito.gradebook.services.adjustments import extra_late_days
from tito.gradebook.services.releases import given_out
from tito.gradebook.standing import StudentRow


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """A student's own side of the course. Mappings are by the checkpoint's number."""

    row: StudentRow
    pseudonym: str | None
    extra_late_days: int
    hand_ins: Mapping[int, Sequence[HandIn]]
    """Oldest first; refused ones among them."""
    published: Mapping[int, PublishedGrade]
    """What was last published of each, by submission: all that a student may see of a result."""
    buckets: Mapping[int, Bucket]
    """How many attempts are left now, of all checkpoints."""
    given_out: frozenset[int]
    milestones: tuple[Checkpoint, ...]
    """By the results that the student was shown."""


def own_record(session: Session, course: Course, now: datetime, row: StudentRow) -> OwnRecord:
    """Return a student's own side of the course, whose line of the matrix is `row`. Six queries."""
    made: dict[int, list[HandIn]] = {checkpoint.number: [] for checkpoint in CHECKPOINTS}
    for one in hand_ins(session, row.id):
        made[one.checkpoint].append(one)
    return OwnRecord(
        row,
        session.scalar(_PSEUDONYM, {"student": row.id}),
        extra_late_days(session, row.id),
        made,
        last_published_to(session, row.id),
        {number: _bucket(course, CHECKPOINTS[number], handed_in, now) for number, handed_in in made.items()},
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


_PSEUDONYM: Final = select(Student.pseudonym).where(Student.id == bindparam("student"))


def _bucket(course: Course, checkpoint: Checkpoint, made: Sequence[HandIn], now: datetime) -> Bucket:
    counted = (Attempt(one.received_at, platform_fault=one.fault) for one in made if one.attempt is not None)
    return bucket(course.assessment(checkpoint).attempts, counted, now)


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
