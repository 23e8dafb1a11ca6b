"""Regrade requests: a student's own work, one open case per subject, a thread that stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.gradebook.samples import hand_in
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, RegradeMessage, RegradeRequest, RequestStatus
from tito.gradebook.services.requests import MESSAGE_CAP, add_message, decide, open_request


def ask(gradebook: Gradebook, submission: int, reason: str = "It is right", actor: str = "student:ana") -> int:
    with gradebook.begin(actor) as work:
        return open_request(work, submission_id=submission, about="test_sum", reason=reason)


def say(gradebook: Gradebook, number: int, text: str = "Look at line 3", actor: str = "student:ana") -> None:
    with gradebook.begin(actor) as work:
        add_message(work, number, text)


def close(
    gradebook: Gradebook, number: int, status: RequestStatus, answer: str = "Because", actor: str = "grader:tim"
) -> None:
    with gradebook.begin(actor) as work:
        decide(work, number, status=status, answer=answer)


@pytest.fixture
def submission(gradebook: Gradebook) -> int:
    said = hand_in(gradebook)
    assert said.id is not None
    return said.id


def test_a_request_is_a_thread_that_both_sides_see(gradebook: Gradebook, submission: int) -> None:
    number = ask(gradebook, submission)
    say(gradebook, number, "Which line?", "grader:tim")
    say(gradebook, number)
    close(gradebook, number, RequestStatus.CHANGED, "You are right.")
    with gradebook.read() as session:
        thread = session.execute(select(RegradeMessage.by, RegradeMessage.text).order_by(RegradeMessage.id)).all()
        request = session.scalars(select(RegradeRequest)).one()
        actions = session.scalars(
            select(AuditEvent.action).where(AuditEvent.action.startswith("request.")).order_by(AuditEvent.id)
        ).all()
    assert [tuple(line) for line in thread] == [
        ("student:ana", "It is right"),
        ("grader:tim", "Which line?"),
        ("student:ana", "Look at line 3"),
        ("grader:tim", "You are right."),
    ]
    assert (request.status, request.decided_by) == (RequestStatus.CHANGED, "grader:tim")
    assert actions == ["request.open", "request.message", "request.message", "request.changed"]


def test_a_second_click_opens_no_second_case(gradebook: Gradebook, submission: int) -> None:
    number = ask(gradebook, submission)
    with pytest.raises(GradebookError, match=f"request number {number} already asks"):
        ask(gradebook, submission)
    close(gradebook, number, RequestStatus.DECLINED)
    assert ask(gradebook, submission) != number


def test_a_student_sees_and_asks_about_their_own_work_only(gradebook: Gradebook, submission: int) -> None:
    with pytest.raises(GradebookError) as not_theirs:
        ask(gradebook, submission, actor="student:ben")
    with pytest.raises(GradebookError) as not_there:
        ask(gradebook, 999, actor="student:ben")
    assert not_theirs.value.what.replace(str(submission), "N") == not_there.value.what.replace("999", "N")
    number = ask(gradebook, submission)
    with pytest.raises(GradebookError, match="no request number"):
        say(gradebook, number, actor="student:ben")


def test_a_decision_is_final_and_staffs_alone(gradebook: Gradebook, submission: int) -> None:
    number = ask(gradebook, submission)
    with pytest.raises(GradebookError, match="only staff decide"):
        close(gradebook, number, RequestStatus.CHANGED, actor="student:ana")
    close(gradebook, number, RequestStatus.WITHDRAWN, actor="student:ana")
    with pytest.raises(GradebookError, match="was withdrawn by student:ana meanwhile"):
        close(gradebook, number, RequestStatus.DECLINED)
    with pytest.raises(GradebookError, match="meanwhile"):
        say(gradebook, number)


@pytest.mark.parametrize("text", ["", "  ", "\x00", "x" * (MESSAGE_CAP + 1)])
def test_a_message_says_something_and_not_too_much(gradebook: Gradebook, submission: int, text: str) -> None:
    with pytest.raises(GradebookError):
        ask(gradebook, submission, text)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a\x00b\ud800", "\u202eevil", "=1+1"])
def test_hostile_text_is_stored_as_data(gradebook: Gradebook, submission: int, text: str) -> None:
    ask(gradebook, submission, text)
    with gradebook.read() as session:
        (kept,) = session.scalars(select(RegradeMessage.text)).all()
    assert kept == text.replace("\x00", "").replace("\ud800", "\\ud800")
