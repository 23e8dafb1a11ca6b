"""Every change to a grade, policy, extension or publication. Nothing here can be changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from tito.course.checkpoints import find_checkpoint
from tito.gradebook.models import AuditEvent, Student
from tito.gradebook.queries import audit_events
from tito.hub.pages.asked import Asked

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One change."""

    number: int
    at: datetime
    actor: str
    action: str
    student: str | None
    checkpoint: int | None
    submission: int | None
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of changes, newest first; `older` continues it (None: there are none)."""

    events: tuple[Event, ...]
    student: str
    checkpoint: int | None
    action: str
    actor: str
    checkpoints: tuple[int, ...]
    actions: tuple[str, ...]
    """The kinds of changes that there are."""
    older: int | None


def view(asked: Asked) -> AuditPage:
    """Return the changes that fit the filters. Four queries. Raises GradebookError for an unknown student."""
    student, named = asked.text("student"), asked.text("checkpoint")
    checkpoint = find_checkpoint(named).number if named else None
    action, actor = asked.text("action"), asked.text("actor")
    found = audit_events(
        asked.session,
        student_id=student or None,
        checkpoint=checkpoint,
        actions=[action] if action else (),
        actor=actor or None,
        before_id=asked.number("before", 10**9),
        limit=PAGE + 1,
    )
    shown = found[:PAGE]
    ids = {event.student_id for event in shown if event.student_id is not None}
    people: dict[int, str] = dict(
        asked.session.execute(select(Student.id, Student.student_id).where(Student.id.in_(ids))).all()
    )
    events = tuple(
        Event(
            event.id,
            event.at,
            event.actor,
            event.action,
            None if event.student_id is None else people[event.student_id],
            event.checkpoint,
            event.submission_id,
            event.reason,
            event.before,
            event.after,
        )
        for event in shown
    )
    columns = tuple(one.number for one in asked.course.checkpoints)
    actions = asked.kept.get(asked.session, "audit actions", lambda: _actions(asked.session))
    older = shown[-1].id if len(found) > PAGE else None
    return AuditPage(events, student, checkpoint, action, actor, columns, actions, older)


def _actions(session: Session) -> tuple[str, ...]:
    return tuple(session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))
