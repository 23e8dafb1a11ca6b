"""Regrade requests: a student asks, both sides talk, staff change or decline, a student withdraws."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tito.gradebook.models import (
    GraderTest,
    OutcomeRow,
    RequestStatus,
    Student,
    Submission,
    WrittenQuestion,
)
from tito.gradebook.services import requests
from tito.gradebook.threads import RequestLine
from tito.hub.pages.asked import BadRequest, Submitted, decimal_of, whole
from tito.hub.pages.stale import require_fresh
from tito.hub.pages.viewer import Forbidden
from tito.hub.pages.views.requests import allowed_request


def ask(sent: Submitted) -> str:
    """Open a request about a test or a written answer of the student's own submission. Raises TitoError."""
    number = whole(sent.place["submission"], "submission", least=1)
    submission = sent.work.session.scalar(
        select(Submission)
        .join(Student, Student.id == Submission.student_id)
        .where(Submission.id == number, Student.student_id == sent.viewer.name)
    )
    if submission is None:
        raise Forbidden("this submission is not yours to ask about", expected="one of your own submissions")
    about = _about(sent.work.session, submission, sent.text("about"))
    opened = requests.open_request(sent.work, submission_id=number, about=about, reason=sent.text("reason"))
    return f"Your request has number {opened}. You find it below, and under Regrade requests."


def message(sent: Submitted) -> str:
    """Add a message of either side. Raises TitoError."""
    line = _request(sent)
    requests.add_message(sent.work, line.number, sent.text("text"))
    return "Your message was added."


def change(sent: Submitted) -> str:
    """Close as changed: with a score by hand, with points for the answer, or with neither. Raises TitoError."""
    line = _to_decide(sent)
    score, points = _number(sent, "score"), _number(sent, "points")
    requests.change(sent.work, line.number, answer=sent.text("answer"), score=score, points=points)
    if score is None and points is None:
        return f"Request {line.number} is closed as changed. The change itself was made elsewhere."
    return f"Request {line.number} is closed and the grade changed. The student sees it from the next publication on."


def decline(sent: Submitted) -> str:
    """Close as declined. Raises TitoError."""
    line = _to_decide(sent)
    requests.decide(sent.work, line.number, status=RequestStatus.DECLINED, answer=sent.text("answer"))
    return f"Request {line.number} is declined."


def withdraw(sent: Submitted) -> str:
    """Close one's own request. Raises TitoError."""
    line = _request(sent)
    said = sent.text("answer") or "Withdrawn."
    requests.decide(sent.work, line.number, status=RequestStatus.WITHDRAWN, answer=said)
    return f"Request {line.number} is withdrawn."


def _request(sent: Submitted) -> RequestLine:
    return allowed_request(sent.work.session, sent.viewer, sent.place["request"])


def _to_decide(sent: Submitted) -> RequestLine:
    """The request, when nobody changed its student's record since the form was made. Raises Stale."""
    line = _request(sent)
    requests.hold(sent.work, line.number)
    require_fresh(sent, line.row)
    return line


def _number(sent: Submitted, name: str) -> Decimal | None:
    typed = sent.text(name)
    return decimal_of(typed, f"{name} such as 7.5, or nothing") if typed else None


def _about(session: Session, submission: Submission, choice: str) -> str:
    """What a choice of the form means. A test is named by its place: a student's page has no names of hidden ones."""
    kind, _, number = choice.partition("-")
    found: str | None = None
    if kind == "test":
        grade = requests.published_grade(session, submission)
        found = session.scalar(
            select(GraderTest.test)
            .join(OutcomeRow, OutcomeRow.grader_test_id == GraderTest.id)
            .where(
                OutcomeRow.result_id == (None if grade is None else grade.result_id),
                OutcomeRow.position == whole(number, "about"),
            )
        )
    elif kind == "question":
        question = session.get(WrittenQuestion, whole(number, "about", least=1))
        if question is not None and question.checkpoint == submission.checkpoint:
            found = f"{question.module}/{question.grade_id}"
    if found is None:
        raise BadRequest("choose what should be looked at again", expected="a test or an answer of this attempt")
    return found
