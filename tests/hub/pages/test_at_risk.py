"""The page of students at risk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.gradebook import samples
from tests.gradebook.conftest import START, Clock
from tests.hub.pages.conftest import Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.course.policies import RiskPolicy
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import override
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import at_risk

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")


@pytest.fixture
def course() -> Course:
    """Due in a week; two scores in a row that fall are a sign."""
    return replace(samples.course(due=START + timedelta(days=7)), risk=RiskPolicy(falling=2))


def test_it_names_the_rule_and_the_evidence_to_staff_alone(enter: Enter, gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    for content in ("one", "two", "three"):
        samples.grade(gradebook, samples.hand_in(gradebook, content=content), samples.outcome("test_a", "0"))
    browser = enter(Viewer(Role.INSTRUCTOR, "ira"))
    data = browser.json("/at-risk")
    assert [(line["student"], line["signs"][0]["rule"]) for line in data["lines"]] == [("ana", "stuck")]
    assert "the last 3 attempts at 01 all failed" in browser.get("/at-risk").text
    assert enter(Viewer(Role.GRADER, "gus", frozenset({"B"}))).json("/at-risk")["lines"] == []
    assert enter(Viewer(Role.STUDENT, "ana")).get("/at-risk").status == 403


def test_the_evidence_leads_to_where_it_can_be_seen(enter: Enter, gradebook: Gradebook, clock: Clock) -> None:
    samples.graders(gradebook)
    falls = {}
    for number, score in ((1, 90), (2, 40)):
        falls[number] = samples.hand_in(gradebook, content=f"fall {number}", number=number).id
        with gradebook.begin("instructor:ira") as work:
            override(work, student_id="ana", checkpoint=CHECKPOINTS[number], score=Decimal(score), reason="oral")
    for content in ("one", "two", "three"):
        handed_in = samples.hand_in(gradebook, "ben", content)
        samples.grade(gradebook, handed_in, samples.outcome("test::a", "0"))
    clock.forward(days=8)
    browser = enter(INSTRUCTOR)
    signs = {
        (line["student"], sign["rule"]): [(one["checkpoint"], one["submission"], one["test"]) for one in sign["places"]]
        for line in browser.json("/at-risk")["lines"]
        for sign in line["signs"]
    }
    assert signs["ana", "falling"] == [(1, falls[1], ""), (2, falls[2], "")]
    assert signs["ana", "missing"][:2] == [(0, None, ""), (3, None, "")]
    assert signs["ben", "stuck"] == [(1, handed_in.id, "test::a")]
    page = browser.get("/at-risk").text
    for way in (
        "/students/ana#cp03",
        f"/submissions/{falls[2]}",
        f"/submissions/{handed_in.id}#test-test%3A%3Aa",
    ):
        assert f'<a href="{way}">' in page
    assert 'id="cp03"' in browser.get("/students/ana").text
    assert 'id="test-test::a"' in browser.get(f"/submissions/{handed_in.id}").text


def test_a_hundred_stand_on_a_page(enter: Enter, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_risk, "PAGE", 1)
    samples.graders(gradebook)
    for student in ("ana", "ben"):
        for content in ("one", "two", "three"):
            handed_in = samples.hand_in(gradebook, student, content)
            samples.grade(gradebook, handed_in, samples.outcome("test_a", "0"))
    browser = enter(Viewer(Role.INSTRUCTOR, "ira"))
    first, second = browser.json("/at-risk"), browser.json("/at-risk?page=2")
    assert {page["lines"][0]["student"] for page in (first, second)} == {"ana", "ben"}
    assert (first["count"], first["pages"], second["page"]) == (2, 2, 2)
    page = browser.get("/at-risk").text
    assert "2 of 2 students, page 1 of 2" in page
    assert 'href="/at-risk?page=2"' in page


def test_one_section_alone(enter: Enter, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch) -> None:
    samples.graders(gradebook)
    for student in ("ana", "ben"):
        for content in ("one", "two", "three"):
            handed_in = samples.hand_in(gradebook, student, content)
            samples.grade(gradebook, handed_in, samples.outcome("test_a", "0"))

    def found(viewer: Viewer, section: str) -> tuple[list[str], int, list[str]]:
        data = enter(viewer).json(f"/at-risk?section={section}")
        return [line["student"] for line in data["lines"]], data["among"], data["sections"]

    ira, gus = Viewer(Role.INSTRUCTOR, "ira"), Viewer(Role.GRADER, "gus", frozenset({"B"}))
    assert found(ira, "A") == (["ana"], 1, ["A", "B"])
    assert found(ira, "nowhere") == ([], 0, ["A", "B"])
    assert found(gus, "") == (["ben"], 1, ["B"])
    assert found(gus, "A") == ([], 0, ["B"])
    monkeypatch.setattr(at_risk, "PAGE", 1)
    page = enter(ira).get("/at-risk?section=B").text
    assert "<option selected>B</option>" in page
    assert "1 of 1 student." in page
