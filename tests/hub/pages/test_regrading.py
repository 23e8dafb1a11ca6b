"""Regrading: the preview, what is published is what was seen, and the way back."""

from __future__ import annotations

import html
import json
import re
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.gradebook import samples
from tests.grading import mini
from tests.hub.pages.conftest import Answer, Browser, Enter, Server
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.errors import GradebookError
from tito.gradebook.services import publication
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.publication import publish
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.grading.engine import grade_pending
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import regrading

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
GRADER_OF_B = Viewer(Role.GRADER, "gus", frozenset({"B"}))
PAGE = "/regrading/cp01_foundation"


@pytest.fixture
def course() -> Course:
    return samples.course(auto_share="1")


@pytest.fixture
def regraded(gradebook: Gradebook, course: Course) -> Gradebook:
    """Published: Ana 75, Ben 50. New graders would lift Ana to 100 and lower Ben to 25."""
    samples.graders(gradebook, "g1")
    handed_in = {name: samples.hand_in(gradebook, name) for name in ("ana", "ben")}
    samples.grade(gradebook, handed_in["ana"], samples.outcome("test_sum", "3"))
    samples.grade(gradebook, handed_in["ben"], samples.outcome("test_sum", "2"))
    with gradebook.begin("instructor:ira") as work:
        publish(work, course, CHECKPOINTS[1])
    samples.graders(gradebook, "g2")
    samples.grade(gradebook, handed_in["ana"], samples.outcome("test_sum", "4"), graders="g2")
    samples.grade(gradebook, handed_in["ben"], samples.outcome("test_sum", "1"), graders="g2")
    return gradebook


