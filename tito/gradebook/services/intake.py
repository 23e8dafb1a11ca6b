"""Hand-ins: each becomes a numbered attempt, or a recorded refusal."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tito.course.calendar import effective_due
from tito.course.checkpoints import Checkpoint
from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook.models import Extension, Intake, StrayIntake, Student, Submission
from tito.gradebook.work import Work

_CAP = 200
NOT_ON_ROSTER = str(
    TitoError(
        "the student is not on the roster",
        expected="a student's id, written as in the roster",
        next_step="correct the id, or add the student with `tito roster import FILE.csv`; then collect it again",
    )
)
Admit = Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the gradebook knows of a hand-in: the facts of a receipt.

    `attempt` is None when it was refused; `id` too is None when it belongs to nobody on the roster.
    `repeated` says
    that this very hand-in was recorded before. Times are aware and in UTC.
    """

    id: int | None
    student_id: str
    checkpoint: int
    attempt: int | None
    received_at: datetime
    digest: str
    status: Intake
    message: str
    due_at: datetime | None
    late_seconds: int
    repeated: bool = False

    @property
    def accepted(self) -> bool:
        """Whether it counts as an attempt."""
        return self.status is Intake.ACCEPTED


def waits_until(course: Course, recorded: Recorded, now: datetime) -> datetime | None:
    """Return when a hand-in is graded that waits until it is due by the course's policy; None where it does not wait.

    By the due date that its receipt says: an extension that came later is on the student's pages.
    """
    if not recorded.accepted:
        return None
    return course.assessments[recorded.checkpoint].grading.waits_until(recorded.due_at, now)


def record_submission(
    work: Work,
    *,
    student_id: str,
    checkpoint: Checkpoint,
    digest: str,
    idempotency_key: str = "",
    files: Mapping[str, str] | None = None,
    size: int = 0,
    due_at: datetime | None = None,
    source: str = "",
    rejected: str | None = None,
    note: str = "",
    received_at: datetime | None = None,
    admit: Admit | None = None,
) -> Recorded:
    """Record a hand-in and return its receipt's facts; a repeat returns the first one's.

    The same digest with the same key is the same hand-in. Whatever the key, it is the same while it is the newest one:
    collecting a folder twice adds nothing, yet going back to an earlier version of one's work is a new attempt.
    `rejected` is why it is refused: then it is recorded without an attempt number. `due_at` is the course's
    date;
    an extension of the student's replaces it. `received_at` is for staff who collect from an LMS that kept
    the time;
    otherwise the server's clock counts. An unknown student's hand-in is kept as a stray.
    `admit` is asked in this transaction, once it is clear that the hand-in is new: what it raises keeps it out, and
    nothing is recorded; what it returns joins the note.
    """
    if received_at is not None and not work.actor.startswith(("instructor:", "system:")):
        raise ValueError("only staff may say when a hand-in arrived")
    # On PostgreSQL the row lock keeps two hand-ins of one student from drawing the same number; SQLite has
    # one writer.
    student = work.session.scalar(select(Student).where(Student.student_id == student_id).with_for_update())
    arrived = received_at or work.now
    if student is None:
        return record_stray(
            work, student_id=student_id, checkpoint=checkpoint, digest=digest, message=NOT_ON_ROSTER, source=source
        )
    if not student.active and rejected is None:
        rejected = str(
            TitoError(
                "the student is no longer on the active roster",
                next_step="import a roster that has the student again, then hand it in again",
            )
        )
    of_student = select(Submission).where(
        Submission.student_id == student.id, Submission.checkpoint == checkpoint.number
    )
    latest = work.session.scalar(
        of_student.where(Submission.attempt.is_not(None)).order_by(Submission.attempt.desc()).limit(1)
    )
    key = idempotency_key if idempotency_key and rejected is None else _implied_key(latest, digest, rejected)
    before = work.session.scalar(of_student.where(Submission.digest == digest, Submission.idempotency_key == key))
    if before is None and rejected is None and latest is not None and latest.digest == digest:
        before = latest
    if before is not None:
        work.unaudited()
        return _facts(before, student_id, repeated=True)
    odd = "; ".join([*([note] if note else []), *(admit() if admit is not None else ())])
    due = _due(work, student.id, checkpoint.number, due_at)
    submission = Submission(
        student_id=student.id,
        checkpoint=checkpoint.number,
        attempt=None if rejected is not None else (latest.attempt or 0) + 1 if latest else 1,
        received_at=arrived,
        digest=digest,
        idempotency_key=key,
        status=Intake.ACCEPTED if rejected is None else Intake.REJECTED,
        message=odd if rejected is None else rejected,
        due_at=due,
        late_seconds=max(0, math.ceil((arrived - due).total_seconds())) if due else 0,
        size=size,
        files=dict(files or {}),
        source=source[:_CAP],
    )
    work.session.add(submission)
    work.session.flush()
    after: dict[str, object] = {"attempt": submission.attempt, "digest": digest, "source": source[:_CAP]}
    if latest is not None and arrived < latest.received_at:
        # Attempts stay in order by their number; people who wonder about the times find out why here.
        after["clock_went_back_seconds"] = (latest.received_at - arrived).total_seconds()
    work.audit(
        "submission.accept" if rejected is None else "submission.reject",
        student=student.id,
        checkpoint=checkpoint.number,
        submission=submission.id,
        reason=submission.message,
        after=after,
    )
    return _facts(submission, student_id)


