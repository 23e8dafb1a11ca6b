"""Exceptions that people make for one student: overrides, extensions, late days. Append-only; the newest row
counts.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base, LongText


class Override(Base):
    """A score set by hand in place of the computed one; a row without a score takes the override back."""

    __tablename__ = "overrides"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("score >= 0", name="score_not_negative"),
        Index("ix_overrides_student_id_checkpoint", "student_id", "checkpoint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    # In percent of the checkpoint, as scores are everywhere.
    score: Mapped[Decimal | None]
    reason: Mapped[LongText]
    by: Mapped[Actor]
    at: Mapped[datetime]


class Extension(Base):
    """A later deadline for one student and checkpoint; a row without a date takes the extension back."""

    __tablename__ = "extensions"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_reason"),
        Index("ix_extensions_student_id_checkpoint", "student_id", "checkpoint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    until: Mapped[datetime | None]
    reason: Mapped[LongText]
    by: Mapped[Actor]
    at: Mapped[datetime]


class LateDays(Base):
    """A change to a student's budget of free late days, on top of the policy's. What is used up follows from
    hand-ins.
    """

    __tablename__ = "late_days"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_reason"),
        Index("ix_late_days_student_id", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    days: Mapped[int]
    reason: Mapped[LongText]
    by: Mapped[Actor]
    at: Mapped[datetime]
