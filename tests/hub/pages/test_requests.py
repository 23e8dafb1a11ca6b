"""Regrade requests: a student asks, both sides talk, staff decide, and nobody else reads it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import event

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Answer, Browser, Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.models import RequestStatus
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import add_message, decide, open_request
from tito.gradebook.services.written import Question, record_answers, register_questions, score_answer
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import requests

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
GRADER_OF_A = Viewer(Role.GRADER, "gus", frozenset({"A"}))
GRADER_OF_B = Viewer(Role.GRADER, "bea", frozenset({"B"}))
ANA, BEN = Viewer(Role.STUDENT, "ana"), Viewer(Role.STUDENT, "ben")
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) **really**"


@pytest.fixture
def submission(gradebook: Gradebook, course: Course) -> int:
    """Ana's, published: a hidden test that lost points, a public one, and a written answer."""
    samples.graders(gradebook)
    handed_in = samples.hand_in(gradebook)
    samples.grade(
        gradebook,
        handed_in,
        samples.outcome("test_secret", "1", "4"),
        samples.outcome("test_open", "0", "2", public=True),
        samples.outcome("test_secret", "1", "4", mode="cumulative"),
    )
    assert handed_in.id is not None
    with gradebook.begin("instructor:ira") as work:
        register_questions(work, CHECKPOINTS[1], [Question("01_tensor", "reflect-1", "Why *so*?", Decimal(10))])
        record_answers(work, handed_in.id, {("01_tensor", "reflect-1"): "Because <script>alert(3)</script>"})
        publish(work, course, CHECKPOINTS[1])
    return handed_in.id


@pytest.fixture
def request_(gradebook: Gradebook, submission: int) -> str:
    """The page of a request about the hidden test."""
    with gradebook.begin("student:ana") as work:
        return f"/requests/{open_request(work, submission_id=submission, about='test_secret', reason=HOSTILE)}"


def ask(browser: Browser, submission: int, about: str = "test-0", reason: str = "It is right") -> Answer:
    page = f"/submissions/{submission}"
    return browser.post(f"{page}/ask", {"_xsrf": browser.get(page).xsrf, "about": about, "reason": reason})


def test_a_student_asks_on_the_page_of_the_attempt(enter: Enter, submission: int) -> None:
    browser = enter(ANA)
    shown = ask(browser, submission)
    assert (shown.status, shown.url.endswith(f"/submissions/{submission}")) == (200, True)
    assert "Your request has number 1" in shown.text
    assert '<a href="/requests/1">Request 1</a>' in shown.text
    assert ask(browser, submission, "question-1").status == 200
    lines = browser.json("/requests")["lines"]
    assert [(one["number"], one["title"], one["waits_for"]) for one in lines] == [
        (1, "The title of test_secret", "staff"),
        (2, "Written answer: Why *so*?", "staff"),
    ]
    assert [one["number"] for one in browser.json("/students/ana")["requests"]] == [1, 2]
    assert 'href="/requests/2"' in browser.get("/students/ana").text
    staff = enter(INSTRUCTOR).json("/requests")["lines"]
    assert [one["test"] for one in staff] == ["test_secret", "01_tensor/reflect-1"]


def test_what_lost_points_comes_first_among_what_can_be_asked(enter: Enter, gradebook: Gradebook) -> None:
    again = samples.hand_in(gradebook, content="again")
    outcomes = [samples.outcome("test_right"), samples.outcome("test_wrong", "1", "4"), samples.outcome("test_more")]
    samples.graders(gradebook)
    samples.grade(gradebook, again, *outcomes)
    with gradebook.begin("instructor:ira") as work:
        register_questions(work, CHECKPOINTS[1], [Question("01_tensor", "reflect-1", "### Why?\n\nSay.", Decimal(10))])
        publish(work, samples.course(), CHECKPOINTS[1])
    choices = enter(ANA).json(f"/submissions/{again.id}")["asking"]["choices"]
    assert [(one["value"], one["title"]) for one in choices] == [
        ("test-1", "The title of test_wrong (1 of 4 points)"),
        ("test-0", "The title of test_right (4 of 4 points)"),
        ("test-2", "The title of test_more (4 of 4 points)"),
        ("question-1", "Written answer: Why?"),
    ]


def test_a_hidden_tests_name_reaches_no_student(enter: Enter, submission: int) -> None:
    browser = enter(ANA)
    ask(browser, submission, reason="first")
    for path in ("/requests", "/requests/1", f"/submissions/{submission}", "/students/ana"):
        assert "test_secret" not in browser.get(path).text.replace("The title of test_secret", "")
        assert "test_secret" not in browser.get(path, "application/json").text.replace("The title of test_secret", "")
    again = ask(browser, submission, reason="twice <b>")
    assert again.status == 422
    assert "request number 1 already asks about this" in again.text
    assert ">twice &lt;b&gt;</textarea>" in again.text
    assert "test_secret" not in again.text.replace("The title of test_secret", "")


