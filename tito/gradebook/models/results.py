"""What grading said: grader versions, results (submission x grader version), outcomes of tests, faults of
ours.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tito.course.verdicts import Verdict
from tito.gradebook.models.base import Actor, Base, Digest, LongText, ShortText, choice
from tito.gradebook.models.submissions import Submission


class GradedAs(str, Enum):
    """The two ways in which a checkpoint is graded (see `tito.course.results.Mode`)."""

    ISOLATED = "isolated"
    CUMULATIVE = "cumulative"


class GraderVersion(Base):
    """The graders of one checkpoint as they were: whatever changes a grade changes the digest."""

    __tablename__ = "grader_versions"
    __table_args__ = (UniqueConstraint("checkpoint", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    digest: Mapped[Digest]
    note: Mapped[LongText] = mapped_column(default="")
    registered_at: Mapped[datetime]
    registered_by: Mapped[Actor]


class CurrentGrader(Base):
    """Which version grades new submissions: a pointer, so that going back to an older one is one row."""

    __tablename__ = "current_graders"

    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"), primary_key=True, autoincrement=False)
    grader_version_id: Mapped[int] = mapped_column(ForeignKey("grader_versions.id"))


class GraderTest(Base):
    """The name plate of a test in one grader version: kept once, not in each of a million outcomes."""

    __tablename__ = "grader_tests"
    __table_args__ = (UniqueConstraint("grader_version_id", "test", "title", "public", "cell"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    grader_version_id: Mapped[int] = mapped_column(ForeignKey("grader_versions.id"))
    test: Mapped[ShortText]
    title: Mapped[str] = mapped_column(String(500))
    public: Mapped[bool]
    # The notebook cell it belongs to; empty for none, because NULLs would not collide in the unique
    # constraint.
    cell: Mapped[ShortText] = mapped_column(default="")


class ResultRow(Base):
    """All outcomes of one submission under one grader version. Triggers refuse change: regrading adds, never
    replaces.

    Grading twice is therefore harmless: the second writer finds the row and goes away.
    """

    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("submission_id", "grader_version_id"),
        CheckConstraint("earned >= 0 AND earned <= possible", name="earned_within"),
        Index("ix_results_grader_version_id", "grader_version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    grader_version_id: Mapped[int] = mapped_column(ForeignKey("grader_versions.id"))
    # Sums over the outcomes of the counted mode, so that a page of grades need not read outcomes.
    earned: Mapped[Decimal]
    possible: Mapped[Decimal]
    counts: Mapped[GradedAs] = mapped_column(choice(GradedAs, "counts"))
    # Of the receipt; the digests of submission and graders are on their own rows.
    receipt: Mapped[dict[str, Any]]
    tier: Mapped[str] = mapped_column(String(32))
    seconds: Mapped[float]
    notes: Mapped[list[str]]
    extra: Mapped[dict[str, Any]]
    graded_at: Mapped[datetime]
    graded_by: Mapped[Actor]

    submission: Mapped[Submission] = relationship(lazy="raise_on_sql")
    grader_version: Mapped[GraderVersion] = relationship(lazy="raise_on_sql")


class OutcomeRow(Base):
    """The end of one test in one mode. Narrow on purpose: analysis reads these by the hundred thousand."""

    __tablename__ = "outcomes"
    __table_args__ = (
        CheckConstraint("earned >= 0 AND earned <= possible", name="earned_within"),
        # "Which verdicts did this test end in, over the class?"
        Index("ix_outcomes_grader_test_id", "grader_test_id", "mode", "verdict"),
    )

    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), primary_key=True, autoincrement=False)
    # The order in which the graders list their tests.
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    grader_test_id: Mapped[int] = mapped_column(ForeignKey("grader_tests.id"))
    mode: Mapped[GradedAs] = mapped_column(choice(GradedAs, "mode"))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict, "verdict"))
    possible: Mapped[Decimal]
    earned: Mapped[Decimal]
    # The number of the checkpoint that caused a failure which only the cumulative run has.
    inherited_from: Mapped[int | None]
    seconds: Mapped[float]


class OutcomeText(Base):
    """What there is to read about an outcome (hint, difference, traceback, output). Only where
    there is any.
    """

    __tablename__ = "outcome_texts"

    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Text of the student's program among it: data, to be escaped wherever it is shown.
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)


class GradingFault(Base):
    """A try at grading that failed by our own fault. Never a score; the submission stays to be graded."""

    __tablename__ = "grading_faults"
    __table_args__ = (Index("ix_grading_faults_submission_id", "submission_id", "grader_version_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    grader_version_id: Mapped[int] = mapped_column(ForeignKey("grader_versions.id"))
    at: Mapped[datetime]
    by: Mapped[Actor]
    detail: Mapped[LongText]


class GradingClaim(Base):
    """A lane's promise to grade a submission until a moment. It saves double work; uniqueness of results
    saves grades.

    It expires by itself, so a lane that was killed holds nobody up. Work in progress, not history: rows are
    deleted.
    """

    __tablename__ = "grading_claims"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True, autoincrement=False)
    grader_version_id: Mapped[int] = mapped_column(
        ForeignKey("grader_versions.id"), primary_key=True, autoincrement=False
    )
    holder: Mapped[Actor]
    expires_at: Mapped[datetime]
