"""What the API and the pages show, as plain JSON types. Each function takes a reading session; nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tito.course.attempts import bucket
from tito.course.calendar import closes_at
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.course import Course
from tito.course.points import show
from tito.errors import TitoError
from tito.gradebook.handins import last_published
from tito.gradebook.models import Intake, PublishedGrade, ResultRow, Student, Submission
from tito.gradebook.own import Chance, chances
from tito.gradebook.queries import extended_dues, graded_from, intake_facts
from tito.gradebook.services.grading import load_result
from tito.gradebook.services.intake import Recorded
from tito.gradebook.services.releases import GivenOut, given_out
from tito.grading.feedback import feedback_page
from tito.grading.reveal import put_off, reveal


class NotEnrolled(TitoError):
    """Whoever asks is not on the active roster."""


class NotFound(TitoError):
    """There is nothing of that name for whoever asks: a thing of somebody else's is not there either."""


def enrolled(session: Session, user: str) -> Student:
    """Return the active student who is this user; the hub writes all names in lower case. Raises NotEnrolled."""
    student = session.scalar(select(Student).where(Student.folded_id == user.casefold()))
    if student is None or not student.active:
        raise NotEnrolled(
            f"{user} is not on the active roster of this course",
            next_step="ask the course's staff to put you on the roster; nothing was recorded",
        )
    return student


def whose(session: Session, user: str, *, staff: bool) -> Student | None:
    """Return the active student who is this user; None for staff on no roster. Raises NotEnrolled for others."""
    try:
        return enrolled(session, user)
    except NotEnrolled:
        if staff:
            return None
        raise


def assignments(session: Session, course: Course, student: Student | None, now: datetime) -> list[dict[str, Any]]:
    """Return what is given out and open, with dates and the attempts that are left, by checkpoint.

    Without a student it is for staff: what is given out and not open yet is there too, and no attempt was made.
    """
    if student is None:
        own = [Chance(one.due_at, 0, bucket(one.attempts, (), now)) for one in course.assessments]
    else:
        own = chances(session, course, now, student)
    return [
        _assignment(course, own[number], CHECKPOINTS[number], out, now)
        for number, out in sorted(given_out(session).items())
        if course.asks(CHECKPOINTS[number]) and (student is None or _is_open(course, CHECKPOINTS[number], now))
    ]


def _assignment(course: Course, own: Chance, checkpoint: Checkpoint, out: GivenOut, now: datetime) -> dict[str, Any]:
    """Return one assignment as its student sees it; `attempts` says before the hand-in what is left."""
    assessment = course.assessment(checkpoint)
    due_at, left = own.due_at, own.bucket
    closing = None if due_at is None else closes_at(due_at, course.late, course.zone)
    return {
        "course_id": course.course_id,
        "assignment_id": checkpoint.slug,
        "title": checkpoint.title,
        "files": dict(sorted(out.files.items())),
        "release": out.digest,
        "opens_at": _iso(assessment.opens_at),
        "due_at": _iso(due_at),
        "closes_at": _iso(closing),
        "graded_from": _iso(assessment.grading.waits_until(due_at, now)),
        "late_now": due_at is not None and now > due_at,
        "closed": closing is not None and now > closing,
        "attempts": {
            "made": own.made,
            "limit": assessment.attempts.capacity,
            "left": left.available,
            "next_at": _iso(left.next_at),
        },
    }


def released_files(session: Session, course: Course, checkpoint: Checkpoint, now: datetime, *, staff: bool) -> GivenOut:
    """Return what students fetch. Raises NotFound when it is not given out, or (but for staff) not open yet."""
    out = given_out(session).get(checkpoint.number)
    if out is None or not (staff or _is_open(course, checkpoint, now)):
        raise NotFound(f"{checkpoint.slug} is not given out", next_step="the list shows what is")
    return out


def submissions(session: Session, course: Course, student: Student, now: datetime) -> list[dict[str, Any]]:
    """Return every hand-in of a student, oldest first, with how far grading is and which one counts."""
    rows = session.scalars(
        select(Submission).where(Submission.student_id == student.id).order_by(Submission.checkpoint, Submission.id)
    ).all()
    shown = last_published(session, [row.id for row in rows])
    graded = set(session.scalars(select(ResultRow.submission_id).where(ResultRow.submission_id.in_(_ids(rows)))))
    counting = {
        row.checkpoint: row.attempt for row in rows if row.status is Intake.ACCEPTED
    }  # attempts come in order, and the last one counts
    extended = extended_dues(session, course, student_id=student.student_id)

    def waits(row: Submission) -> str | None:
        if row.status is not Intake.ACCEPTED or row.attempt != counting[row.checkpoint] or row.id in graded:
            return None  # the newest attempt alone is graded
        return _iso(graded_from(course, extended, student.student_id, row.checkpoint, now))

    return [
        _line(course, row, student.student_id, shown.get(row.id), row.id in graded)
        | {"counts": row.attempt is not None and row.attempt == counting[row.checkpoint]}
        | {"graded_from": waits(row)}
        for row in rows
    ]


