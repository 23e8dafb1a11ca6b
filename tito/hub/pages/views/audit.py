"""Every change to a grade, policy, extension or publication. Nothing here can be changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from tito.course.checkpoints import find_checkpoint
from tito.gradebook.models import AuditEvent, Student
from tito.gradebook.queries import audit_events
from tito.hub.pages.asked import Asked, BadRequest

PAGE: Final = 100
_YEARS: Final = (1900, 2999)
"""Years whose days have a beginning in every zone: those at the ends of the calendar do not."""


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
    since: str
    """The first day that is shown, in the course's zone; empty for no limit."""
    until: str
    """The last one, likewise."""
    checkpoints: tuple[int, ...]
    actions: tuple[str, ...]
    """The kinds of changes that there are."""
    older: int | None


def view(asked: Asked) -> AuditPage:
    """Return the changes that fit. Four queries. Raises BadRequest, or GradebookError for an unknown student."""
    student, named = asked.text("student"), asked.text("checkpoint")
    checkpoint = find_checkpoint(named).number if named else None
    action, actor = asked.text("action"), asked.text("actor")
    first, last = _day(asked, "since"), _day(asked, "until")
    if first is not None and last is not None and first > last:
        raise BadRequest(f"no day is from {first} until {last}", expected="a first day that is not after the last one")
    found = audit_events(
        asked.session,
        student_id=student or None,
        checkpoint=checkpoint,
        actions=[action] if action else (),
        actor=actor or None,
        since=None if first is None else beginning(first, asked.course.zone),
        until=None if last is None else beginning(last + timedelta(days=1), asked.course.zone),
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
    since, until = ("" if day is None else day.isoformat() for day in (first, last))
    return AuditPage(events, student, checkpoint, action, actor, since, until, columns, actions, older)


def _day(asked: Asked, name: str) -> date | None:
    """A day of the query; None where none is asked for. Raises BadRequest."""
    typed = asked.text(name)
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise BadRequest(f"{name}={typed[:40]!r} is no day", expected="a day such as 2027-02-01") from None
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise BadRequest(f"{name}={typed[:40]!r} is no day of this course", expected="a day such as 2027-02-01")
    return day


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in the zone; where its clocks skip midnight or show it twice, at the first moment."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _actions(session: Session) -> tuple[str, ...]:
    return tuple(session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))
