"""Exceptions for one student: overrides, extensions, late days. Each takes a reason, and is audited
with it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import Checkpoint
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import Extension, LateDays, Override
from tito.gradebook.services.roster import find_student
from tito.gradebook.work import Work

MOST_DAYS: Final = 365
"""Late days that one change can give or take."""
MOST_YEARS: Final = 10
"""How far from now an extension can end. At the ends of the calendar, a later day or another zone has no date."""


def override(work: Work, *, student_id: str, checkpoint: Checkpoint, score: Decimal | None, reason: str) -> None:
    """Set a student's score (0 to 100) at a checkpoint by hand; None takes the override back.

    It counts at once for staff, and for the student from the next publication on. Raises GradebookError.
    """
    _require_reason(reason)
    if score is not None and not (score.is_finite() and 0 <= score <= 100 and round(score, 3) == score):
        raise GradebookError(
            f"a score of {score} cannot be set",
            expected="a number from 0 to 100 with at most three decimals",
        )
    student = find_student(work.session, student_id)
    before = _newest_override(work.session, student.id, checkpoint.number)
    if score is None and (before is None or before.score is None):
        raise GradebookError(f"{student_id} has no override at {checkpoint.slug} that could be taken back")
    work.session.add(
        Override(
            student_id=student.id,
            checkpoint=checkpoint.number,
            score=score,
            reason=reason.strip(),
            by=work.actor,
            at=work.now,
        )
    )
    work.audit(
        "grade.override",
        student=student.id,
        checkpoint=checkpoint.number,
        reason=reason.strip(),
        before={"score": before.score if before else None},
        after={"score": score},
    )


def extend(
    work: Work,
    *,
    student_id: str,
    checkpoint: Checkpoint,
    until: datetime | None,
    reason: str,
    due_at: datetime | None = None,
) -> None:
    """Give a student a later deadline (an aware datetime); None takes the extension back.

    With the course's `due_at`, an extension that is no later is refused. Raises GradebookError.
    """
    _require_reason(reason)
    if until is not None and abs(until.year - work.now.year) > MOST_YEARS:
        raise GradebookError(
            f"an extension until the year {until.year} cannot be given",
            expected=f"a time within {MOST_YEARS} years from now",
        )
    if until is not None and due_at is not None and until <= due_at:
        raise GradebookError(
            "the extension ends no later than the deadline itself",
            where=f"{student_id} at {checkpoint.slug}",
            expected=f"a time after {due_at:%Y-%m-%d %H:%M} UTC",
        )
    student = find_student(work.session, student_id)
    before = newest_extension(work.session, student.id, checkpoint.number)
    if until is None and (before is None or before.until is None):
        raise GradebookError(f"{student_id} has no extension at {checkpoint.slug} that could be taken back")
    work.session.add(
        Extension(
            student_id=student.id,
            checkpoint=checkpoint.number,
            until=until,
            reason=reason.strip(),
            by=work.actor,
            at=work.now,
        )
    )
    work.audit(
        "deadline.extend",
        student=student.id,
        checkpoint=checkpoint.number,
        reason=reason.strip(),
        before={"until": before.until if before else None},
        after={"until": until},
    )


def change_late_days(work: Work, *, student_id: str, days: int, reason: str) -> int:
    """Add free late days to a student's budget (or take some back: negative); return the sum of all
    changes.
    """
    _require_reason(reason)
    if days == 0:
        raise GradebookError("a change of 0 late days changes nothing", expected="a number of days, such as 2")
    if abs(days) > MOST_DAYS:
        raise GradebookError(
            "so many late days cannot be given or taken", expected=f"a number of days from -{MOST_DAYS} to {MOST_DAYS}"
        )
    student = find_student(work.session, student_id)
    before = extra_late_days(work.session, student.id)
    work.session.add(LateDays(student_id=student.id, days=days, reason=reason.strip(), by=work.actor, at=work.now))
    work.audit(
        "latedays.change",
        student=student.id,
        reason=reason.strip(),
        before={"extra_days": before},
        after={"extra_days": before + days},
    )
    return before + days


def extra_late_days(session: Session, student: int) -> int:
    """Return how many free late days a student (by row id) has beside the course's; negative: fewer. One query."""
    return session.scalar(_EXTRA_DAYS, {"student": student}) or 0


_EXTRA_DAYS: Final = select(func.sum(LateDays.days)).where(LateDays.student_id == bindparam("student"))


def newest_extension(session: Session, student: int, checkpoint: int) -> Extension | None:
    """Return the extension that holds: the newest row (its `until` is None when it was taken back)."""
    return session.scalar(
        select(Extension)
        .where(Extension.student_id == student, Extension.checkpoint == checkpoint)
        .order_by(Extension.id.desc())
        .limit(1)
    )


def _newest_override(session: Session, student: int, checkpoint: int) -> Override | None:
    return session.scalar(
        select(Override)
        .where(Override.student_id == student, Override.checkpoint == checkpoint)
        .order_by(Override.id.desc())
        .limit(1)
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise GradebookError(
            "a reason is required: the student and the audit will read it",
            next_step='give one with --reason "..."',
        )
