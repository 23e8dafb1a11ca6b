"""What students see: publications, the entries that each changed, and the pointer to what is
published now.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base, LongText, choice


class PublicationKind(str, Enum):
    """Forwards or back."""

    PUBLISH = "publish"
    ROLL_BACK = "roll back"


class Publication(Base):
    """One act of publishing grades of one checkpoint."""

    __tablename__ = "publications"
    __table_args__ = (
        CheckConstraint("(kind = 'roll back') = (undoes IS NOT NULL)", name="undoes_if_roll_back"),
        # Taking the same publication back twice would restore a state that was never there.
        Index("uq_publications_undoes", "undoes", unique=True),
        Index("ix_publications_checkpoint", "checkpoint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    kind: Mapped[PublicationKind] = mapped_column(choice(PublicationKind, "kind"))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("publications.id"))
    nobody_drops: Mapped[bool] = mapped_column(default=False)
    note: Mapped[LongText] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[Actor]


class PublicationEntry(Base):
    """What one publication changed for one student: where the pointer was, and where it went. Makes rolling
    back exact.
    """

    __tablename__ = "publication_entries"

    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publications.id"), primary_key=True, autoincrement=False
    )
    student_id: Mapped[int] = mapped_column(
        ForeignKey("students.id"), primary_key=True, autoincrement=False, index=True
    )
    before_submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    before_result_id: Mapped[int | None] = mapped_column(ForeignKey("results.id"))
    before_score: Mapped[Decimal | None]
    before_published_at: Mapped[datetime | None]
    after_submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    after_result_id: Mapped[int | None] = mapped_column(ForeignKey("results.id"))
    after_score: Mapped[Decimal | None]


class Published(Base):
    """The grade that a student sees: a pointer to a submission and a result, and the score as it was computed
    then.

    The score is kept and not computed anew, because a changed policy or a new late day must not change a
    published
    grade before somebody looked at the preview.
    """

    __tablename__ = "published"

    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), primary_key=True, autoincrement=False)
    checkpoint: Mapped[int] = mapped_column(
        ForeignKey("checkpoints.number"), primary_key=True, autoincrement=False
    )
    # Neither is set where an override gives points without a hand-in.
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    result_id: Mapped[int | None] = mapped_column(ForeignKey("results.id"), index=True)
    score: Mapped[Decimal]
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"))
    published_at: Mapped[datetime]
