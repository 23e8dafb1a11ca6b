"""Who changed what, when and why. Append-only: triggers refuse UPDATE and DELETE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base, LongText


class AuditEvent(Base):
    """One change, written in the same transaction as the change itself, so that neither exists without the
    other.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        # The three ways in which people look: a student's history, a checkpoint's, and one kind of act over
        # time.
        Index("ix_audit_events_student_id", "student_id", "id"),
        Index("ix_audit_events_checkpoint", "checkpoint", "id"),
        Index("ix_audit_events_action", "action", "id"),
    )

    # Grows with each event and orders them, even where the clock jumped.
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[Actor]
    # `noun.verb`, such as `grade.override`; code searches for these, so they never change meaning.
    action: Mapped[str] = mapped_column(String(64))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students.id"))
    checkpoint: Mapped[int | None] = mapped_column(ForeignKey("checkpoints.number"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    reason: Mapped[LongText] = mapped_column(default="")
    # The values before and after, by name; points as strings, so that they stay exact.
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
