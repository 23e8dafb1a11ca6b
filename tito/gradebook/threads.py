"""Regrade requests as pages read them: lists, one thread, and what it is about. Each a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVarTuple

from sqlalchemy import Select, bindparam, case, func, select, tuple_
from sqlalchemy.orm import Session

from tito.gradebook.errors import GradebookError
from tito.gradebook.models import (
    GraderTest,
    GraderVersion,
    RegradeMessage,
    RegradeRequest,
    RequestStatus,
    Section,
    Student,
    Submission,
    WrittenQuestion,
)

Row = TypeVarTuple("Row")


class RequestLine(NamedTuple):
    """A request with where it belongs. `row` is the student's row id, `newest_by` the actor of the newest message."""

    number: int
    status: RequestStatus
    about: str
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    submission: int
    checkpoint: int
    attempt: int | None
    row: int
    student_id: str
    name: str
    section: str | None
    messages: int
    newest_by: str

    @property
    def waits_for(self) -> Literal["", "staff", "student"]:
        """Who speaks next while it is open: the side that did not write the newest message."""
        if self.status is not RequestStatus.OPEN:
            return ""
        return "staff" if self.newest_by.startswith("student:") else "student"


class Which(NamedTuple):
    """Filters of a list; None lets everything through. `sections` are those that a grader sees."""

    student_id: str | None = None
    submission: int | None = None
    section: str | None = None
    sections: Collection[str] | None = None
    status: RequestStatus | None = None


def request_lines(session: Session, which: Which, *, limit: int | None = None, offset: int = 0) -> list[RequestLine]:
    """Return the requests that fit: open ones first, the longest waiting on top, then the newest. One query."""
    given = _given(which)
    query = _waiting_first(frozenset(given)).limit(limit).offset(offset)
    return [RequestLine(*line) for line in session.execute(query, given)]


def count_requests(session: Session, which: Which) -> dict[RequestStatus, int]:
    """Return how many requests fit, by status. One query."""
    given = _given(which)
    query = _joined(select(RegradeRequest.status, func.count(RegradeRequest.id)))
    lines = session.execute(_filtered(query, given).group_by(RegradeRequest.status), given)
    return {status: count for status, count in lines}  # noqa: C416 (rows are no pairs to the type checker)


def find_request(session: Session, number: int) -> RequestLine:
    """Return one request. Raises GradebookError when there is none of that number."""
    found = session.execute(_lines().where(RegradeRequest.id == number)).one_or_none()
    if found is None:
        raise GradebookError(f"there is no request number {number}")
    return RequestLine(*found)


def thread(session: Session, number: int) -> list[RegradeMessage]:
    """Return what was said about a request, oldest first. One query."""
    query = select(RegradeMessage).where(RegradeMessage.request_id == number).order_by(RegradeMessage.id)
    return list(session.scalars(query))


def titles_of_tests(session: Session, lines: Iterable[RequestLine]) -> dict[tuple[int, str], tuple[str, bool]]:
    """Return title and publicity of the tests that requests are about, by checkpoint and name. One query.

    They are of the newest graders that have the test. A question is in none of them.
    """
    wanted = {(line.checkpoint, line.about) for line in lines if "/" not in line.about}
    if not wanted:
        return {}
    query = (
        select(GraderVersion.checkpoint, GraderTest.test, GraderTest.title, GraderTest.public)
        .join(GraderVersion, GraderVersion.id == GraderTest.grader_version_id)
        .where(tuple_(GraderVersion.checkpoint, GraderTest.test).in_(wanted))
        .order_by(GraderTest.id)
    )
    return {(number, test): (title, public) for number, test, title, public in session.execute(query)}


def questions_of(session: Session, lines: Iterable[RequestLine]) -> dict[tuple[int, str], WrittenQuestion]:
    """Return the written questions that requests are about, by checkpoint and `module/cell`. One query, or none."""
    wanted = {(line.checkpoint, *line.about.split("/", 1)) for line in lines if "/" in line.about}
    if not wanted:
        return {}
    place = tuple_(WrittenQuestion.checkpoint, WrittenQuestion.module, WrittenQuestion.grade_id)
    found = session.scalars(select(WrittenQuestion).where(place.in_(wanted)))
    return {(one.checkpoint, f"{one.module}/{one.grade_id}"): one for one in found}


def _lines() -> Select[*tuple[Any, ...]]:
    newest = (
        select(RegradeMessage.by)
        .where(RegradeMessage.request_id == RegradeRequest.id)
        .order_by(RegradeMessage.id.desc())
        .limit(1)
        .correlate(RegradeRequest)
        .scalar_subquery()
    )
    count = (
        select(func.count(RegradeMessage.id))
        .where(RegradeMessage.request_id == RegradeRequest.id)
        .correlate(RegradeRequest)
        .scalar_subquery()
    )
    return _joined(
        select(
            RegradeRequest.id,
            RegradeRequest.status,
            RegradeRequest.about,
            RegradeRequest.opened_at,
            RegradeRequest.decided_at,
            RegradeRequest.decided_by,
            Submission.id,
            Submission.checkpoint,
            Submission.attempt,
            Student.id,
            Student.student_id,
            Student.name,
            Section.name,
            count,
            newest,
        )
    )


def _joined(query: Select[*Row]) -> Select[*Row]:
    return (
        query.join(Submission, Submission.id == RegradeRequest.submission_id)
        .join(Student, Student.id == Submission.student_id)
        .outerjoin(Section, Section.id == Student.section_id)
    )


def _given(which: Which) -> dict[str, Any]:
    """The values of the filters that are set, by their names."""
    return {name: value for name, value in which._asdict().items() if value is not None}


@cache
def _waiting_first(filters: frozenset[str]) -> Select[*tuple[Any, ...]]:
    waiting = RegradeRequest.status == RequestStatus.OPEN
    return _filtered(_lines(), filters).order_by(
        case((waiting, 0), else_=1), case((waiting, RegradeRequest.id), else_=-RegradeRequest.id)
    )


def _filtered(query: Select[*Row], filters: Collection[str]) -> Select[*Row]:
    fitting = {
        "student_id": Student.student_id == bindparam("student_id"),
        "submission": Submission.id == bindparam("submission"),
        "section": Section.name == bindparam("section"),
        "sections": Section.name.in_(bindparam("sections", expanding=True)),
        "status": RegradeRequest.status == bindparam("status"),
    }
    return query.where(*(condition for name, condition in fitting.items() if name in filters))
