"""The unit of work: one transaction of one actor, with the audit event of what it does inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from tito.gradebook.models import AuditEvent, Base

_ACTOR = re.compile(r"(student|grader|instructor|system|hub):[^\x00-\x1f\x7f]{1,80}")


class Work:
    """What a service function is given. It has the session, the actor and the time; it neither commits nor
    rolls back.
    """

    def __init__(self, session: Session, actor: str, clock: Callable[[], datetime]) -> None:
        if not _ACTOR.fullmatch(actor):
            raise ValueError(f"an actor is role:name, such as instructor:ana; got {actor!r}")
        self.session = session
        self.actor = actor
        # One moment for the whole transaction, so that a change and its audit event carry the same time.
        self.now = clock()
        self._wrote = False
        self._audited = 0
        event.listen(session, "before_flush", self._note_flush)
        event.listen(session, "do_orm_execute", self._note_execute)

    def audit(
        self,
        action: str,
        *,
        student: int | None = None,
        checkpoint: int | None = None,
        submission: int | None = None,
        reason: str = "",
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Write the audit event of a change. `student` and `submission` are row ids, `checkpoint` a
        number.
        """
        self._audited += 1
        self.session.add(
            AuditEvent(
                at=self.now,
                actor=self.actor,
                action=action,
                student_id=student,
                checkpoint=checkpoint,
                submission_id=submission,
                reason=reason,
                before=None if before is None else _plain(before),
                after=None if after is None else _plain(after),
            )
        )

    def alone_on(self, table: type[Base]) -> None:
        """Let no other transaction write to a table until this one ends: what is looked for and missing stays so.

        SQLite has one writer at a time anyway.
        """
        connection = self.session.connection()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"LOCK TABLE {table.__tablename__} IN SHARE ROW EXCLUSIVE MODE")

    def unaudited(self) -> None:
        """Say that what was written is no change of record (a claim that expires): it needs no
        audit event.
        """
        self._audited += 1

    def check_audited(self) -> None:
        """Raise RuntimeError when rows were written and no audit event: a bug in a service, caught before the
        commit.
        """
        if self._wrote and not self._audited:
            raise RuntimeError("a service changed the gradebook without an audit event")

    def _note_flush(self, session: Session, _context: object, _instances: object) -> None:
        if session.new or session.dirty or session.deleted:
            self._wrote = True

    def _note_execute(self, state: ORMExecuteState) -> None:
        if state.is_insert or state.is_update or state.is_delete:
            self._wrote = True


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Return values as JSON types; points become strings and stay exact, times are ISO 8601 in UTC."""
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: object) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"  # one spelling per number: 50, not 50.000
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return _plain({str(name): inner for name, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return [_plain_value(inner) for inner in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"an audit event cannot hold {type(value).__name__}")