@pytest.mark.parametrize(
    ("about", "reason", "said"),
    [
        ("test-77", "why", "choose what should be looked at"),
        ("question-99", "why", "choose what should be looked at"),
        ("test_secret", "why", "choose what should be looked at"),
        ("test-x", "why", "a whole number"),
        ("", "why", "choose what should be looked at"),
        ("test-0", " ", "say in words"),
        ("test-0", "x" * 4001, "too long"),
    ],
)
def test_a_request_that_is_refused_keeps_what_was_typed(
    enter: Enter, submission: int, about: str, reason: str, said: str
) -> None:
    browser = enter(ANA)
    refused = ask(browser, submission, about, reason)
    assert refused.status == 422
    assert said in refused.text
    assert f">{reason.strip()}</textarea>" in refused.text
    assert browser.json("/requests")["lines"] == []


def test_nobody_asks_about_what_is_not_published_or_not_theirs(
    enter: Enter, gradebook: Gradebook, submission: int
) -> None:
    newer = samples.hand_in(gradebook, content="two")
    samples.grade(gradebook, newer, samples.outcome("test_secret", "1"))
    browser = enter(ANA)
    assert "Ask for another look" not in browser.get(f"/submissions/{newer.id}").text
    sent = {"_xsrf": browser.xsrf, "about": "question-1", "reason": "why"}
    assert "not the one that your published grade" in browser.post(f"/submissions/{newer.id}/ask", sent).text
    others = enter(BEN)
    others.get("/students/ben")
    sent["_xsrf"] = others.xsrf
    mine, none = (others.post(f"/submissions/{number}/ask", sent) for number in (submission, 999))
    assert (mine.status, none.status) == (403, 403)
    assert mine.text.replace(f"/{submission}/", "/N/") == none.text.replace("/999/", "/N/")
    assert enter(INSTRUCTOR).json("/requests")["lines"] == []


def test_who_reads_a_thread(enter: Enter, request_: str) -> None:
    assert enter(ANA).get(request_).status == 200
    assert enter(GRADER_OF_A).get(request_).status == 200
    assert enter(GRADER_OF_B).get(request_).status == 403
    assert enter(GRADER_OF_B).json("/requests")["lines"] == []
    others = enter(BEN)
    assert others.json("/requests")["lines"] == []
    there, nowhere = others.get(request_), others.get("/requests/999")
    assert (there.status, nowhere.status) == (403, 403)
    assert there.text == nowhere.text
    assert enter(INSTRUCTOR).get("/requests/999").status == 404
    assert enter(INSTRUCTOR).get("/requests/none").status == 400


