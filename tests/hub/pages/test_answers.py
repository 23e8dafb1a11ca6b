"""Written answers on a student's own pages: points and comments once published, and a second look that is blind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Browser, Enter
from tito.course.config import Course
from tito.course.policies import WrittenPolicy
from tito.gradebook import Gradebook
from tito.gradebook.models import Reading
from tito.gradebook.services.publication import publish, roll_back
from tito.gradebook.services.written import Question, record_answers, register_questions, score_answer
from tito.hub.pages.viewer import Role, Viewer

IRA = Viewer(Role.INSTRUCTOR, "ira")
ANA = Viewer(Role.STUDENT, "ana")
TEXT = "It is **shared** <script>alert(1)</script>."


@pytest.fixture
def course() -> Course:
    """Everything is read twice."""
    return replace(samples.course(), written=WrittenPolicy(second_percent=Decimal(100)))


@pytest.fixture
def asked(gradebook: Gradebook) -> Gradebook:
    """Ana's submission 1 is graded, with an answer to each of two questions that nobody has scored."""
    samples.graders(gradebook)
    names = ("reflect-1", "reflect-2")
    with gradebook.begin("system:release") as work:
        questions = [Question("01_tensor", name, f"### Why {name}?", Decimal(10), ()) for name in names]
        register_questions(work, samples.FOUNDATION, questions)
    handed = samples.hand_in(gradebook)
    assert handed.id is not None
    with gradebook.begin("system:grade") as work:
        record_answers(work, handed.id, {("01_tensor", name): TEXT for name in names})
    samples.grade(gradebook, handed)
    return gradebook


def score(
    book: Gradebook,
    question: int,
    earned: str,
    comment: str,
    by: str = "grader:uma",
    reading: Reading = Reading.COUNTED,
) -> None:
    with book.begin(by) as work:
        score_answer(
            work, submission_id=1, question_id=question, earned=Decimal(earned), comment=comment, reading=reading
        )


def published(book: Gradebook, course: Course) -> int | None:
    with book.begin("instructor:ira") as work:
        return publish(work, course, samples.FOUNDATION)[0]


def points(browser: Browser) -> list[Any]:
    """What the submission's page and the student's record say; they must say the same."""
    shown = [one["score"] and one["score"]["earned"] for one in browser.json("/submissions/1")["answers"]]
    step = browser.json("/students/ana")["steps"][1]
    assert [one["score"] and one["score"]["earned"] for one in step["answers"]] == shown
    return shown


def test_a_student_reads_points_and_comments_once_they_are_published(
    enter: Enter, asked: Gradebook, course: Course, clock: Clock
) -> None:
    browser = enter(ANA)
    published(asked, course)  # the automatic part, with the written one still to come
    score(asked, 1, "8.25", "Say *which* axis. <script>alert(1)</script>")
    clock.forward(minutes=1)
    assert points(browser) == [None, None]
    assert "Say " not in browser.get("/submissions/1").text
    score(asked, 2, "5", "")
    assert points(browser) == [None, None]
    clock.forward(minutes=1)
    published(asked, course)
    assert points(browser) == ["8.25", "5"]
    page = browser.get("/submissions/1").text
    assert "Say <em>which</em> axis. &lt;script&gt;" in page
    assert "It is <strong>shared</strong> &lt;script&gt;" in page
    assert "uma" not in page
    assert "uma" not in browser.get("/submissions/1?format=json").text
    clock.forward(minutes=1)
    score(asked, 1, "9", "better than I thought", by="grader:tim")
    assert points(browser) == ["8.25", "5"]
    assert "better than" not in browser.get("/submissions/1").text


def test_what_was_taken_back_is_shown_no_more(enter: Enter, asked: Gradebook, course: Course, clock: Clock) -> None:
    for question in (1, 2):
        score(asked, question, "8", "fine")
    clock.forward(minutes=1)
    number = published(asked, course)
    assert number is not None
    browser = enter(ANA)
    assert points(browser) == ["8", "8"]
    with asked.begin("instructor:ira") as work:
        roll_back(work, number, reason="too early")
    assert points(browser) == [None, None]


def test_staff_read_them_at_once_with_who_gave_them(enter: Enter, asked: Gradebook) -> None:
    score(asked, 1, "8.25", "fine", by=IRA.actor)
    browser = enter(IRA)
    assert points(browser) == ["8.25", None]
    page = browser.get("/submissions/1").text
    assert "Comment by ira (instructor)" in page
    assert "not scored yet" in page
    assert 'href="/written/2/1"' in page
    assert "<strong>8.25</strong> of 10" in browser.get("/students/ana").text


def test_who_may_be_the_second_reader_is_told_of_no_points_unless_they_ask(enter: Enter, asked: Gradebook) -> None:
    score(asked, 1, "8.25", "a fine answer")
    browser = enter(IRA)
    for path in ("/submissions/1", "/students/ana", "/written/1/1", "/written/1"):
        for text in (browser.get(path).text, str(browser.json(path))):
            assert "8.25" not in text, path
            assert "a fine answer" not in text, path
    assert browser.json("/submissions/1")["answers"][0]["held"]
    uma = enter(Viewer(Role.GRADER, "uma")).get("/students/ana").text
    assert "earned 8.25" in uma
    assert "a fine answer" in uma
    page = browser.get("/written/1/1")
    assert "Read it a second time" in page.text
    read = browser.post("/written/1/1/claim", {"_xsrf": page.xsrf, "reading": "second"})
    assert read.url.endswith("/written/1/1/second")
    assert "8.25" not in browser.get("/written/1/1").text  # having it open is no reason to be told
    assert "8.25" in browser.get("/written/1/1?show=score").text
    changed = browser.post("/written/1/1/claim", {"_xsrf": page.xsrf, "reading": "counted"})
    assert changed.url.endswith("/written/1/1?show=score")
    assert 'value="8.25"' in changed.text


def test_both_readings_stand_beside_each_other_with_their_comments(enter: Enter, asked: Gradebook) -> None:
    score(asked, 1, "8.25", "a fine answer")
    score(asked, 1, "6.5", "it lacks *why*", by="grader:tim", reading=Reading.SECOND)
    browser = enter(IRA)
    for path in ("/submissions/1", "/written/1/1"):
        page = browser.get(path).text
        assert "8.25" in page, path
        assert "<strong>6.5</strong> by tim (grader)" in page, path
        assert "it lacks <em>why</em>" in page, path


def test_a_student_is_told_nothing_of_a_second_reading(
    enter: Enter, asked: Gradebook, course: Course, clock: Clock
) -> None:
    for question in (1, 2):
        score(asked, question, "8.25", "fine")
    score(asked, 1, "6.5", "it lacks why", by="grader:tim", reading=Reading.SECOND)
    clock.forward(minutes=1)
    published(asked, course)
    text = enter(ANA).get("/submissions/1?format=json").text
    assert "8.25" in text
    assert "6.5" not in text
    assert "it lacks why" not in text
