"""What one student handed in, and which grade of each attempt was published last.

The queries are made once, as those of `facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from tito.gradebook.models import Publication, PublishedGrade, ResultRow, Submission
from tito.gradebook.queries import without_result


class HandIn(NamedTuple):
    """One hand-in. `attempt` is None when it was refused, and then `message` says why."""

    submission: int
    checkpoint: int
    attempt: int | None
    received_at: datetime
    late_seconds: int
    message: str
    earned: Decimal | None
    """Automatic points of its newest result, None while it is not graded: for staff, whatever was published."""
    possible: Decimal | None
    fault: bool
    """Whether grading failed through a fault of ours, and has not succeeded since: it costs no attempt."""

    @property
    def graded(self) -> bool:
        """Whether there is a result."""
        return self.earned is not None


def hand_ins(session: Session, student: int) -> list[HandIn]:
    """Return what a student (by row id) handed in, by checkpoint and oldest first. One query."""
    return [HandIn(*row) for row in session.execute(_HAND_INS, {"student": student})]


def last_published(session: Session, submissions: Sequence[int]) -> dict[int, PublishedGrade]:
    """Return the grade that was last published of each of these attempts. One query.

    Publications that were rolled back do not count.
    """
    return _by_attempt(session.scalars(_LAST_OF, {"submissions": submissions}))


def last_published_to(session: Session, student: int) -> dict[int, PublishedGrade]:
    """Return the same for all attempts of a student (by row id). One query."""
    return _by_attempt(session.scalars(_LAST_TO, {"student": student}))


def _by_attempt(grades: Iterable[PublishedGrade]) -> dict[int, PublishedGrade]:
    return {grade.submission_id: grade for grade in grades if grade.submission_id is not None}


def _last(which: ColumnElement[bool]) -> Select[PublishedGrade]:
    undone = select(Publication.undoes).where(Publication.undoes.is_not(None))
    newest = (
        select(func.max(PublishedGrade.id))
        .where(which, PublishedGrade.publication_id.not_in(undone))
        .group_by(PublishedGrade.submission_id)
    )
    return select(PublishedGrade).where(PublishedGrade.id.in_(newest))


_LAST_OF: Final = _last(PublishedGrade.submission_id.in_(bindparam("submissions", expanding=True)))
_LAST_TO: Final = _last(PublishedGrade.student_id == bindparam("student"))
_NEWEST_RESULT: Final = (
    select(func.max(ResultRow.id))
    .where(ResultRow.submission_id == Submission.id)
    .correlate(Submission)
    .scalar_subquery()
)
_HAND_INS: Final = (
    select(
        Submission.id,
        Submission.checkpoint,
        Submission.attempt,
        Submission.received_at,
        Submission.late_seconds,
        Submission.message,
        ResultRow.earned,
        ResultRow.possible,
        without_result(),
    )
    .outerjoin(ResultRow, ResultRow.id == _NEWEST_RESULT)
    .where(Submission.student_id == bindparam("student"))
    .order_by(Submission.checkpoint, Submission.id)
)