def test_requests_go_on_on_the_next_page(
    enter: Enter, submission: int, request_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(enter(ANA), submission, "question-1")
    monkeypatch.setattr(requests, "PAGE", 1)
    browser = enter(INSTRUCTOR)
    assert 'href="/requests?status=open&amp;page=2"' in browser.get("/requests?status=open").text
    last = browser.json("/requests?status=open&page=99")
    assert (last["page"], last["pages"], len(last["lines"])) == (2, 2, 1)


def test_what_people_write_is_markdown_and_runs_nothing(enter: Enter, request_: str, submission: int) -> None:
    ask(enter(ANA), submission, "question-1", HOSTILE)
    for viewer in (ANA, INSTRUCTOR):
        browser = enter(viewer)
        for path in (request_, "/requests/2"):
            text = browser.get(path).text
            assert "<strong>really</strong>" in text
            assert "<script>alert" not in text
            assert 'href="javascript' not in text
    assert "Because &lt;script&gt;" in enter(INSTRUCTOR).get("/requests/2").text


def test_both_sides_see_the_thread(enter: Enter, request_: str) -> None:
    staff, student = enter(GRADER_OF_A), enter(ANA)
    staff.send(request_, f"{request_}/message", text="Which line?")
    assert student.json(request_)["line"]["waits_for"] == "student"
    student.send(request_, f"{request_}/message", text="Line 3")
    messages = staff.json(request_)["messages"]
    assert [(one["by"], one["staff"], one["text"]) for one in messages] == [
        ("student:ana", False, HOSTILE),
        ("grader:gus", True, "Which line?"),
        ("student:ana", False, "Line 3"),
    ]
    assert student.json(request_)["messages"] == messages
    empty = student.send(request_, f"{request_}/message", text=" ")
    assert (empty.status, "say in words" in empty.text) == (422, True)


def test_a_score_by_hand_closes_it(enter: Enter, request_: str) -> None:
    browser = enter(GRADER_OF_A)
    done = browser.send(request_, f"{request_}/change", answer="You are right.", score="88.5")
    assert done.status == 200
    assert "The student sees it from the next publication on" in done.text
    data = browser.json(request_)
    assert (data["line"]["status"], data["score"], data["messages"][-1]["text"]) == (
        "changed",
        "88.5",
        "You are right.",
    )
    own = enter(ANA).json(request_)
    assert (own["score"], own["published"]) == (None, data["published"])
    assert "Say something" not in browser.get(request_).text


def test_points_for_the_answer_close_it(enter: Enter, submission: int, gradebook: Gradebook) -> None:
    ask(enter(ANA), submission, "question-1")
    browser = enter(INSTRUCTOR)
    refused = browser.send("/requests/1", "/requests/1/change", answer="Clear.", points="11")
    assert (refused.status, "points from 0 to 10" in refused.text, ">Clear.</textarea>" in refused.text) == (
        422,
        True,
        True,
    )
    finer = browser.send("/requests/1", "/requests/1/change", answer="Clear.", points="8.1234")
    assert (finer.status, "at most three decimals" in finer.text, ">Clear.</textarea>" in finer.text) == (
        422,
        True,
        True,
    )
    assert browser.send("/requests/1", "/requests/1/change", answer="Clear.", points="8,5").status == 200
    assert browser.json("/requests/1")["answer"]["earned"] == "8.5"
    assert enter(ANA).json("/requests/1")["answer"]["earned"] is None


def test_points_are_not_asked_for_where_they_count_for_nothing(
    enter: Enter, submission: int, gradebook: Gradebook
) -> None:
    ask(enter(ANA), submission, "question-1")
    browser = enter(INSTRUCTOR)
    link = f'href="/written/1/{submission}"'
    before = browser.get("/requests/1").text
    assert (browser.json("/requests/1")["answer"]["gradable"], link in before, 'name="points"' in before) == (
        True,
        True,
        True,
    )
    newer = samples.hand_in(gradebook, content="two")
    after = browser.get("/requests/1").text
    assert (browser.json("/requests/1")["answer"]["gradable"], link in after, 'name="points"' in after) == (
        False,
        False,
        False,
    )
    refused = browser.send("/requests/1", "/requests/1/change", answer="Clear.", points="9")
    assert (refused.status, "attempt 1 was replaced" in refused.text) == (422, True)
    assert browser.json("/requests/1")["line"]["status"] == "open"
    assert newer.attempt == 2


def test_points_for_a_question_that_is_asked_no_longer_are_refused(
    enter: Enter, submission: int, gradebook: Gradebook
) -> None:
    ask(enter(ANA), submission, "question-1")
    with gradebook.begin("system:release") as work:
        register_questions(work, CHECKPOINTS[1], [])
    browser = enter(INSTRUCTOR)
    shown = browser.get("/requests/1")
    assert ("Where it is graded" in shown.text, 'name="points"' in shown.text) == (False, False)
    refused = browser.send("/requests/1", "/requests/1/change", answer="Clear.", points="9")
    assert (refused.status, "asked no longer: its points" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("form", "fields", "said"),
    [
        ("change", {"answer": "why", "score": "lots"}, "is no number"),
        ("change", {"answer": "why", "score": "101"}, "from 0 to 100"),
        ("change", {"answer": "why", "points": "1"}, "about a test"),
        ("change", {"answer": "", "score": "50"}, "say in words"),
        ("decline", {"answer": " "}, "say in words"),
    ],
)
def test_a_decision_that_is_refused_changes_nothing(
    enter: Enter, request_: str, form: str, fields: dict[str, str], said: str
) -> None:
    browser = enter(INSTRUCTOR)
    before = browser.json(request_)
    refused = browser.send(request_, f"{request_}/{form}", **fields)
    assert (refused.status, said in refused.text) == (422, True)
    assert browser.json(request_) == before


def test_declined_is_final(enter: Enter, request_: str) -> None:
    student = enter(ANA)
    opened = student.get(request_)
    assert enter(GRADER_OF_A).send(request_, f"{request_}/decline", answer="The task says float32.").status == 200
    late = student.post(f"{request_}/message", {"_xsrf": opened.xsrf, "text": "But look"})
    assert (late.status, "was declined by grader:gus meanwhile" in late.text) == (422, True)
    assert student.json(request_)["line"]["status"] == "declined"
    assert student.json("/requests?status=open")["lines"] == []
    assert student.json("/requests?status=declined")["count"] == 1


def test_a_student_withdraws_and_decides_nothing_else(enter: Enter, request_: str) -> None:
    browser = enter(ANA)
    sent = {"_xsrf": browser.get(request_).xsrf, "seen": "99", "answer": "mine", "score": "100"}
    assert browser.post(f"{request_}/change", sent).status == 403
    assert browser.post(f"{request_}/decline", sent).status == 403
    others = enter(BEN)
    others.get("/students/ben")
    for form in ("message", "withdraw"):
        assert others.post(f"{request_}/{form}", {"_xsrf": others.xsrf, "text": "me too"}).status == 403
    assert browser.send(request_, f"{request_}/withdraw").status == 200
    assert browser.json(request_)["line"]["status"] == "withdrawn"


def test_a_grader_of_another_section_decides_nothing(enter: Enter, request_: str) -> None:
    browser = enter(GRADER_OF_B)
    browser.get("/students/ben")
    sent = {"_xsrf": browser.xsrf, "seen": "99", "answer": "mine", "score": "100", "text": "x"}
    for form in ("message", "change", "decline"):
        assert browser.post(f"{request_}/{form}", sent).status == 403
    assert enter(INSTRUCTOR).json(request_)["line"]["status"] == "open"


def test_who_looks_as_a_student_says_nothing(enter: Enter, request_: str, submission: int) -> None:
    browser = enter(Viewer(Role.STUDENT, "ana", looks_only=True))
    assert "Say something" not in browser.get(request_).text
    assert "Ask for another look" not in browser.get(f"/submissions/{submission}").text
    assert browser.post(f"{request_}/message", {"_xsrf": browser.xsrf, "text": "x"}).status == 403


def test_a_decision_that_was_overtaken_shows_both_and_asks(
    enter: Enter, gradebook: Gradebook, clock: Clock, request_: str
) -> None:
    browser = enter(INSTRUCTOR)
    opened = browser.get(request_)
    clock.forward(minutes=5)
    with gradebook.begin("grader:gus") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(60), reason="from the exam")
    sent = {"_xsrf": opened.xsrf, "seen": opened.seen, "answer": "You are right.", "score": "90"}
    asked = browser.post(f"{request_}/change", sent)
    assert asked.status == 409
    assert "from the exam" in asked.text
    assert "You are right." in asked.text
    assert browser.json(request_)["score"] == "60"
    assert browser.post(f"{request_}/change", sent | {"seen": asked.seen}).status == 200
    assert browser.json(request_)["score"] == "90"


