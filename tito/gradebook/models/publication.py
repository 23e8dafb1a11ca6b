"""What students see: publications, the grades that each one gave, and the pointer to the grade that
holds now.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base, LongText, choice


class PublicationKind(str, Enum):
    """Forwards or back."""

    PUBLISH = "publish"
    ROLL_BACK = "roll back"


class Publication(Base):
    """One act of publishing grades of one checkpoint, or of taking one back."""

    __tablename__ = "publications"
    __table_args__ = (
        CheckConstraint("(kind = 'roll back') = (undoes IS NOT NULL)", name="undoes_if_roll_back"),
        # Taking the same publication back twice would restore a state that was never there.
        UniqueConstraint("undoes"),
        Index("ix_publications_checkpoint", "checkpoint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    kind: Mapped[PublicationKind] = mapped_column(choice(PublicationKind, "kind"))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("publications.id"))
    # Whether nobody could lose by it (see `tito.course.scoring.regraded`).
    never_lowers: Mapped[bool] = mapped_column(default=False)
    note: Mapped[LongText] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[Actor]


class PublishedGrade(Base):
    """A grade as it was published. Never changed: a new publication adds a row that replaces it.

    The score is kept and not computed anew, because a changed policy or a new late day must not change a
    published
    grade before somebody has looked at the preview.
    """

    __tablename__ = "published_grades"
    __table_args__ = (
        UniqueConstraint("publication_id", "student_id"),
        Index("ix_published_grades_student_id", "student_id", "checkpoint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    # Both empty where an override gives a score without a hand-in.
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    result_id: Mapped[int | None] = mapped_column(ForeignKey("results.id"))
    # Automatic points that counted. They may be above the result's own, where a regrade must not lower
    # anyone.
    earned: Mapped[Decimal]
    possible: Mapped[Decimal]
    score: Mapped[Fraction]
    # What written answers, not graded yet, could still add.
    pending: Mapped[Fraction]
    replaces: Mapped[int | None] = mapped_column(ForeignKey("published_grades.id"))


class Published(Base):
    """The pointer to the grade that a student sees. Publishing moves it forwards, rolling back
    moves it back.
    """

    __tablename__ = "published"

    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), primary_key=True, autoincrement=False)
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"), primary_key=True, autoincrement=False)
    grade_id: Mapped[int] = mapped_column(ForeignKey("published_grades.id"), unique=True)