def record_stray(
    work: Work, *, student_id: str, checkpoint: Checkpoint | str, digest: str, message: str, source: str = ""
) -> Recorded:
    """Record a hand-in that fits no student or no checkpoint; the same one twice is recorded once."""
    claimed = checkpoint if isinstance(checkpoint, str) else checkpoint.slug
    number = -1 if isinstance(checkpoint, str) else checkpoint.number
    work.alone_on(StrayIntake)
    row = work.session.scalar(
        select(StrayIntake).where(
            StrayIntake.claimed_student == _capped(student_id),
            StrayIntake.claimed_checkpoint == _capped(claimed),
            StrayIntake.digest == digest,
        )
    )
    repeated = row is not None
    if row is None:
        row = StrayIntake(
            claimed_student=_capped(student_id),
            claimed_checkpoint=_capped(claimed),
            digest=digest,
            received_at=work.now,
            message=message,
            source=source[:_CAP],
        )
        work.session.add(row)
        work.audit(
            "submission.stray",
            reason=message,
            after={"student": row.claimed_student, "checkpoint": row.claimed_checkpoint, "digest": digest},
        )
    else:
        work.unaudited()
    return Recorded(
        None,
        student_id,
        number,
        None,
        row.received_at,
        digest,
        Intake.REJECTED,
        row.message,
        None,
        0,
        repeated,
    )


def _implied_key(latest: Submission | None, digest: str, rejected: str | None) -> str:
    if rejected is not None:
        # A refusal is the same refusal only for the same reason: once the reason is gone, it must be heard
        # again.
        why = hashlib.sha256(rejected.encode()).hexdigest()[:16]
        return f"refused after attempt {latest.attempt if latest else 0}: {why}"
    if latest is None:
        return "first attempt"
    return latest.idempotency_key if latest.digest == digest else f"after attempt {latest.attempt}"


def _due(work: Work, student: int, checkpoint: int, due_at: datetime | None) -> datetime | None:
    until = work.session.scalar(
        select(Extension.until)
        .where(Extension.student_id == student, Extension.checkpoint == checkpoint)
        .order_by(Extension.id.desc())
        .limit(1)
    )
    return effective_due(due_at, [until])


def _facts(submission: Submission, student_id: str, *, repeated: bool = False) -> Recorded:
    return Recorded(
        submission.id,
        student_id,
        submission.checkpoint,
        submission.attempt,
        submission.received_at,
        submission.digest,
        submission.status,
        submission.message,
        submission.due_at,
        submission.late_seconds,
        repeated,
    )


def _capped(text: str) -> str:
    """Cut to the column's length and drop what no database stores (NUL, lone surrogates of broken file
    names).
    """
    return text.replace("\x00", "").encode("utf-8", "backslashreplace").decode()[:_CAP]
