"""Written answers: questions, rubric items, reusable comments, scores with their history, claims."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base, Digest, LongText, ShortText, choice


class Reading(str, Enum):
    """Whether a score counts, or was given blind to see how far two readers agree."""

    COUNTED = "counted"
    SECOND = "second"


class WrittenQuestion(Base):
    """A question that a person grades, by the grade_id of its notebook cell."""

    __tablename__ = "written_questions"
    __table_args__ = (
        UniqueConstraint("checkpoint", "module", "grade_id"),
        CheckConstraint("possible >= 0", name="possible_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    # The notebook's slug: a checkpoint may have several notebooks with a `reflect-1` each.
    module: Mapped[str] = mapped_column(String(64))
    grade_id: Mapped[str] = mapped_column(String(100))
    prompt: Mapped[LongText] = mapped_column(default="")
    possible: Mapped[Decimal]
    # A question that left the notebook keeps its scores but asks for no more.
    retired: Mapped[bool] = mapped_column(default=False)


class RubricItem(Base):
    """One band or criterion of a question's rubric."""

    __tablename__ = "rubric_items"
    __table_args__ = (UniqueConstraint("question_id", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("written_questions.id"))
    position: Mapped[int]
    label: Mapped[ShortText]
    description: Mapped[LongText] = mapped_column(default="")
    lowest: Mapped[Decimal]
    highest: Mapped[Decimal]
    retired: Mapped[bool] = mapped_column(default=False)


class SavedComment(Base):
    """A comment to use again. Scores keep their own copy of its text: editing it later changes no old
    feedback.
    """

    __tablename__ = "saved_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("written_questions.id"), index=True)
    text: Mapped[LongText]
    created_by: Mapped[Actor]
    created_at: Mapped[datetime]
    retired: Mapped[bool] = mapped_column(default=False)


class WrittenAnswer(Base):
    """What a student wrote, taken from the notebook once, so that a page of a hundred answers opens
    no file.
    """

    __tablename__ = "written_answers"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(
        ForeignKey("written_questions.id"), primary_key=True, autoincrement=False, index=True
    )
    # The same digest in a later attempt means that its score can be carried over.
    digest: Mapped[Digest]
    # Student's text, capped: data, to be sanitised wherever it is shown.
    text: Mapped[LongText]


class WrittenScore(Base):
    """A person's score of one answer. A change adds a revision; the highest one of the counted reading
    counts.
    """

    __tablename__ = "written_scores"
    __table_args__ = (
        UniqueConstraint("submission_id", "question_id", "reading", "revision"),
        CheckConstraint("earned >= 0", name="earned_not_negative"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index("ix_written_scores_question_id", "question_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("written_questions.id"))
    reading: Mapped[Reading] = mapped_column(choice(Reading, "reading"))
    revision: Mapped[int]
    earned: Mapped[Decimal]
    comment: Mapped[LongText] = mapped_column(default="")
    # The earlier attempt's score that this one repeats, because the answer is the same.
    carried_from: Mapped[int | None] = mapped_column(ForeignKey("written_scores.id"))
    graded_by: Mapped[Actor]
    graded_at: Mapped[datetime]


class WrittenScoreItem(Base):
    """Which rubric items a score ticks."""

    __tablename__ = "written_score_items"

    score_id: Mapped[int] = mapped_column(ForeignKey("written_scores.id"), primary_key=True, autoincrement=False)
    rubric_item_id: Mapped[int] = mapped_column(ForeignKey("rubric_items.id"), primary_key=True, autoincrement=False)


class WrittenScoreComment(Base):
    """Which saved comments a score used, to count how often each is needed."""

    __tablename__ = "written_score_comments"

    score_id: Mapped[int] = mapped_column(ForeignKey("written_scores.id"), primary_key=True, autoincrement=False)
    saved_comment_id: Mapped[int] = mapped_column(
        ForeignKey("saved_comments.id"), primary_key=True, autoincrement=False
    )


class WrittenClaim(Base):
    """An answer that a TA has open, so that no other grades it at the same time. Expires; rows are
    deleted.
    """

    __tablename__ = "written_claims"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(ForeignKey("written_questions.id"), primary_key=True, autoincrement=False)
    holder: Mapped[Actor]
    expires_at: Mapped[datetime]
