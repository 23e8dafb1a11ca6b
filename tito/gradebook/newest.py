"""Which attempt is the newest, and which of its results holds: conditions that many queries share.

The newest attempt has the highest number among those that were accepted, whatever the clock said. Two ways to ask,
because databases answer them at different cost: `newest_attempts` groups the attempts of all students once, `replaced`
looks for a later one of each row that is left after other conditions.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import aliased

from tito.gradebook.models import CurrentGrader, ResultRow, Submission


def newest_attempts(*conditions: ColumnElement[bool]) -> Subquery:
    """The number of the newest `attempt` of each `student_id` at each `checkpoint`, of submissions that fit.

    Who joins them with a condition states it once more outside: PostgreSQL looks through all submissions otherwise.
    """
    return (
        select(Submission.student_id, Submission.checkpoint, func.max(Submission.attempt).label("attempt"))
        .where(Submission.attempt.is_not(None), *conditions)
        .group_by(Submission.student_id, Submission.checkpoint)
        .subquery()
    )


def is_one_of(newest: Subquery) -> ColumnElement[bool]:
    """Whether a submission is one of the `newest_attempts`."""
    return (
        (newest.c.student_id == Submission.student_id)
        & (newest.c.checkpoint == Submission.checkpoint)
        & (newest.c.attempt == Submission.attempt)
    )


def replaced() -> ColumnElement[bool]:
    """Whether a submission's student has a later attempt at the same checkpoint."""
    later = aliased(Submission)
    return (
        select(later.id)
        .where(
            later.student_id == Submission.student_id,
            later.checkpoint == Submission.checkpoint,
            later.attempt > Submission.attempt,
        )
        .exists()
    )


def is_current() -> ColumnElement[bool]:
    """Whether a result is a submission's under the graders that are current at its checkpoint."""
    return (ResultRow.submission_id == Submission.id) & (ResultRow.grader_version_id == CurrentGrader.grader_version_id)
