"""What the analysis of a checkpoint reads: attempts, the results that count, and how their tests ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, Subquery, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from tito.course.results import Divergence
from tito.course.verdicts import Verdict
from tito.gradebook.models import (
    CurrentGrader,
    GradedAs,
    GraderTest,
    Intake,
    OutcomeRow,
    OutcomeText,
    ResultRow,
    Section,
    Student,
    Submission,
)
from tito.gradebook.newest import is_current, is_one_of, newest_attempts

Sections = frozenset[str] | None
"""The sections whose students are looked at; None for everybody."""


@dataclass(frozen=True, slots=True)
class Who:
    """A student and the attempt of theirs that counts."""

    student: str
    name: str
    submission: int


class Outcome(NamedTuple):
    """What is needed of an outcome; points are thousandths."""

    result: int
    test: str
    verdict: Verdict
    earned: int
    possible: int
    seconds: float


class Counted(NamedTuple):
    """A student's newest attempt with a result under the current graders, and the result before it."""

    who: Who
    result: int
    before: int | None


def among(sections: Sections) -> tuple[ColumnElement[bool], ...]:
    """What holds for the active students of some sections."""
    if sections is None:
        return (Student.active.is_(True),)
    return (Student.active.is_(True), Student.section_id.in_(select(Section.id).where(Section.name.in_(sections))))


class Try(NamedTuple):
    """One attempt with the points of its newest result, in thousandths (None: not graded)."""

    number: int
    received_at: datetime
    earned: int | None
    possible: int | None


def tries(session: Session, checkpoint: int, sections: Sections) -> Mapping[int, Sequence[Try]]:
    """The accepted attempts of each student, in their order, with their newest result whatever graders made it."""
    newest = (
        select(func.max(ResultRow.id).label("result"))
        .join(Submission, Submission.id == ResultRow.submission_id)
        .where(Submission.checkpoint == checkpoint)
        .group_by(ResultRow.submission_id)
    )
    query = (
        select(
            Submission.student_id,
            Submission.attempt,
            Submission.received_at,
            type_coerce(ResultRow.earned, BigInteger),
            type_coerce(ResultRow.possible, BigInteger),
        )
        .join(Student, Student.id == Submission.student_id)
        .outerjoin(ResultRow, (ResultRow.submission_id == Submission.id) & ResultRow.id.in_(newest))
        .where(Submission.checkpoint == checkpoint, Submission.attempt.is_not(None), *among(sections))
        .order_by(Submission.attempt)
    )
    tries: dict[int, list[Try]] = defaultdict(list)
    for student, number, received_at, earned, possible in session.execute(query):
        assert number is not None  # the query leaves out what was refused
        tries[student].append(Try(number, received_at, earned, possible))
    return tries


def counted(checkpoint: int, sections: Sections) -> Select[str, str, int, int, int | None]:
    """The attempts that count and have a result under the current graders, with the result before that one."""
    newest = newest_attempts(Submission.checkpoint == checkpoint)
    older = ResultRow.__table__.alias("older")
    before = (
        select(func.max(older.c.id))
        .where(older.c.submission_id == ResultRow.submission_id, older.c.id < ResultRow.id)
        .scalar_subquery()
    )
    return (
        select(Student.student_id, Student.name, Submission.id, ResultRow.id.label("result"), before.label("before"))
        .join(Submission, Submission.student_id == Student.id)
        .join(newest, is_one_of(newest))
        .join(CurrentGrader, CurrentGrader.checkpoint == Submission.checkpoint)
        .join(ResultRow, is_current())
        .where(Submission.checkpoint == checkpoint, *among(sections))
        .order_by(Student.name, Student.student_id)
    )


def outcomes(session: Session, chosen: Subquery, result: ColumnElement[int]) -> list[Outcome]:
    """The outcomes of the mode that counts, in the order in which the graders list their tests."""
    query = (
        select(
            OutcomeRow.result_id,
            GraderTest.test,
            OutcomeRow.verdict,
            type_coerce(OutcomeRow.earned, BigInteger),
            type_coerce(OutcomeRow.possible, BigInteger),
            OutcomeRow.seconds,
        )
        .join(chosen, result == OutcomeRow.result_id)
        .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .where(OutcomeRow.mode == ResultRow.counts)
        .order_by(OutcomeRow.position)
    )
    return [Outcome(*row) for row in session.connection().execute(query)]


class Plate(NamedTuple):
    """What there is to say of a test whatever its end."""

    title: str
    public: bool
    cell: str


def plates(session: Session, checkpoint: int) -> Mapping[str, Plate]:
    """The tests of the current graders by name."""
    query = (
        select(GraderTest.test, GraderTest.title, GraderTest.public, GraderTest.cell)
        .join(CurrentGrader, CurrentGrader.grader_version_id == GraderTest.grader_version_id)
        .where(CurrentGrader.checkpoint == checkpoint)
        .order_by(GraderTest.id)
    )
    rows = session.connection().execute(query)
    return {test: Plate(title, public, cell) for test, title, public, cell in rows}


def divergences(session: Session, chosen: Subquery) -> list[tuple[int, str, str]]:
    """For each outcome with a wrong gradient: its result, the test's title, and in words what goes wrong first."""
    query = (
        select(OutcomeRow.result_id, GraderTest.title, OutcomeText.texts)
        .join(chosen, chosen.c.result == OutcomeRow.result_id)
        .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .join(
            OutcomeText,
            (OutcomeText.result_id == OutcomeRow.result_id) & (OutcomeText.position == OutcomeRow.position),
        )
        # As text: PostgreSQL looks into no JSON that holds a null character, and what programs print may be in it.
        .where(OutcomeRow.mode == ResultRow.counts, cast(OutcomeText.texts, String).contains('"diverged"'))
        .order_by(OutcomeRow.position)
    )
    found = []
    for result, title, texts in session.connection().execute(query):
        if told := texts.get("diverged"):  # a program may print the word too
            found.append((result, title, Divergence(told["operation"], told.get("fault", ""), told.get("of", "")).said))
    return found


class End(NamedTuple):
    """How a test ended in the isolated run of a submission whose content was handed in more than once."""

    digest: str
    grader_version: int
    test: str
    verdict: Verdict
    submission: int


def repeated(session: Session, checkpoint: int, sections: Sections) -> list[End]:
    """The ends of tests in submissions with the same content as another one.

    The cumulative run is left out: it uses what the student handed in for other checkpoints.
    """
    here = (Submission.checkpoint == checkpoint, Submission.status == Intake.ACCEPTED)
    twice = select(Submission.digest).where(*here).group_by(Submission.digest).having(func.count() > 1)
    query = (
        select(Submission.digest, ResultRow.grader_version_id, GraderTest.test, OutcomeRow.verdict, Submission.id)
        .join(Student, Student.id == Submission.student_id)
        .join(ResultRow, ResultRow.submission_id == Submission.id)
        .join(OutcomeRow, OutcomeRow.result_id == ResultRow.id)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .where(*here, *among(sections), Submission.digest.in_(twice), OutcomeRow.mode == GradedAs.ISOLATED)
        .order_by(OutcomeRow.position, Submission.id)
    )
    return [End(*row) for row in session.connection().execute(query)]
