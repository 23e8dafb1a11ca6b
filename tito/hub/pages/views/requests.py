"""Regrade requests: who waits for an answer, and the thread that both sides see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from tito.course.checkpoints import CHECKPOINTS
from tito.course.results import Outcome
from tito.gradebook.answers import asked_questions
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import RequestStatus, Section, Submission, WrittenAnswer, WrittenQuestion
from tito.gradebook.queries import extended_dues
from tito.gradebook.services.requests import find_question
from tito.gradebook.services.written import newest_score
from tito.gradebook.threads import (
    RequestLine,
    Which,
    count_requests,
    find_request,
    questions_of,
    request_lines,
    thread,
    titles_of_tests,
)
from tito.grading.reveal import put_off
from tito.hub.pages.asked import Asked, whole
from tito.hub.pages.stale import mark
from tito.hub.pages.viewer import Forbidden, Viewer
from tito.hub.pages.views.written import asks

PAGE: Final = 100
STATUSES: Final = ("", *(status.value for status in RequestStatus))


@dataclass(frozen=True, slots=True)
class Line:
    """A request in a list. `waits_for` is staff or student while it is open. Students read no hidden test's name."""

    number: int
    status: str
    waits_for: str
    title: str
    test: str
    submission: int
    checkpoint: int
    attempt: int | None
    student: str
    name: str
    section: str | None
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    messages: int


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """The requests that the viewer may see, open ones first. `counts` is by status, before the filter by status."""

    lines: tuple[Line, ...]
    counts: dict[str, int]
    count: int
    page: int
    pages: int
    status: str
    section: str
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said: Markdown that a person wrote."""

    by: str
    staff: bool
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The written answer that a request is about. Staff alone see its points, None while it has none, and give some."""

    question: int
    prompt: str
    text: str
    possible: Decimal
    earned: Decimal | None
    gradable: bool
    """Whether points for it would count: the question is still asked, and no newer attempt replaced this one."""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request. `score` is what counts now, for staff; `published` what the student sees."""

    line: Line
    messages: tuple[Message, ...]
    answer: Answer | None
    score: Fraction | None
    published: Fraction | None
    seen: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be asked about: `value` is what the form sends, and names no hidden test."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Asking:
    """The requests about one submission, and what its student can ask about now."""

    requests: tuple[Line, ...]
    choices: tuple[Choice, ...]


def overview(asked: Asked) -> RequestsPage:
    """Return the requests of the viewer's students, or a student's own. Four queries. Raises BadRequest."""
    viewer = asked.viewer
    status = asked.choice("status", STATUSES, "")
    section = asked.text("section") if viewer.staff else ""
    everybody = Which(
        student_id=None if viewer.staff else viewer.name,
        section=section or None,
        sections=viewer.sections if viewer.staff else None,
    )
    counts = {one.value: count for one, count in count_requests(asked.session, everybody).items()}
    count = counts.get(status, 0) if status else sum(counts.values())
    page, pages = asked.leaf(count, PAGE)
    which = everybody._replace(status=RequestStatus(status) if status else None)
    found = request_lines(asked.session, which, limit=PAGE, offset=(page - 1) * PAGE)
    sections: Sequence[str] = ()
    if viewer.staff:
        names = asked.session.scalars(select(Section.name).order_by(Section.name))
        sections = [name for name in names if viewer.sees_section(name)]
    return RequestsPage(shown(asked, found), counts, count, page, pages, status, section, tuple(sections))


def view(asked: Asked) -> RequestPage:
    """Return the thread of `{request}`. Raises GradebookError, BadRequest or Forbidden."""
    line = allowed_request(asked.session, asked.viewer, asked.place["request"])
    row = asked.standings.of(line.student_id)
    cell = row.cells[line.checkpoint]
    messages = tuple(
        Message(one.by, not one.by.startswith("student:"), one.at, one.text)
        for one in thread(asked.session, line.number)
    )
    (told,) = shown(asked, [line])
    return RequestPage(
        told,
        messages,
        _answer(asked.session, line, staff=asked.viewer.staff, counts=cell.submission_id == line.submission),
        cell.score.final if asked.viewer.staff and cell.score is not None else None,
        None if cell.published is None else cell.published.score,
        mark(asked.session, line.row),
    )


def allowed_request(session: Session, viewer: Viewer, place: str) -> RequestLine:
    """Return a request by its number. For students, somebody else's is as forbidden as one that is not there.

    Raises GradebookError, BadRequest or Forbidden.
    """
    number = whole(place, "request", least=1)
    try:
        line = find_request(session, number)
    except GradebookError:
        if viewer.staff:
            raise
        line = None
    if not viewer.staff and (line is None or line.student_id != viewer.name):
        raise Forbidden("this request is not yours to see", expected="one of your own requests")
    assert line is not None  # students were turned away, and for staff the error went on
    viewer.require_student(line.student_id, line.section)
    return line


def shown(asked: Asked, lines: Sequence[RequestLine]) -> tuple[Line, ...]:
    """Return requests as this viewer may read them. Three queries at most."""
    titles = titles_of_tests(asked.session, lines) | {
        about: (_question_title(question), True) for about, question in questions_of(asked.session, lines).items()
    }
    dues = {}
    if lines and not asked.viewer.staff:  # theirs are all of one student
        dues = extended_dues(asked.session, asked.course, student_id=asked.viewer.name)
    return tuple(
        Line(
            line.number,
            line.status.value,
            line.waits_for,
            _title(asked, line, titles, dues),
            line.about if asked.viewer.staff else "",
            line.submission,
            line.checkpoint,
            line.attempt,
            line.student_id,
            line.name,
            line.section,
            line.opened_at,
            line.decided_at,
            line.decided_by,
            line.messages,
        )
        for line in lines
    )


def asking(
    asked: Asked, submission: Submission, outcomes: Collection[Outcome], counts: str, *, published: bool
) -> Asking:
    """Return what was and can be asked about a submission; `outcomes` are those that the viewer sees, in order.

    `published` says whether the grade that the student sees now is of it: nothing else can be asked about.

    Tests that lost points come first.
    """
    requests = shown(asked, request_lines(asked.session, Which(submission=submission.id)))
    if asked.viewer.staff or not published:
        return Asking(requests, ())
    questions = asked_questions(asked.session, [submission.checkpoint])
    counted = [(position, one) for position, one in enumerate(outcomes) if one.mode == counts]
    tests = (
        Choice(f"test-{position}", f"{one.title} ({one.earned.normalize():f} of {one.possible.normalize():f} points)")
        for position, one in sorted(counted, key=lambda place: place[1].earned == place[1].possible)
    )
    written = (Choice(f"question-{one.id}", _question_title(one)) for one in questions)
    return Asking(requests, (*tests, *written))


def _title(
    asked: Asked,
    line: RequestLine,
    titles: Mapping[tuple[int, str], tuple[str, bool]],
    dues: Mapping[tuple[str, int], datetime],
) -> str:
    title, public = titles.get((line.checkpoint, line.about), (line.about, False))
    if asked.viewer.staff:
        return title
    assessment = asked.course.assessment(CHECKPOINTS[line.checkpoint])
    due_at = dues.get((line.student_id, line.checkpoint), assessment.due_at)
    seen = assessment.reveal.shows(public=public, now=asked.now, own_due_at=put_off(assessment, due_at))
    return title if "title" in seen else "A hidden test"


def _question_title(question: WrittenQuestion) -> str:
    return f"Written answer: {asks(question).title}"


def _answer(session: Session, line: RequestLine, *, staff: bool, counts: bool) -> Answer | None:
    submission = session.get_one(Submission, line.submission)
    question = find_question(session, submission, line.about)
    if question is None:
        return None
    text = session.scalar(
        select(WrittenAnswer.text).where(
            WrittenAnswer.submission_id == line.submission, WrittenAnswer.question_id == question.id
        )
    )
    score = newest_score(session, line.submission, question.id) if staff else None
    earned = None if score is None else score.earned
    gradable = staff and counts and not question.retired
    return Answer(question.id, question.prompt, text or "", question.possible, earned, gradable)
