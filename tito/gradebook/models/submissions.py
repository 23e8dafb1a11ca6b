"""What was handed in: immutable, numbered attempts, and intakes that were refused."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tito.gradebook.models.base import Base, Digest, LongText, ShortText, choice
from tito.gradebook.models.people import CheckpointRow, Student


class Intake(str, Enum):
    """What became of a hand-in at the door."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Submission(Base):
    """One hand-in of one student for one checkpoint. Triggers refuse UPDATE and DELETE: a receipt
    stays true.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("student_id", "checkpoint", "attempt"),
        # A repeat after a lost answer carries the same digest and key, and finds the first attempt instead of
        # making
        # another. NULL keys cannot occur, because NULLs never collide in a unique constraint.
        UniqueConstraint("student_id", "checkpoint", "digest", "idempotency_key"),
        # Only accepted hand-ins are attempts: a refusal must not use up a number that policy counts.
        CheckConstraint("(status = 'accepted') = (attempt IS NOT NULL)", name="attempt_if_accepted"),
        CheckConstraint("attempt >= 1", name="attempt_from_one"),
        CheckConstraint("late_seconds >= 0", name="late_not_negative"),
        CheckConstraint("size >= 0", name="size_not_negative"),
        # The matrix and `to_grade` look for accepted attempts of one checkpoint.
        Index("ix_submissions_checkpoint_status", "checkpoint", "status"),
        # The latest hand-ins, for the hub's front page.
        Index("ix_submissions_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    # Assigned inside the transaction, and what orders attempts: the clock may jump back, this number cannot.
    attempt: Mapped[int | None]
    # The server's clock; nothing that the student sends counts.
    received_at: Mapped[datetime]
    digest: Mapped[Digest]
    idempotency_key: Mapped[str] = mapped_column(String(100))
    status: Mapped[Intake] = mapped_column(choice(Intake, "status"))
    # Why it was refused, or what was odd about it; shown to the student.
    message: Mapped[LongText] = mapped_column(default="")
    # The deadline that applied at that moment, extension included, and by how much it was missed: what the
    # receipt says.
    # A later extension changes the score, not this record.
    due_at: Mapped[datetime | None]
    late_seconds: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    # File name -> digest; the bytes are in the content-addressed store.
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[ShortText] = mapped_column(default="")

    student: Mapped[Student] = relationship(lazy="raise_on_sql")
    checkpoint_row: Mapped[CheckpointRow] = relationship(lazy="raise_on_sql")


class StrayIntake(Base):
    """A hand-in that fits no student or no checkpoint: recorded, so that nobody's work vanishes without a
    trace.
    """

    __tablename__ = "stray_intakes"
    __table_args__ = (
        # Collecting the same folder twice must not double the list.
        UniqueConstraint("claimed_student", "claimed_checkpoint", "digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # As it came, capped: hostile text that was never checked.
    claimed_student: Mapped[ShortText]
    claimed_checkpoint: Mapped[ShortText]
    digest: Mapped[Digest]
    received_at: Mapped[datetime]
    message: Mapped[LongText]
    source: Mapped[ShortText] = mapped_column(default="")
