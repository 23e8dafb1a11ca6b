"""Exceptions for one student, from the student's page: an override, an extension, more late days."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tito.course.calendar import LocalTimeError, to_utc
from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.course.points import show
from tito.gradebook.models import Section, Student
from tito.gradebook.services import adjustments
from tito.hub.pages.asked import BadRequest, Submitted, decimal_of
from tito.hub.pages.stale import require_fresh


def override(sent: Submitted) -> str:
    """Set a score by hand, or take the override back (an empty score). Raises TitoError."""
    student, checkpoint = _student(sent), _checkpoint(sent)
    require_fresh(sent, student)
    typed = sent.text("score")
    score = decimal_of(typed, "a number from 0 to 100, such as 87.5") if typed else None
    adjustments.override(
        sent.work,
        student_id=sent.place["student"],
        checkpoint=checkpoint,
        score=score,
        reason=sent.text("reason"),
    )
    done = f"is now {show(score, 3)}" if score is not None else "is what grading says again"
    return f"The score at {checkpoint.slug} {done}. The student sees it from the next publication on."


def extend(sent: Submitted) -> str:
    """Move a student's deadline, or take the extension back (an empty time). Raises TitoError."""
    student, checkpoint = _student(sent), _checkpoint(sent)
    require_fresh(sent, student)
    typed = sent.text("until")
    adjustments.extend(
        sent.work,
        student_id=sent.place["student"],
        checkpoint=checkpoint,
        until=_moment(sent, typed) if typed else None,
        reason=sent.text("reason"),
        due_at=sent.course.assessment(checkpoint).due_at,
    )
    return f"The deadline of {checkpoint.slug} {'was moved' if typed else 'is the one of the course again'}."


def late_days(sent: Submitted) -> str:
    """Give or take free late days. Raises TitoError."""
    student = _student(sent)
    require_fresh(sent, student)
    typed = sent.text("days")
    try:
        days = int(typed)
    except ValueError:
        raise BadRequest(f"{typed[:40]!r} is no number of days", expected="a whole number, such as 2 or -1") from None
    extra = adjustments.change_late_days(
        sent.work, student_id=sent.place["student"], days=days, reason=sent.text("reason")
    )
    return f"Changed by {days:+}; this student now has {extra:+} late days beside the course's."


def _student(sent: Submitted) -> int:
    """The row id of the student whose page the form is on. Raises Forbidden, also for somebody unknown."""
    student_id = sent.place["student"]
    found = sent.work.session.execute(
        select(Student.id, Section.name)
        .outerjoin(Section, Section.id == Student.section_id)
        .where(Student.student_id == student_id)
    ).one_or_none()
    sent.viewer.require_student(student_id, None if found is None else found[1])
    if found is None:
        raise BadRequest(f"there is no student {student_id[:80]!r}", next_step="Look for them in the gradebook.")
    return found[0]


def _checkpoint(sent: Submitted) -> Checkpoint:
    return find_checkpoint(sent.text("checkpoint"))


def _moment(sent: Submitted, typed: str) -> datetime:
    try:
        return to_utc(datetime.fromisoformat(typed), sent.course.zone)
    except LocalTimeError as error:
        raise BadRequest(str(error), expected=error.expected) from error
    except (ValueError, OverflowError) as error:  # the first of January of the year 1, east of Greenwich
        raise BadRequest(f"{typed[:40]!r} is no time", expected="a time such as 2027-02-01 23:59") from error
