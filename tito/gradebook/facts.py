"""Everything that scores depend on, read from the database in nine queries for any number of students.

The queries are made once and sent with other values each time: for one student, making them took longer than the
database needs to answer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, bindparam, func, select, true, type_coerce
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
from tito.gradebook.newest import is_current, is_one_of, newest_attempts

Who = Collection[int]
"""The database ids of students."""
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
    some, given = who is not None, named(who)
    for student, checkpoint, *rest in rows.execute(_counted(some=some), given).all():
        facts.counted.setdefault(student, {})[checkpoint] = Counted(*rest)
    for student, checkpoint, *rest in rows.execute(_published(some=some), given).all():
        facts.published.setdefault(student, {})[checkpoint] = Shown(*rest)
    # Append-only tables: in the order of their ids, the last row of a place is the one that holds.
    for student, checkpoint, score in rows.execute(_overrides(some=some), given):
        facts.overrides[student, checkpoint] = score
    for student, checkpoint, until in rows.execute(_extensions(some=some), given):
        facts.extensions[student, checkpoint] = until
    for student, days in rows.execute(_extra_days(some=some), given):
        facts.extra_days[student] = days
    for submission, earned, count in rows.execute(_written(some=some), given).all():
        facts.written[submission] = (int(earned), count)
    for checkpoint, possible, count in rows.execute(_QUESTIONS):
        facts.questions[checkpoint] = (int(possible), count)
    facts.requests.update(rows.scalars(_REQUESTS))
    facts.faults.update(rows.scalars(_FAULTS))
    return facts


def among(column: InstrumentedAttribute[int], *, some: bool) -> ColumnElement[bool]:
    """A condition on students: that they are `some`, whom `named` gives a query when it is sent, or none at all."""
    return column.in_(bindparam("who", expanding=True)) if some else true()


def named(who: Who | None) -> dict[str, list[int]]:
    """The values of a query with `among`."""
    return {} if who is None else {"who": list(who)}


@cache
def _counted(*, some: bool) -> Select[*tuple[Any, ...]]:
    newest = newest_attempts(among(Submission.student_id, some=some))
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
        .join(newest, is_one_of(newest))
        .outerjoin(CurrentGrader, CurrentGrader.checkpoint == Submission.checkpoint)
        .outerjoin(ResultRow, is_current())
    )


@cache
def _published(*, some: bool) -> Select[*tuple[Any, ...]]:
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
        .where(among(Published.student_id, some=some))
    )


@cache
def _overrides(*, some: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(Override.student_id, Override.checkpoint, Override.score)
        .where(among(Override.student_id, some=some))
        .order_by(Override.id)
    )


@cache
def _extensions(*, some: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(Extension.student_id, Extension.checkpoint, Extension.until)
        .where(among(Extension.student_id, some=some))
        .order_by(Extension.id)
    )


@cache
def _extra_days(*, some: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(LateDays.student_id, func.sum(LateDays.days))
        .where(among(LateDays.student_id, some=some))
        .group_by(LateDays.student_id)
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


@cache
def _written(*, some: bool) -> Select[*tuple[Any, ...]]:
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
    if not some:
        return query
    return query.join(Submission, Submission.id == WrittenScore.submission_id).where(
        among(Submission.student_id, some=some)
    )


_QUESTIONS: Final = (
    select(
        WrittenQuestion.checkpoint,
        func.sum(type_coerce(WrittenQuestion.possible, BigInteger)),
        func.count(WrittenQuestion.id),
    )
    .where(WrittenQuestion.retired.is_(False))
    .group_by(WrittenQuestion.checkpoint)
)
_REQUESTS: Final = select(RegradeRequest.submission_id).where(RegradeRequest.status == RequestStatus.OPEN)
_FAULTS: Final = (
    select(GradingFault.submission_id)
    .join(CurrentGrader, CurrentGrader.grader_version_id == GradingFault.grader_version_id)
    .outerjoin(
        ResultRow,
        (ResultRow.submission_id == GradingFault.submission_id)
        & (ResultRow.grader_version_id == GradingFault.grader_version_id),
    )
    .where(ResultRow.id.is_(None))
)
"""The submissions that we tried to grade and could not, and that have no result since."""
