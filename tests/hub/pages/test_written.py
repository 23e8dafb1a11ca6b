"""Grading written answers: the queue, one answer, what is anonymous, two graders, two readers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.conftest import ROOT
from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Answer, Browser, Enter, Server
from tito.course.config import Course, Paths
from tito.course.policies import WrittenPolicy
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.gradebook.services.written import (
    Band,
    Question,
    claim_answer,
    record_answers,
    register_questions,
    save_comment,
    score_answer,
)
from tito.hub.pages.asked import Asked
from tito.hub.pages.kept import Kept
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import written, written_answer

IRA = Viewer(Role.INSTRUCTOR, "ira")
TIM = Viewer(Role.GRADER, "tim")
OF_B = Viewer(Role.GRADER, "bob", frozenset({"B"}))
PROMPT = "### Question 1 · Whose memory is it?\n\nWho owns `x.T`?\n\nYOUR ANSWER HERE"
BANDS = (
    Band("9-10", "right, with the reason", Decimal(9), Decimal(10)),
    Band("7-8", "right", Decimal(7), Decimal(8)),
    Band("0-6", "not right", Decimal(0), Decimal(6)),
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """With the real notebooks, which have the model answers, and everything read twice."""
    paths = Paths(tmp_path, ROOT / "source", ROOT / "release", tmp_path, tmp_path, tmp_path)
    return replace(samples.course(), paths=paths, written=WrittenPolicy(second_percent=Decimal(100)))


@pytest.fixture
def asked(gradebook: Gradebook) -> Gradebook:
    """One question, number 1; ana's answer is submission 1, ben's submission 2."""
    with gradebook.begin("system:release") as work:
        register_questions(work, samples.FOUNDATION, [Question("01_tensor", "reflect-1", PROMPT, Decimal(10), BANDS)])
    answer(gradebook, "ana", PROMPT.replace("YOUR ANSWER HERE", "It is **shared**, by Ada."))
    answer(gradebook, "ben", "")
    return gradebook


def answer(gradebook: Gradebook, student: str, text: str, content: str = "one") -> int:
    said = samples.hand_in(gradebook, student, content=content)
    assert said.id is not None
    with gradebook.begin("system:grade") as work:
        record_answers(work, said.id, {("01_tensor", "reflect-1"): text})
    return said.id


def score(gradebook: Gradebook, submission: int, earned: str, actor: str = "grader:uma", comment: str = "") -> None:
    with gradebook.begin(actor) as work:
        score_answer(work, submission_id=submission, question_id=1, earned=Decimal(earned), comment=comment)


def take(browser: Browser, **fields: str) -> Answer:
    browser.get("/written/1")
    return browser.post("/written/1/answers/take", {"_xsrf": browser.xsrf, "reading": "counted"} | fields)


def claim(browser: Browser, submission: int) -> Answer:
    browser.get("/written/1")
    return browser.post(f"/written/1/{submission}/claim", {"_xsrf": browser.xsrf})


def give(browser: Browser, submission: int, shown: Answer, **fields: str) -> Answer:
    sent = {"_xsrf": shown.xsrf, "seen": shown.seen, "go": "next"} | fields
    return browser.post(f"/written/1/{submission}/score", sent)


def of(shown: Answer) -> int:
    """The submission whose answer is shown."""
    return int(shown.url.rpartition("/")[2])


def history(browser: Browser, student: str) -> list[dict[str, Any]]:
    return [one for one in browser.json(f"/students/{student}")["history"] if one["action"] == "answer.score"]


def test_answers_go_on_on_the_next_page(enter: Enter, asked: Gradebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "PAGE", 1)
    browser = enter(IRA)
    assert 'href="/written/1?page=2"' in browser.get("/written/1").text
    first, last = browser.json("/written/1"), browser.json("/written/1?page=99")
    assert (last["page"], last["pages"], len(last["lines"])) == (2, 2, 1)
    assert first["lines"] != last["lines"]


def test_one_after_the_other_until_none_is_left(enter: Enter, asked: Gradebook) -> None:
    browser = enter(IRA)
    first = take(browser)
    assert first.status == 200
    assert first.url.endswith(f"/written/1/{of(first)}")
    second = give(browser, of(first), first, band="1", comment="Good.")
    assert {of(first), of(second)} == {1, 2}
    assert "10 points for answer" in second.text
    done = give(browser, of(second), second, band="3", points="2")
    assert done.url.endswith("/written/1")
    assert "There is none left for you to read." in done.text
    data = browser.json("/written/1")
    assert data["progress"]["scored"] == data["progress"]["answers"] == 2
    assert data["progress"]["people"] == [["instructor:ira", 2]]
    (line,) = browser.json("/written")["lines"]
    assert (line["progress"]["scored"], line["mine"]) == (2, 2)
    whose = "ana" if of(first) == 1 else "ben"
    assert history(browser, whose)[0]["after"]["earned"] == "10"
    assert browser.json(f"/written/1/{of(second)}")["score"]["earned"] == "2"


def test_what_a_grader_sees_of_an_answer(enter: Enter, asked: Gradebook) -> None:
    data = enter(IRA).json("/written/1/1")
    assert data["answer"] == "It is **shared**, by Ada."  # without the question that stands in the same cell
    assert data["asks"]["title"] == "Question 1 · Whose memory is it?"
    assert "YOUR ANSWER" not in data["asks"]["prompt"]
    assert data["model"].startswith("**Model answer.**")
    assert "Rubric" not in data["model"]
    assert [(band["label"], band["suggests"]) for band in data["bands"]] == [("9-10", "10"), ("7-8", "8"), ("0-6", "6")]
    page = enter(IRA).get("/written/1/2").text
    assert "Nothing was written" in page


def test_without_a_notebook_there_is_no_model_answer_and_everything_else(
    enter: Enter, asked: Gradebook, course: Course
) -> None:
    with asked.begin("system:release") as work:
        questions = [Question("01_tensor", name, PROMPT, Decimal(10)) for name in ("reflect-1", "reflect-99")]
        register_questions(work, samples.FOUNDATION, questions)
    said = samples.hand_in(asked, "ana", content="more")
    assert said.id is not None
    with asked.begin("system:grade") as work:
        record_answers(work, said.id, {("01_tensor", "reflect-99"): "this too"})
    data = enter(IRA).json(f"/written/2/{said.id}")
    assert (data["answer"], data["model"], data["bands"]) == ("this too", "", [])
    assert "no model answer" in data["model_problem"]


def test_nothing_tells_whose_answer_it_is(enter: Enter, asked: Gradebook) -> None:
    browser = enter(IRA)
    for path in ("/written", "/written/1", "/written/1/1", "/written/1/1?format=json", "/written/1?format=json"):
        shown = browser.get(path).text
        assert "Lovelace" not in shown
        assert "ana" not in shown.replace("by Ada", "").split()
        assert '"ana"' not in shown
        assert "/submissions/" not in shown


def test_a_course_may_do_with_names(asked: Gradebook, course: Course) -> None:
    server = Server(replace(course, written=WrittenPolicy(anonymous=False)), asked, IRA)
    try:
        browser = server.enter()
        assert "Ana Lovelace" in browser.get("/written/1").text
        assert "Ana Lovelace" in browser.get("/written/1/1").text
    finally:
        server.close()


def test_what_students_write_runs_nothing(enter: Enter, asked: Gradebook) -> None:
    number = answer(asked, "ana", "<script>alert(1)</script> [x](javascript:alert(2)) ![p](http://e/p)", content="two")
    with asked.begin("grader:tim") as work:
        save_comment(work, question_id=1, text="<script>alert(3)</script>")
    browser = enter(IRA)
    for page in (claim(browser, number).text, browser.get("/written/1").text):
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert "<img" not in page


def test_two_graders_do_not_get_the_same_answer(enter: Enter, asked: Gradebook, clock: Clock) -> None:
    ira, tim = enter(IRA), enter(TIM)
    mine = of(take(ira))
    his = of(take(tim))
    assert mine != his
    assert "ira (instructor)" in tim.get("/written/1").text
    opened = tim.get(f"/written/1/{mine}")
    assert "ira (instructor) has this answer open until" in opened.text
    assert 'id="score"' not in opened.text
    refused = claim(tim, mine)
    assert refused.status == 422
    assert "somebody else is grading this answer" in refused.text
    forced = tim.post(f"/written/1/{mine}/score", {"_xsrf": tim.xsrf, "seen": "0", "points": "3", "comment": "kept"})
    assert forced.status == 422
    assert "instructor:ira is grading this answer" in forced.text
    assert "kept" in forced.text
    nothing = take(tim, after=str(his))
    assert of(nothing) == his  # ira has the only other one
    clock.forward(minutes=16)
    assert of(take(tim, after=str(his))) == mine


def test_an_overtaken_form_shows_both_scores_and_asks(enter: Enter, asked: Gradebook) -> None:
    browser = enter(IRA)
    shown = claim(browser, 1)
    with asked.begin("instructor:ira") as work:  # in another window
        score_answer(work, submission_id=1, question_id=1, earned=Decimal(3), comment="too short")
    stale = give(browser, 1, shown, points="9", comment="well said")
    assert stale.status == 409
    assert "omebody scored this answer since you opened the form" in stale.text
    assert "too short" in stale.text
    assert "well said" in stale.text
    assert browser.json("/written/1/1")["score"]["earned"] == "3"
    assert give(browser, 1, stale, points="9", comment="well said").status == 200
    assert browser.json("/written/1/1")["score"]["earned"] == "9"


def test_a_comment_that_came_after_the_session_ended_is_in_the_form_again(
    enter: Enter, asked: Gradebook, clock: Clock
) -> None:
    browser = enter(IRA)
    shown = take(browser)
    number = of(shown)
    typed = {"points": "7.5", "comment": "A long *comment*.", "go": "next", "seen": shown.seen, "_xsrf": "of before"}
    lost = browser.post(f"/written/1/{number}/score", typed, Origin=browser.origin)
    assert lost.status == 403
    clock.forward(minutes=20)  # the answer is reserved no longer
    again = browser.get(f"/written/1/{number}")
    assert "A long *comment*.</textarea>" in again.text
    assert 'name="points" inputmode="decimal" size="6" autocomplete="off" value="7.5"' in again.text
    assert "points for answer" in give(browser, number, again, points="7.5", comment="A long *comment*.").text
    assert browser.json(f"/written/1/{number}")["score"]["comment"] == "A long *comment*."
    assert "when you were no longer logged in" not in browser.get(f"/written/1/{number}").text


def test_scores_of_other_answers_make_no_form_stale(enter: Enter, asked: Gradebook) -> None:
    browser = enter(IRA)
    shown = claim(browser, 1)
    with asked.begin("instructor:zoe") as work:
        work.audit("late.change", student=1)
    assert give(browser, 1, shown, points="9").status == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "no points were given"),
        ({"points": "11"}, "11 points cannot be given"),
        ({"points": "-1"}, "points cannot be given"),
        ({"points": "7.0001"}, "is no number with at most three decimals"),
        ({"points": "NaN"}, "is no number"),
        ({"points": "lots"}, "is no number"),
        ({"band": "1", "points": "3"}, "3 points are not in the band 9-10"),
        ({"band": "77"}, "it has no such band"),
        ({"band": "x"}, "cannot be"),
    ],
)
def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(
    enter: Enter, asked: Gradebook, fields: dict[str, str], said: str
) -> None:
    browser = enter(IRA)
    refused = give(browser, 1, claim(browser, 1), comment="<b>mine</b>", **fields)
    assert refused.status == 422
    assert said in refused.text
    assert "&lt;b&gt;mine&lt;/b&gt;</textarea>" in refused.text
    assert browser.json("/written/1/1")["score"] is None


def test_points_find_their_band_and_a_band_its_points(enter: Enter, asked: Gradebook) -> None:
    browser = enter(IRA)
    give(browser, 1, claim(browser, 1), points="7,5")
    one = browser.json("/written/1/1")["score"]
    assert (one["earned"], one["item"]) == ("7.5", 2)
    give(browser, 1, claim(browser, 1), band="3")
    one = browser.json("/written/1/1")["score"]
    assert (one["earned"], one["item"]) == ("6", 3)


def test_comments_are_kept_used_and_withdrawn(enter: Enter, asked: Gradebook) -> None:
    browser = enter(IRA)
    give(browser, 1, claim(browser, 1), points="7", comment="Say *which* axis.", keep="on")
    (kept,) = browser.json("/written/1")["comments"]
    assert kept == {"id": kept["id"], "text": "Say *which* axis.", "used": 0}
    give(browser, 2, claim(browser, 2), points="0", comment="And who?", **{f"saved-{kept['id']}": "on"})
    assert browser.json("/written/1/2")["score"]["comment"] == "Say *which* axis.\n\nAnd who?"
    assert browser.json("/written/1")["comments"][0]["used"] == 1
    again = claim(browser, 2)
    give(browser, 2, again, points="1", comment="Say *which* axis.\n\nAnd who?", **{f"saved-{kept['id']}": "on"})
    assert browser.json("/written/1/2")["score"]["comment"] == "Say *which* axis.\n\nAnd who?"
    gone = browser.post("/written/1/comments/retire", {"_xsrf": browser.xsrf, "comment": str(kept["id"])})
    assert "no longer offered" in gone.text
    assert browser.json("/written/1")["comments"] == []
    assert browser.json("/written/1/1")["score"]["comment"] == "Say *which* axis."


def test_where_all_is_scored_the_next_question_is_one_button_away(enter: Enter, asked: Gradebook) -> None:
    others = [Question("01_tensor", f"reflect-{number}", f"### Question {number}", Decimal(10)) for number in (1, 2, 3)]
    with asked.begin("system:release") as work:
        register_questions(work, samples.FOUNDATION, [replace(others[0], prompt=PROMPT), *others[1:]])
        record_answers(work, 1, {("01_tensor", f"reflect-{number}"): "Mine." for number in (1, 2, 3)})
    browser = enter(IRA)
    score(asked, 1, "9")
    assert browser.json("/written/1")["following"] is None  # there is still an open answer here
    assert "Go on with" not in browser.get("/written/1").text
    score(asked, 2, "0")
    following = browser.json("/written/1")["following"]
    assert (following["asks"]["title"], following["progress"]["answers"]) == ("Question 2", 1)
    done = browser.get("/written/1")
    assert "Go on with Question 2 (1 open)" in done.text
    onward = browser.post(form(done, "Go on with"), {"_xsrf": done.xsrf, "reading": "counted"})
    assert onward.url.endswith("/written/2/1")
    # Round the end of the list, to what is left before.
    with asked.begin("grader:tim") as work:
        score_answer(work, submission_id=1, question_id=3, earned=Decimal(1))
    assert browser.json("/written/3")["following"]["asks"]["question"] == 2
    with asked.begin("instructor:ira") as work:  # who has it open
        score_answer(work, submission_id=1, question_id=2, earned=Decimal(1))
    assert [browser.json(f"/written/{number}")["following"] for number in (1, 2, 3)] == [None] * 3


def form(page: Answer, button: str) -> str:
    """Where the form with this button leads."""
    (found,) = (one for one in page.text.split("<form ")[1:] if button in one)
    return found.partition('action="')[2].partition('"')[0]


def test_a_second_reader_does_not_see_the_first_score(enter: Enter, asked: Gradebook) -> None:
    score(asked, 1, "8.25", comment="a fine answer")
    browser = enter(IRA)
    assert browser.json("/written/1")["second_open"] == 1
    shown = take(browser, reading="second")
    assert shown.url.endswith("/written/1/1/second")
    for text in (shown.text, browser.get("/written/1/1/second?format=json").text):
        assert "8.25" not in text
        assert "a fine answer" not in text
        assert "uma" not in text
    sent = {"_xsrf": shown.xsrf, "seen": shown.seen, "points": "6.25", "go": "next"}
    refused = browser.post("/written/1/1/second/score", sent | {"points": "12", "comment": "hm"})
    assert refused.status == 422
    assert "Second reading of answer" in refused.text
    assert "8.25" not in refused.text
    done = browser.post("/written/1/1/second/score", sent)
    assert "There is none left for you to read." in done.text
    data = browser.json("/written/1")
    assert (data["agreement"]["count"], data["agreement"]["difference"]) == (1, "2")
    assert [(one["first"], one["second"], one["second_by"]) for one in data["twice"]] == [
        ("8.25", "6.25", "instructor:ira")
    ]
    assert "points apart" in browser.get("/written").text
    assert browser.json("/written/1/1")["score"]["earned"] == "8.25"


def test_nobody_reads_their_own_twice(enter: Enter, asked: Gradebook) -> None:
    score(asked, 1, "8", actor=IRA.actor)
    browser = enter(IRA)
    assert browser.json("/written/1")["second_open"] == 0
    assert browser.get("/written/1/1/second").status == 400
    assert browser.get("/written/1/2/second").status == 400  # nobody has read it at all
    browser.get("/written/1")
    sent = {"_xsrf": browser.xsrf, "seen": "0", "points": "5"}
    assert "somebody else's" in html.unescape(browser.post("/written/1/1/second/score", sent).text)
    assert browser.json("/written/1")["agreement"]["count"] == 0


def test_an_earlier_attempt_is_shown_and_its_score_came_along(enter: Enter, asked: Gradebook) -> None:
    first = answer(asked, "ana", "It depends.", content="two")
    score(asked, first, "4", comment="on what?")
    same = answer(asked, "ana", "It depends.", content="three")
    browser = enter(IRA)
    data = browser.json(f"/written/1/{same}")
    assert (data["score"]["earned"], data["score"]["carried"]) == ("4", True)
    assert [(one["attempt"], one["same"], one["earned"]) for one in data["earlier"]] == [
        (2, True, "4"),
        (1, False, None),
    ]
    page = browser.get(f"/written/1/{same}").text
    assert "carried over" in page
    assert "the same answer" in page
    assert browser.json("/written/1")["progress"]["carried"] == 1
    other = answer(asked, "ana", "It depends on the strides.", content="four")
    page = browser.get(f"/written/1/{other}").text
    assert "on what?" in page
    assert browser.get(f"/written/1/{same}").status == 403  # no longer the newest


class TestRoles:
    """Staff alone, and of their sections."""

    @pytest.mark.parametrize(
        "path", ["/written", "/written/1", "/written/1/1", "/written/1/1/second", "/written/77/88"]
    )
    def test_students_see_nothing_of_it(self, enter: Enter, asked: Gradebook, path: str) -> None:
        browser = enter(Viewer(Role.STUDENT, "ana"))
        refused = browser.get(path)
        assert refused.status == 403
        assert "Model answer" not in refused.text
        sent = {"_xsrf": browser.xsrf, "points": "10", "seen": "0"}
        assert browser.post("/written/1/1/score", sent).status == 403
        assert enter(IRA).json("/written/1/1")["score"] is None

    def test_a_grader_has_the_answers_of_their_sections(self, enter: Enter, asked: Gradebook) -> None:
        browser = enter(OF_B)
        assert [line["submission"] for line in browser.json("/written/1")["lines"]] == [2]
        assert browser.json("/written")["lines"][0]["progress"]["answers"] == 1
        # The same answer for what exists and what does not.
        assert browser.get("/written/1/1").status == browser.get("/written/1/999").status == 403
        for form in ("claim", "score", "second/score"):
            sent = {"_xsrf": browser.xsrf, "seen": "0", "points": "1"}
            assert browser.post(f"/written/1/1/{form}", sent).status == 403
        assert of(take(browser)) == 2
        assert enter(IRA).json("/written/1/1")["score"] is None

    @pytest.mark.parametrize("path", ["/written/0", "/written/x", "/written/99", "/written/99/1", "/written/1/x"])
    def test_what_is_not_there_is_explained(self, enter: Enter, asked: Gradebook, path: str) -> None:
        refused = enter(IRA).get(path)
        assert refused.status == 400
        assert "To the first page" in refused.text

    def test_a_question_that_was_retired(self, enter: Enter, asked: Gradebook) -> None:
        with asked.begin("system:release") as work:
            register_questions(work, samples.FOUNDATION, [])
        browser = enter(IRA)
        assert browser.json("/written")["lines"] == []
        assert browser.get("/written/1").status == 400


def test_queries_do_not_grow_with_the_class(asked: Gradebook, clock: Clock, course: Course) -> None:
    sent: list[str] = []
    event.listen(asked.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))

    def count(place: dict[str, str], view: Any) -> Sequence[int]:
        kept = Kept()
        found = []
        for _ in range(2):
            sent.clear()
            with asked.read() as session:
                view(Asked(session, course, clock(), IRA, kept, place))
            found.append(len([text for text in sent if text.startswith("SELECT")]))
        return found

    def all_counts() -> list[Sequence[int]]:
        return [
            count({}, written.view),
            count({"question": "1"}, written.view_question),
            count({"question": "1", "submission": "1"}, written_answer.view),
        ]

    before = all_counts()
    assert before == [[4, 1], [6, 4], [11, 9]]
    people = [RosterEntry(f"s{number}", f"Student {number}", None, "C") for number in range(30)]
    with asked.begin("instructor:ira") as work:
        import_roster(work, people)
    for one in people:
        score(asked, answer(asked, one.student_id, f"{one.name} thinks", content=one.name), "5")
        with asked.begin("grader:tim") as work:
            claim_answer(work, submission_id=1, question_id=1)
    assert all_counts() == before