def test_a_written_score_is_not_shown_before_its_time(enter: Enter, gradebook: Gradebook, submission: int) -> None:
    ask(enter(ANA), submission, "question-1")
    with gradebook.begin("grader:gus") as work:
        score_answer(work, submission_id=submission, question_id=1, earned=Decimal("7.25"))
    assert "7.25" not in enter(ANA).get("/requests/1").text
    assert "It has 7.25 of 10 points" in enter(INSTRUCTOR).get("/requests/1").text


@pytest.mark.parametrize("requests", [1, 130])
def test_queries_do_not_grow(enter: Enter, gradebook: Gradebook, submission: int, requests: int) -> None:
    with gradebook.begin("student:ana") as work:
        for _ in range(requests):
            number = open_request(work, submission_id=submission, about="test_open", reason="why")
            if number < requests:
                decide(work, number, status=RequestStatus.WITHDRAWN, answer="no")
    browser = enter(INSTRUCTOR)
    sent: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    data = browser.json("/requests")
    assert (len(data["lines"]), data["count"], data["counts"]["open"]) == (min(100, requests), requests, 1)
    assert data["lines"][0]["status"] == "open"
    assert len([text for text in sent if text.startswith("SELECT")]) == 4


def test_my_checkpoints_say_which_request_waits_for_a_reply(enter: Enter, gradebook: Gradebook, request_: str) -> None:
    browser = enter(ANA)
    number = int(request_.rpartition("/")[2])

    def replies() -> list[dict[str, int]]:
        found: list[dict[str, int]] = browser.json("/my")["replies"]
        return found

    def say(actor: str, text: str) -> None:
        with gradebook.begin(actor) as work:
            add_message(work, number, text)

    assert replies() == []
    assert "waits for your reply" not in browser.get("/my").text
    say("grader:gus", HOSTILE)
    assert replies() == [{"request": number, "checkpoint": 1}]
    page = browser.get("/my").text
    assert f'<a href="{request_}">Request {number}</a> about 01 foundation waits for your reply' in page
    assert enter(BEN).json("/my")["replies"] == []
    say("student:ana", "The third line")
    assert replies() == []
    say("grader:gus", "I see")
    with gradebook.begin("grader:gus") as work:
        decide(work, number, status=RequestStatus.DECLINED, answer="It is as it should be")
    assert replies() == []
