"""Everything that scores depend on, read from the database in nine queries for any number of students."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, func, select, true, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from tito.gradebook.models import (
    CurrentGrader,
    Extension,
    GradingFault,
    LateDays,
    Override,
    Published,
    PublishedGrade,
    Reading,
    RegradeRequest,
    RequestStatus,
    ResultRow,
    Submission,
    WrittenQuestion,
    WrittenScore,
)

Who = Select[int]
"""A query of the database ids of students."""
Place = tuple[int, int]
"""A student's database id and a checkpoint's number."""


class Counted(NamedTuple):
    """The newest accepted attempt, with its result under the current graders; points are thousandths."""

    submission_id: int
    attempt: int
    received_at: datetime
    result_id: int | None
    earned: int | None
    possible: int | None


class Shown(NamedTuple):
    """The published grade of a place: as stored, because most are only compared and never calculated with."""

    grade_id: int
    submission_id: int | None
    result_id: int | None
    earned: int
    possible: int
    """Thousandths."""
    score_text: str
    pending_text: str

    @property
    def score(self) -> Fraction:
        """The score out of 100 that the student sees."""
        return _score(self.score_text)

    @property
    def pending(self) -> Fraction:
        """What written answers could still add when it was published."""
        return _score(self.pending_text)

    def says(self, score: Fraction, pending: Fraction) -> bool:
        """Whether the student sees just this."""
        return self.score_text == str(score) and (self.pending_text == "0" if not pending else self.pending == pending)


@lru_cache(maxsize=50_000)
def _score(text: str) -> Fraction:
    """Read a score as it is stored; a class has few different ones, and a fraction takes long to read."""
    return Fraction(text)


@dataclass(slots=True)
class Facts:
    """Rows by where they belong. Written points are thousandths with the number of answers that have them."""

    # By student and then by checkpoint: one student's sixteen lie together, and a large class is quicker to walk.
    counted: dict[int, dict[int, Counted]] = field(default_factory=dict)
    published: dict[int, dict[int, Shown]] = field(default_factory=dict)
    overrides: dict[Place, Decimal | None] = field(default_factory=dict)
    extensions: dict[Place, datetime | None] = field(default_factory=dict)
    extra_days: dict[int, int] = field(default_factory=dict)
    written: dict[int, tuple[int, int]] = field(default_factory=dict)
    questions: dict[int, tuple[int, int]] = field(default_factory=dict)
    requests: set[int] = field(default_factory=set)
    faults: set[int] = field(default_factory=set)


def load_facts(session: Session, who: Who | None = None) -> Facts:
    """Read the facts about some students, or about all."""
    facts = Facts()
    # The session's connection and its transaction, without the ORM's handling of each row: a third of the time.
    rows = session.connection()
    for student, checkpoint, *rest in rows.execute(_counted(who)).all():
        facts.counted.setdefault(student, {})[checkpoint] = Counted(*rest)
    for student, checkpoint, *rest in rows.execute(_published(who)).all():
        facts.published.setdefault(student, {})[checkpoint] = Shown(*rest)
    # Append-only tables: in the order of their ids, the last row of a place is the one that holds.
    for student, checkpoint, score in rows.execute(
        select(Override.student_id, Override.checkpoint, Override.score)
        .where(_among(Override.student_id, who))
        .order_by(Override.id)
    ):
        facts.overrides[student, checkpoint] = score
    for student, checkpoint, until in rows.execute(
        select(Extension.student_id, Extension.checkpoint, Extension.until)
        .where(_among(Extension.student_id, who))
        .order_by(Extension.id)
    ):
        facts.extensions[student, checkpoint] = until
    for student, days in rows.execute(
        select(LateDays.student_id, func.sum(LateDays.days))
        .where(_among(LateDays.student_id, who))
        .group_by(LateDays.student_id)
    ):
        facts.extra_days[student] = days
    for submission, earned, count in rows.execute(_written(who)).all():
        facts.written[submission] = (int(earned), count)
    for checkpoint, possible, count in rows.execute(
        select(
            WrittenQuestion.checkpoint,
            func.sum(type_coerce(WrittenQuestion.possible, BigInteger)),
            func.count(WrittenQuestion.id),
        )
        .where(WrittenQuestion.retired.is_(False))
        .group_by(WrittenQuestion.checkpoint)
    ):
        facts.questions[checkpoint] = (int(possible), count)
    facts.requests.update(
        rows.scalars(select(RegradeRequest.submission_id).where(RegradeRequest.status == RequestStatus.OPEN))
    )
    facts.faults.update(rows.scalars(_faults()))
    return facts


def _among(column: InstrumentedAttribute[int], who: Who | None) -> ColumnElement[bool]:
    return true() if who is None else column.in_(who)


def _counted(who: Who | None) -> Select[*tuple[Any, ...]]:
    newest = (
        select(Submission.student_id, Submission.checkpoint, func.max(Submission.attempt).label("attempt"))
        .where(Submission.attempt.is_not(None), _among(Submission.student_id, who))
        .group_by(Submission.student_id, Submission.checkpoint)
        .subquery()
    )
    return (
        select(
            Submission.student_id,
            Submission.checkpoint,
            Submission.id,
            Submission.attempt,
            Submission.received_at,
            ResultRow.id,
            # As thousandths: sixteen thousand Decimals would take longer than the query.
            type_coerce(ResultRow.earned, BigInteger),
            type_coerce(ResultRow.possible, BigInteger),
        )
        .join(
            newest,
            (newest.c.student_id == Submission.student_id)
            & (newest.c.checkpoint == Submission.checkpoint)
            & (newest.c.attempt == Submission.attempt),
        )
        .outerjoin(CurrentGrader, CurrentGrader.checkpoint == Submission.checkpoint)
        .outerjoin(
            ResultRow,
            (ResultRow.submission_id == Submission.id)
            & (ResultRow.grader_version_id == CurrentGrader.grader_version_id),
        )
    )


def _published(who: Who | None) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Published.student_id,
            Published.checkpoint,
            PublishedGrade.id,
            PublishedGrade.submission_id,
            PublishedGrade.result_id,
            type_coerce(PublishedGrade.earned, BigInteger),
            type_coerce(PublishedGrade.possible, BigInteger),
            type_coerce(PublishedGrade.score, String),
            type_coerce(PublishedGrade.pending, String),
        )
        .join(PublishedGrade, PublishedGrade.id == Published.grade_id)
        .where(_among(Published.student_id, who))
    )


def revised() -> ColumnElement[bool]:
    """Whether a `WrittenScore` has a later revision of its reading: only the newest one holds."""
    later = aliased(WrittenScore)
    return (
        select(later.id)
        .where(
            later.submission_id == WrittenScore.submission_id,
            later.question_id == WrittenScore.question_id,
            later.reading == WrittenScore.reading,
            later.revision > WrittenScore.revision,
        )
        .exists()
    )


def _written(who: Who | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            WrittenScore.submission_id,
            func.sum(type_coerce(WrittenScore.earned, BigInteger)),
            func.count(WrittenScore.id),
        )
        .where(
            WrittenScore.reading == Reading.COUNTED,
            # Not a join: the list is short and mostly empty, and is looked at once.
            WrittenScore.question_id.not_in(select(WrittenQuestion.id).where(WrittenQuestion.retired.is_(True))),
            ~revised(),
        )
        .group_by(WrittenScore.submission_id)
    )
    if who is not None:
        query = query.join(Submission, Submission.id == WrittenScore.submission_id).where(
            Submission.student_id.in_(who)
        )
    return query


def _faults() -> Select[int]:
    """The submissions that we tried to grade and could not, and that have no result since."""
    return (
        select(GradingFault.submission_id)
        .join(CurrentGrader, CurrentGrader.grader_version_id == GradingFault.grader_version_id)
        .outerjoin(
            ResultRow,
            (ResultRow.submission_id == GradingFault.submission_id)
            & (ResultRow.grader_version_id == GradingFault.grader_version_id),
        )
        .where(ResultRow.id.is_(None))
    )
