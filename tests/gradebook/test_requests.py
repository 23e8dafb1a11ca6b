"""Regrade requests: a student's own work, one open case per subject, a thread that stays."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.gradebook.samples import FOUNDATION, course, grade, graders, hand_in, outcome
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, Override, RegradeMessage, RegradeRequest, RequestStatus, WrittenQuestion
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import MESSAGE_CAP, add_message, change, decide, open_request
from tito.gradebook.services.written import Question, newest_score, record_answers, register_questions


def ask(gradebook: Gradebook, submission: int, reason: str = "It is right", actor: str = "student:ana") -> int:
    with gradebook.begin(actor) as work:
        return open_request(work, submission_id=submission, about="test_sum", reason=reason)


def ask_about(gradebook: Gradebook, submission: int, about: str, actor: str = "student:ana") -> int:
    with gradebook.begin(actor) as work:
        return open_request(work, submission_id=submission, about=about, reason="It is right")


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
    """Ana's, graded and published, with a written question in each of two notebooks."""
    graders(gradebook)
    said = hand_in(gradebook)
    assert said.id is not None
    grade(gradebook, said, outcome("test_sum", "1"))
    asked = [Question(module, "reflect-1", "Why?", Decimal(10)) for module in ("01_tensor", "02_more")]
    with gradebook.begin("instructor:ira") as work:
        register_questions(work, FOUNDATION, asked)
        record_answers(work, said.id, {("02_more", "reflect-1"): "Because"})
        publish(work, course(), FOUNDATION)
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
    with pytest.raises(GradebookError, match=f"request number {number} already asks about this"):
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


@pytest.mark.parametrize("about", ["test_none", "", "02_more/reflect-9", "test_sum/", "/", "x" * 5000])
def test_it_is_about_something_that_there_is(gradebook: Gradebook, submission: int, about: str) -> None:
    with pytest.raises(GradebookError, match="no such test or question"):
        ask_about(gradebook, submission, about)


def test_only_what_is_published_is_asked_about(gradebook: Gradebook, submission: int) -> None:
    newer = hand_in(gradebook, content="two")
    assert newer.id is not None
    grade(gradebook, newer, outcome("test_sum", "1"))
    with pytest.raises(GradebookError, match="not the one that your published grade comes from"):
        ask(gradebook, newer.id)
    with gradebook.begin("instructor:ira") as work:
        publish(work, course(), FOUNDATION)
    ask(gradebook, newer.id)
    with pytest.raises(GradebookError, match="not the one that your published grade comes from"):
        ask(gradebook, submission)


def test_a_change_comes_with_the_decision(gradebook: Gradebook, submission: int) -> None:
    number = ask(gradebook, submission)
    with gradebook.begin("grader:tim") as work:
        change(work, number, answer="The test was too strict", score=Decimal(90))
    with gradebook.read() as session:
        made = session.scalars(select(Override)).one()
        assert session.get_one(RegradeRequest, number).status is RequestStatus.CHANGED
    assert (made.score, made.reason, made.by) == (90, "The test was too strict", "grader:tim")


def test_points_go_to_the_question_of_that_notebook(gradebook: Gradebook, submission: int) -> None:
    number = ask_about(gradebook, submission, "02_more/reflect-1")
    with gradebook.begin("grader:tim") as work:
        change(work, number, answer="Clear enough", points=Decimal(8))
    with gradebook.read() as session:
        ids = {row.module: row.id for row in session.scalars(select(WrittenQuestion))}
        score = newest_score(session, submission, ids["02_more"])
        assert newest_score(session, submission, ids["01_tensor"]) is None
    assert score is not None
    assert (score.earned, score.comment) == (8, "Clear enough")


@pytest.mark.parametrize(
    ("about", "numbers", "said"),
    [
        ("test_sum", {"score": Decimal(101)}, "cannot be set"),
        ("test_sum", {"points": Decimal(1)}, "about a test"),
        ("02_more/reflect-1", {"points": Decimal(11)}, "cannot be given"),
        ("02_more/reflect-1", {"points": Decimal(1), "score": Decimal(1)}, "one change at a time"),
    ],
)
def test_a_change_that_cannot_be_leaves_the_request_open(
    gradebook: Gradebook, submission: int, about: str, numbers: dict[str, Decimal], said: str
) -> None:
    number = ask_about(gradebook, submission, about)
    with pytest.raises(GradebookError, match=said), gradebook.begin("grader:tim") as work:
        change(work, number, answer="Because", **numbers)
    with gradebook.read() as session:
        assert session.get_one(RegradeRequest, number).status is RequestStatus.OPEN
        assert session.scalars(select(Override)).all() == []


def test_a_student_changes_no_grade(gradebook: Gradebook, submission: int) -> None:
    number = ask(gradebook, submission)
    with pytest.raises(GradebookError, match="only staff decide"), gradebook.begin("student:ana") as work:
        change(work, number, answer="I say so", score=Decimal(100))
    with gradebook.read() as session:
        assert session.scalars(select(Override)).all() == []