def fields(answer: Answer) -> dict[str, str]:
    """The hidden fields of the form to publish."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    return {name: html.unescape(value) for name, value in found}


def go(browser: Browser, query: str = "", **more: str) -> Answer:
    return browser.post(f"{PAGE}/publish", fields(browser.get(PAGE + query)) | more)


def seen(enter: Enter, student: str) -> str | None:
    """What a student sees of their grade."""
    shown: str | None = enter(Viewer(Role.STUDENT, student)).json(f"/students/{student}")["steps"][1]["published"]
    return shown


def test_the_preview_says_whose_grade_changes_by_how_much_and_which_test_did_it(
    enter: Enter, regraded: Gradebook
) -> None:
    browser = enter(INSTRUCTOR)
    data = browser.json(PAGE)
    lines = [(one["student"], one["before"], one["after"], one["difference"]) for one in data["changes"]]
    assert lines == [("ben", "50", "25", "-25"), ("ana", "75", "100", "25")]
    assert data["changes"][0]["tests"][0]["test"] == "test_sum"
    assert (data["up"], data["down"], data["others"]) == (1, 1, 0)
    assert [(one["test"], one["up"], one["down"], one["points"]) for one in data["tests"]] == [("test_sum", 1, 1, "0")]
    now, after = [
        dict(zip(data["distribution"]["categories"], one["values"], strict=True))
        for one in data["distribution"]["series"]
    ]
    assert {name: count for name, count in now.items() if count} == {"50-59": 1, "70-79": 1}
    assert {name: count for name, count in after.items() if count} == {"20-29": 1, "90-100": 1}
    text = browser.get(PAGE).text
    assert "The title of test_sum: 2 → 1" in text
    assert '<span class="fail">down 25</span>' in text
    assert browser.json("/regrading")["lines"] == [
        {"checkpoint": 1, "changes": 2, "drops": 1, "causes": {"graders": 2}, "still_to_grade": 0}
    ]
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("75", "50")


def test_what_was_seen_is_published_and_can_be_taken_back(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    done = go(browser, note="test_sum was wrong")
    assert done.status == 200
    assert "Published as number 2: 2 grades of cp01_foundation." in done.text
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("100", "25")
    after = browser.json(PAGE)
    assert (after["count"], after["publications"][0]["note"]) == (0, "test_sum was wrong")
    assert [one["can_roll_back"] for one in after["publications"]] == [True, False]
    back = browser.post(f"{PAGE}/roll-back", {"_xsrf": browser.xsrf, "publication": "2", "reason": "it was right"})
    assert "Publication 2 of cp01_foundation was taken back" in back.text
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("75", "50")
    acts = browser.json(PAGE)["publications"]
    assert [(one["undoes"], one["students"], one["undone_by"]) for one in acts] == [
        (2, 2, None),
        (None, 2, 3),
        (None, 2, None),
    ]


def test_nobody_drops_when_it_is_chosen(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    data = browser.json(f"{PAGE}?drops=nobody")
    assert [(one["student"], one["after"]) for one in data["changes"]] == [("ana", "100"), ("ben", "50")]
    assert (data["up"], data["down"]) == (1, 0)
    assert go(browser, "?drops=nobody").status == 200
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("100", "50")
    assert browser.get(f"{PAGE}?drops=most").status == 400


def test_who_drops_by_something_else_is_not_called_nobody(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    assert "; nobody drops.</p>" in browser.get(f"{PAGE}?drops=nobody").text
    with regraded.begin("instructor:ira") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(10), reason="copied")
    page = browser.get(f"{PAGE}?drops=nobody").text
    assert "1 drops, by a score set by hand" in page
    assert "; nobody drops.</p>" not in page


def test_grades_go_on_on_the_next_page(enter: Enter, regraded: Gradebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regrading, "PAGE", 1)
    browser = enter(INSTRUCTOR)
    assert f'href="{PAGE}?drops=allowed&amp;page=2"' in browser.get(PAGE).text
    last = browser.json(f"{PAGE}?page=99")
    assert (last["page"], last["pages"], [one["student"] for one in last["changes"]]) == (2, 2, ["ana"])


def test_one_students_grade_can_be_published_alone(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    assert [one["student"] for one in browser.json(f"{PAGE}?student=ana")["changes"]] == ["ana"]
    assert go(browser, "?student=ana").status == 200
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("100", "50")
    assert "Of <strong>ana</strong> alone" in browser.get(f"{PAGE}?student=ana").text
    strangers = [enter(GRADER_OF_B).get(f"{PAGE}?student={name}") for name in ("ana", "nobody")]
    assert [one.status for one in strangers] == [400, 400]
    assert strangers[0].text.replace("ana", "X") == strangers[1].text.replace("nobody", "X")


@pytest.mark.parametrize("form", ["publish", "roll-back"])
def test_what_is_refused_of_one_student_comes_back_for_that_one_alone(
    enter: Enter, regraded: Gradebook, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    browser = enter(INSTRUCTOR)
    opened = browser.get(f"{PAGE}?student=ana&drops=nobody")
    (hidden,) = re.findall(rf'<form method="post" id="form-{form}".*?</form>', opened.text, re.DOTALL)
    sent = fields(replace(opened, text=hidden)) | {"publication": "1", "reason": "why", "note": "a <note>"}

    def busy(*arguments: object, **more: object) -> None:
        raise GradebookError("the gradebook is busy")

    for name in ("publish", "roll_back"):
        monkeypatch.setattr(publication, name, busy)
    refused = browser.post(f"{PAGE}/{form}", sent)
    assert refused.status == 422
    again = fields(refused)
    assert (again["student"], again["drops"], again["token"]) == ("ana", "nobody", fields(opened)["token"])
    assert "Of <strong>ana</strong> alone" in refused.text
    assert "<button>Publish 1 grade</button>" in refused.text


def test_what_was_done_for_one_student_leads_back_to_that_one(enter: Enter, regraded: Gradebook) -> None:
    done = go(enter(INSTRUCTOR), "?student=ana&drops=nobody")
    assert done.url.endswith(f"{PAGE}?student=ana&drops=nobody")
    assert "Published as number 2: 1 grade" in done.text


def test_who_is_no_student_any_more_gets_no_form_for_all(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    sent = fields(browser.get(f"{PAGE}?student=ana"))
    with regraded.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("ben", "Ben Hopper", None, "B")], deactivate_missing=True)
    refused = browser.post(f"{PAGE}/publish", sent | {"note": "mine"})
    assert (refused.status, "Publish 1 grade" in refused.text) == (409, False)


def test_a_form_of_one_student_that_came_too_late_waits_on_that_page(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    sent = fields(browser.get(f"{PAGE}?student=ana")) | {"note": "after the oral"}
    lost = browser.post(f"{PAGE}/publish", sent | {"_xsrf": "of another session"}, Origin=browser.origin)
    assert lost.status == 403
    way = f"{PAGE}?student=ana&amp;drops=allowed"
    assert f'<a href="{way}">To the page of the form</a>' in lost.text
    everybody = browser.get(PAGE).text
    assert 'name="note" maxlength="500" value=""' in everybody
    assert f'<a href="{way}#form-publish">To the form</a>' in everybody
    alone = browser.get(html.unescape(way)).text
    assert 'name="note" maxlength="500" value="after the oral"' in alone
    assert '<a href="#form-publish">To the form</a>' in alone


def test_a_stale_preview_is_refused_and_both_are_shown(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    opened = fields(browser.get(PAGE))
    with regraded.begin("grader:gus") as work:
        override(work, student_id="ben", checkpoint=CHECKPOINTS[1], score=Decimal(60), reason="oral exam")
    refused = browser.post(f"{PAGE}/publish", opened | {"note": "mine <b>"})
    assert refused.status == 409
    assert '<a href="/students/ben">ben</a></th><td>50 → 25</td><td>50 → 60</td>' in refused.text
    assert "/students/ana" not in refused.text  # the same in both
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("75", "50")
    again = fields(refused)
    assert again["note"] == "mine <b>"
    assert browser.post(f"{PAGE}/publish", again).status == 200
    assert (seen(enter, "ana"), seen(enter, "ben")) == ("100", "60")


def test_a_form_says_what_was_seen_only_to_who_sent_it(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    sent = fields(browser.get(PAGE)) | {"token": "0" * 64, "was": "<script>alert(1)</script> 1 2\nx\n\nben <b> 2"}
    refused = browser.post(f"{PAGE}/publish", sent)
    assert refused.status == 409
    assert "<script>alert" not in refused.text
    assert "<b>" not in refused.text


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("publish", {"drops": "most", "token": ""}, "nobody or allowed"),
        ("roll-back", {"publication": "77", "reason": "why"}, "no publication number 77"),
        ("roll-back", {"publication": "1", "reason": " "}, "a reason is required"),
        ("roll-back", {"publication": "x", "reason": "why"}, "a whole number"),
    ],
)
def test_what_is_refused_changes_nothing(
    enter: Enter, regraded: Gradebook, path: str, sent: dict[str, str], said: str
) -> None:
    browser = enter(INSTRUCTOR)
    before = browser.json(PAGE)
    refused = browser.post(f"{PAGE}/{path}", {"_xsrf": browser.get(PAGE).xsrf} | sent)
    assert refused.status == 422
    assert said in refused.text
    assert browser.json(PAGE) == before


def test_another_checkpoints_publication_is_not_taken_back_here(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    sent = {"_xsrf": browser.get(PAGE).xsrf, "publication": "1", "reason": "why"}
    refused = browser.post(f"/regrading/{CHECKPOINTS[2].slug}/roll-back", sent)
    assert (refused.status, "has no publication number 1" in refused.text) == (422, True)
    assert seen(enter, "ana") == "75"


@pytest.mark.parametrize("name", ["cp99", "nothing", "%3Cscript%3E"])
def test_a_checkpoint_that_there_is_not(enter: Enter, name: str) -> None:
    refused = enter(INSTRUCTOR).get(f"/regrading/{name}")
    assert refused.status == 400
    assert "<script>" not in refused.text


def test_graders_see_their_sections_and_publish_nothing(enter: Enter, regraded: Gradebook) -> None:
    browser = enter(GRADER_OF_B)
    data = browser.json(PAGE)
    assert [one["student"] for one in data["changes"]] == ["ben"]
    assert (data["token"], data["was"], data["up"]) == ("", "", 0)
    assert sum(data["distribution"]["series"][0]["values"]) == 1
    assert browser.json("/regrading")["lines"][0]["changes"] == 1
    assert "ana" not in browser.get(PAGE).text.lower()
    token = {"_xsrf": browser.xsrf, "token": enter(INSTRUCTOR).json(PAGE)["token"], "drops": "allowed", "was": ""}
    assert browser.post(f"{PAGE}/publish", token).status == 403
    assert seen(enter, "ana") == "75"
    assert enter(Viewer(Role.STUDENT, "ana")).get(PAGE).status == 403


def test_who_is_still_to_grade_is_named(enter: Enter, regraded: Gradebook) -> None:
    samples.graders(regraded, "g3")
    data = enter(INSTRUCTOR).json(PAGE)
    assert (data["still_to_grade"], data["count"]) == (["ana", "ben"], 0)


def test_hostile_names_and_titles_are_text(enter: Enter, regraded: Gradebook) -> None:
    with regraded.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("eve", "<script>alert(1)</script>", None, "<b>")])
    outcome = replace(samples.outcome("test_<b>", "0"), title="<script>alert(2)</script>")
    samples.grade(regraded, samples.hand_in(regraded, "eve"), outcome, graders="g2")
    text = enter(INSTRUCTOR).get(PAGE).text
    assert "<script>alert" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def folders(browser: Browser) -> Any:
    """How far the folders are, once the thread that writes them has ended."""
    for thread in threading.enumerate():
        if thread.name == "folders-cp01":
            thread.join(30)
    return browser.json(PAGE)["folders"]


def test_folders_that_cannot_follow_are_told_and_grades_are_published_all_the_same(
    enter: Enter, regraded: Gradebook
) -> None:
    browser = enter(INSTRUCTOR)
    done = go(browser)  # the sample course has no folder to read notebooks from
    said = re.search(r'<p class="notice good" role="status">(.*?)</p>', done.text)
    assert said
    assert "autograded" not in said[1]  # what failed is told in red, and not beside what succeeded
    state = folders(browser)
    assert (state["running"], state["written"]) == (False, None)
    page = browser.get(PAGE).text
    assert "do not show the last publication" in page
    assert state["problem"].splitlines()[0] in html.unescape(page)
    assert "<code>tito grade cp01</code> writes the folders" in page
    assert browser.json("/regrading")["unwritten"] == [1]
    assert "could not be written" in browser.get("/regrading").text
    assert seen(enter, "ana") == "100"


def test_folders_follow(tmp_path: Path) -> None:
    course = mini.build(tmp_path / "course")
    with mini.enrol(course, "ana") as book:
        mini.submit(course, book, "ana", mini.CP01, mini.handin(mini.CP01))
        grade_pending(course, book, actor="instructor:test", lanes=1, show=False)
        server = Server(course, book, INSTRUCTOR)
        try:
            browser = server.enter()
            assert "1 grade of cp01_foundation." in go(browser).text
            assert folders(browser) == {"running": False, "written": 1, "problem": ""}
            assert "1 folder in autograded/ followed" in browser.get(PAGE).text
        finally:
            server.close()
    result = course.paths.autograded / "ana" / mini.CP01.slug / "result.json"
    assert sum(Decimal(one["earned"]) for one in json.loads(result.read_text())["outcomes"]) > 0


@pytest.mark.parametrize("students", [2, 150])
def test_queries_do_not_grow_with_the_class(enter: Enter, regraded: Gradebook, students: int) -> None:
    with regraded.begin("instructor:ira") as work:
        entries = [RosterEntry(f"s{number:03}", f"Student {number}", None, "C") for number in range(students)]
        import_roster(work, [RosterEntry("ana", "Ana", None, "A"), *entries])
    for number in range(min(students, 110)):
        handed_in = samples.hand_in(regraded, f"s{number:03}")
        samples.grade(regraded, handed_in, samples.outcome("test_sum", "3"), graders="g2")
    browser = enter(INSTRUCTOR)
    first = browser.json(PAGE)
    assert len(first["changes"]) == min(100, first["count"])
    sent: list[str] = []
    event.listen(regraded.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    browser.json(PAGE)
    assert len([text for text in sent if text.startswith("SELECT")]) == 2
    sent.clear()
    browser.json("/regrading")
    browser.json("/regrading")
    assert len([text for text in sent if text.startswith("SELECT")]) == 2
