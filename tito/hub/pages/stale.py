"""A form that was opened before somebody else changed the same student: shown again beside what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from tito.errors import TitoError
from tito.gradebook.models import AuditEvent, Student
from tito.hub.pages.asked import Submitted, whole


class Stale(TitoError):
    """Something changed since the form was opened. `events` are the changes, newest first.

    `mark` is what the form carries as `seen` when it is sent again; None: the newest of the changes.
    """

    template = "stale.html.j2"

    def __init__(
        self,
        events: list[AuditEvent],
        mark: int | None = None,
        what: str = "somebody changed this student's record since you opened the form",
    ) -> None:
        self.events = events
        self.mark = events[0].id if mark is None else mark
        super().__init__(what)

    @property
    def renewed(self) -> Mapping[str, object]:
        """The fields with which the form may be sent again, after both versions were seen."""
        return {"seen": self.mark}


def mark(session: Session, student: int) -> int:
    """Return what a form about a student carries as its hidden field `seen`: the newest change about them."""
    return session.scalar(_NEWEST, {"student": student}) or 0


_NEWEST: Final = select(func.max(AuditEvent.id)).where(AuditEvent.student_id == bindparam("student"))


def require_fresh(sent: Submitted, student: int) -> None:
    """Raise Stale when the student's record changed after the form was made.

    One after the other: two people with the same form are told of each other. Every audit event about a student locks
    this row by its foreign key, so a change that is not committed yet is waited for too. Whoever locks anything else in
    the same transaction does it before, as services lock what they change before they write about the student.
    """
    seen = whole(sent.text("seen"), "seen")
    sent.work.session.execute(select(Student.id).where(Student.id == student).with_for_update())
    newer = select(AuditEvent).where(AuditEvent.student_id == student, AuditEvent.id > seen)
    events = list(sent.work.session.scalars(newer.order_by(AuditEvent.id.desc()).limit(20)))
    if events:
        raise Stale(events)
