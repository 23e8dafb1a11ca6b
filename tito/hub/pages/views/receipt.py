"""The receipt of one submission: what the server recorded, signed, to keep or to print."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import Section, Student, Submission
from tito.gradebook.queries import extended_dues, graded_from, newest_attempt
from tito.grading.grader import course_secret
from tito.hub.pages.asked import Asked, whole
from tito.hub.receipts import Signer, receipt_of
from tito.hub.views import recorded


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """The facts of a receipt as they were recorded. `document` is the signed receipt as JSON types."""

    submission: int
    student: str
    name: str
    checkpoint: int
    attempt: int
    received_at: datetime
    due_at: datetime | None
    late_seconds: int
    graded_from: datetime | None
    """When it is graded, where that still waits until it is due, with an extension since. No part of what is signed."""
    note: str
    digest: str
    files: tuple[str, ...]
    signature: str
    document: dict[str, str | int | None]
    text: str
    """The same as text to keep."""


def view(asked: Asked) -> ReceiptPage:
    """Return the receipt of submission `{submission}`. Raises Forbidden, BadRequest or GradebookError.

    For a student somebody else's submission and none at all are the same: not theirs.
    """
    number = whole(asked.place["submission"], "submission", least=1)
    found = asked.session.execute(
        select(Submission, Student.student_id, Student.name, Section.name)
        .join(Student, Student.id == Submission.student_id)
        .outerjoin(Section, Section.id == Student.section_id)
        .where(Submission.id == number)
    ).one_or_none()
    if found is None:
        if not asked.viewer.staff:
            asked.viewer.require_student("", None)
        raise GradebookError(f"there is no submission number {number}")
    row, student_id, name, section = found
    asked.viewer.require_student(student_id, section)
    facts = recorded(row, student_id)
    if facts.attempt is None:
        raise GradebookError(
            f"submission {number} was refused and has no receipt", next_step="The student's page says why."
        )
    waits = None
    if facts.attempt == newest_attempt(asked.session, row.student_id, facts.checkpoint):
        extended = extended_dues(asked.session, asked.course, student_id=student_id)
        waits = graded_from(asked.course, extended, student_id, facts.checkpoint, asked.now)
    document = Signer(course_secret(asked.course.paths.secret)).signed(receipt_of(asked.course.course_id, facts))
    return ReceiptPage(
        number,
        student_id,
        name,
        CHECKPOINTS[facts.checkpoint].number,
        facts.attempt,
        facts.received_at,
        facts.due_at,
        facts.late_seconds,
        waits,
        facts.message,
        facts.digest,
        tuple(sorted(row.files)),
        document["signature"],
        document,
        json.dumps(document, indent=2, sort_keys=True),
    )
