"""Hand-ins that were kept out and that nothing has come after: what staff still have to see to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.models import Intake, StrayIntake, Student, Submission


@dataclass(frozen=True, slots=True)
class Refusal:
    """One hand-in that was refused. Without a place on the roster, both names are as somebody wrote them."""

    student: str
    checkpoint: str
    on_roster: bool
    received_at: datetime
    message: str
    source: str


def open_refusals(session: Session) -> list[Refusal]:
    """Return the newest refusal of each student and checkpoint, unless a good hand-in came later. Two queries.

    One that belonged to nobody is settled when the same content was taken in from the student it names.
    """
    return [*_of_students(session), *_of_nobody(session)]


def _of_students(session: Session) -> list[Refusal]:
    later = aliased(Submission)
    settled = exists().where(
        later.student_id == Submission.student_id, later.checkpoint == Submission.checkpoint, later.id > Submission.id
    )
    lines = session.execute(
        select(Submission, Student.student_id)
        .join(Student, Student.id == Submission.student_id)
        .where(Submission.status == Intake.REJECTED, ~settled)
        .order_by(Submission.checkpoint, func.lower(Student.student_id))
    )
    return [
        Refusal(
            student, CHECKPOINTS[row.checkpoint].slug, True, row.received_at, row.message, row.source
        )
        for row, student in lines
    ]  # fmt: skip


def _of_nobody(session: Session) -> list[Refusal]:
    settled = (
        exists()
        .where(Student.student_id == StrayIntake.claimed_student)
        .where(Submission.student_id == Student.id, Submission.digest == StrayIntake.digest)
    )
    rows = session.scalars(select(StrayIntake).where(~settled).order_by(StrayIntake.id))
    return [
        Refusal(row.claimed_student, row.claimed_checkpoint, False, row.received_at, row.message, row.source)
        for row in rows
    ]