def own_submission(session: Session, student: Student, number: int) -> Submission:
    """Return a hand-in of this student. Raises NotFound, for one of somebody else's too."""
    row = session.get(Submission, number)
    if row is None or row.student_id != student.id:
        raise NotFound(f"you have no submission number {number}")
    return row


def recorded(row: Submission, student_id: str) -> Recorded:
    """Return the facts of a receipt as they were recorded."""
    return Recorded(
        row.id,
        student_id,
        row.checkpoint,
        row.attempt,
        row.received_at,
        row.digest,
        row.status,
        row.message,
        row.due_at,
        row.late_seconds,
        repeated=True,
    )


def feedback(session: Session, course: Course, student: Student, number: int, now: datetime) -> dict[str, Any]:
    """Return the published result of a student's own attempt, as far as they may see it now, with the page of it.

    Raises NotFound when there is no such attempt, or nothing of it is published yet.
    """
    row = own_submission(session, student, number)
    grade = last_published(session, [row.id]).get(row.id)
    if grade is None or grade.result_id is None:
        raise NotFound(f"there is no feedback on submission {number} yet", next_step="it waits to be graded")
    checkpoint = CHECKPOINTS[row.checkpoint]
    assessment = course.assessment(checkpoint)
    result = load_result(session, grade.result_id)
    facts = intake_facts(session, course, student.student_id, row.checkpoint)
    shown = reveal(result.outcomes, assessment.reveal, now, put_off(assessment, facts.due_at))
    counted = [outcome for outcome in shown if outcome.mode == result.counts]
    return {
        "submission": row.id,
        "assignment_id": checkpoint.slug,
        "attempt": row.attempt,
        "version": _version(grade),
        "score": show(grade.score),
        "pending": show(grade.pending),
        "outcomes": [outcome.to_json() for outcome in counted],
        "notes": list(result.notes),
        "html": feedback_page(course, checkpoint, result, shown, student=student.student_id),
    }


def everybodys(session: Session, course: Course, checkpoint: Checkpoint) -> list[dict[str, Any]]:
    """Return each student's newest attempt at a checkpoint, by student: what staff collect."""
    newest = (
        select(func.max(Submission.id))
        .where(Submission.checkpoint == checkpoint.number, Submission.status == Intake.ACCEPTED)
        .group_by(Submission.student_id)
    )
    rows = session.execute(
        select(Submission, Student.student_id)
        .join(Student, Student.id == Submission.student_id)
        .where(Submission.id.in_(newest))
        .order_by(Student.folded_id)
    )
    return [_line(course, row, student_id, None, False) for row, student_id in rows]


def digests(session: Session, checkpoint: Checkpoint, numbers: Sequence[int], most_bytes: int) -> dict[int, str]:
    """Return the digests of the first of these submissions, of so many bytes together, and one at least.

    Raises NotFound when one of them is no accepted submission of the checkpoint.
    """
    rows = session.execute(
        select(Submission.id, Submission.digest, Submission.size).where(
            Submission.id.in_(numbers),
            Submission.checkpoint == checkpoint.number,
            Submission.status == Intake.ACCEPTED,
        )
    )
    known = {row.id: row for row in rows}
    missing = next((number for number in numbers if number not in known), None)
    if missing is not None:
        raise NotFound(f"there is no submission number {missing} of {checkpoint.slug}")
    found: dict[int, str] = {}
    left = most_bytes
    for number in numbers:
        left -= known[number].size
        if left < 0 and found:
            break
        found[number] = known[number].digest
    return found


def _line(course: Course, row: Submission, student: str, grade: PublishedGrade | None, graded: bool) -> dict[str, Any]:
    accepted = row.status is Intake.ACCEPTED
    state = "refused" if not accepted else "published" if grade is not None else "graded" if graded else "waiting"
    return {
        "id": row.id,
        "course_id": course.course_id,
        "assignment_id": CHECKPOINTS[row.checkpoint].slug,
        "student_id": student,
        "attempt": row.attempt,
        "received_at": row.received_at.isoformat(),
        "due_at": _iso(row.due_at),
        "late_seconds": row.late_seconds,
        "sha256": row.digest,
        "files": sorted(row.files),
        "message": row.message,
        "state": state,
        "score": None if grade is None else show(grade.score),
        "feedback": None if grade is None or grade.result_id is None else _version(grade),
    }


def _version(grade: PublishedGrade) -> str:
    """Changes when there is something new to see."""
    return f"{grade.id}"


def _is_open(course: Course, checkpoint: Checkpoint, now: datetime) -> bool:
    if not course.asks(checkpoint):
        return False
    opens_at = course.assessment(checkpoint).opens_at
    return opens_at is None or now >= opens_at


def _ids(rows: Sequence[Submission]) -> list[int]:
    return [row.id for row in rows]


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
