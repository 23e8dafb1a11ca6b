"""Who takes the course, and what there is to hand in: sections, students, checkpoints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tito.gradebook.models.base import Base, ShortText


class Section(Base):
    """A group of students that a grader looks after."""

    __tablename__ = "sections"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[ShortText]


class Student(Base):
    """A person on the roster. Rows are never deleted: who drops the course becomes inactive and keeps their
    history.
    """

    __tablename__ = "students"
    __table_args__ = (
        UniqueConstraint("student_id"),
        # `Ana` and `ana` would share a folder on a case-insensitive file system, so only one of them can
        # exist.
        UniqueConstraint("folded_id"),
        CheckConstraint("student_id <> ''", name="has_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(String(64))
    folded_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[ShortText]
    email: Mapped[str | None] = mapped_column(String(254))
    section_id: Mapped[int | None] = mapped_column(ForeignKey("sections.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    # Shown instead of a name on a leaderboard, for those who chose one.
    pseudonym: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    section: Mapped[Section | None] = relationship(lazy="raise_on_sql")


class CheckpointRow(Base):
    """One of the 16 checkpoints, mirrored from the course so that grades keep their subject if the config
    changes.
    """

    __tablename__ = "checkpoints"
    __table_args__ = (UniqueConstraint("slug"), CheckConstraint("number >= 0", name="number"))

    # The course's own number is the key: it orders the matrix and never changes meaning.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[ShortText]
