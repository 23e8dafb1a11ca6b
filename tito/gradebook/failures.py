"""The students whose attempt that counts did not pass one test, under the current graders, in the mode that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import cache
from typing import Any, Final, NamedTuple, TypeVarTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from tito.course.verdicts import Verdict
from tito.gradebook.endings import Plate
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import CurrentGrader, GraderTest, OutcomeRow, ResultRow, Section, Student, Submission
from tito.gradebook.newest import is_current, is_one_of, newest_attempts

Row = TypeVarTuple("Row")


class Failure(NamedTuple):
    """A student who did not pass, and the attempt that shows it."""

    student: str
    name: str
    section: str | None
    submission: int
    attempt: int
    verdict: Verdict


class Where(NamedTuple):
    """One test of a checkpoint, over the students of some sections (None: over everybody)."""

    checkpoint: int
    test: str
    sections: Collection[str] | None


def plate(session: Session, checkpoint: int, test: str) -> Plate:
    """Return what the current graders say of a test. One query. Raises GradebookError where they have none of it."""
    found = session.execute(_PLATE, {"checkpoint": checkpoint, "test": test}).first()
    if found is None:
        raise GradebookError(
            f"the current graders of checkpoint {checkpoint:02} have no test {test[:80]!r}",
            next_step="The checkpoint's page lists those that they have; changed graders may call it otherwise.",
        )
    return Plate(*found)


def ends(session: Session, where: Where) -> Counter[Verdict]:
    """Return how the test ended for how many students, those who passed among them. One query."""
    given = _given(where)
    return Counter(dict(session.execute(_ends("sections" in given), given).all()))


def failures(session: Session, where: Where) -> list[Failure]:
    """Return those who did not pass, by name. One query."""
    given = _given(where)
    return [Failure(*row) for row in session.execute(_failures("sections" in given), given)]


def _given(where: Where) -> dict[str, Any]:
    given: dict[str, Any] = {"checkpoint": where.checkpoint, "test": where.test}
    return given if where.sections is None else given | {"sections": sorted(where.sections)}


_PLATE: Final = (
    select(GraderTest.title, GraderTest.public, GraderTest.cell)
    .join(CurrentGrader, CurrentGrader.grader_version_id == GraderTest.grader_version_id)
    .where(CurrentGrader.checkpoint == bindparam("checkpoint"), GraderTest.test == bindparam("test"))
    .order_by(GraderTest.id.desc())
    .limit(1)
)


@cache
def _ends(of_sections: bool) -> Select[Verdict, int]:
    query = select(OutcomeRow.verdict, func.count()).select_from(Student)
    return _of_one_test(query, of_sections).group_by(OutcomeRow.verdict)


@cache
def _failures(of_sections: bool) -> Select[*tuple[Any, ...]]:
    query = select(
        Student.student_id, Student.name, Section.name, Submission.id, Submission.attempt, OutcomeRow.verdict
    ).select_from(Student)
    return (
        _of_one_test(query, of_sections)
        .where(OutcomeRow.verdict != Verdict.PASSED)
        .order_by(Student.name, Student.student_id)
    )


def _of_one_test(query: Select[*Row], of_sections: bool) -> Select[*Row]:
    of_it = Submission.checkpoint == bindparam("checkpoint")
    newest = newest_attempts(of_it)
    query = (
        query.outerjoin(Section, Section.id == Student.section_id)
        .join(Submission, Submission.student_id == Student.id)
        .join(newest, is_one_of(newest))
        .join(CurrentGrader, CurrentGrader.checkpoint == Submission.checkpoint)
        .join(ResultRow, is_current())
        .join(OutcomeRow, (OutcomeRow.result_id == ResultRow.id) & (OutcomeRow.mode == ResultRow.counts))
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .where(Student.active.is_(True), GraderTest.test == bindparam("test"), of_it)
    )
    return query.where(Section.name.in_(bindparam("sections", expanding=True))) if of_sections else query
