"""Who sees what, and who may change what."""

from __future__ import annotations

import pytest

from tests.gradebook import samples
from tests.hub.pages.conftest import Enter
from tito.gradebook import Gradebook
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
GRADER_OF_A = Viewer(Role.GRADER, "gus", frozenset({"A"}))
ANA = Viewer(Role.STUDENT, "ana")


def test_an_instructor_sees_everybody(enter: Enter) -> None:
    assert [line["student"] for line in enter(INSTRUCTOR).json("/")["lines"]] == ["ana", "ben"]


def test_a_grader_sees_their_sections_only(enter: Enter) -> None:
    browser = enter(GRADER_OF_A)
    assert [line["student"] for line in browser.json("/")["lines"]] == ["ana"]
    assert browser.get("/students/ana").status == 200
    assert browser.get("/students/ben").status == 403
    assert browser.get("/audit").status == 403


def test_a_student_sees_their_own_work_only(enter: Enter) -> None:
    browser = enter(ANA)
    assert browser.get("/students/ana").status == 200
    assert browser.get("/?sort=name").status == 403
    assert browser.get("/", accept="application/json").status == 403
    assert browser.get("/").url.endswith("/my")
    # The same answer, so that it does not tell who is in the course.
    assert browser.get("/students/ben").status == browser.get("/students/nobody").status == 403


def test_a_student_sees_no_score_before_it_is_published(enter: Enter, gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    samples.grade(gradebook, samples.hand_in(gradebook))
    own = enter(ANA).json("/students/ana")
    assert own["steps"][1]["score"] is None
    assert own["steps"][1]["attempts"][0]["earned"] is None
    assert own["history"] == []
    assert enter(INSTRUCTOR).json("/students/ana")["steps"][1]["score"] == "70"


@pytest.mark.parametrize("viewer", [ANA, Viewer(Role.STUDENT, "ana", looks_only=True)])
def test_a_student_changes_nothing(enter: Enter, viewer: Viewer) -> None:
    browser = enter(viewer)
    own = browser.get("/students/ana")
    assert "Exceptions" not in own.text
    sent = {"_xsrf": browser.xsrf, "seen": "99", "checkpoint": "cp01", "score": "100", "reason": "me"}
    refused = browser.post("/students/ana/override", sent)
    assert refused.status == 403
    assert "his page is for graders and instructors" in refused.text
    assert enter(INSTRUCTOR).json("/students/ana")["steps"][1]["score"] is None


def test_a_grader_changes_nothing_in_another_section(enter: Enter) -> None:
    browser = enter(GRADER_OF_A)
    refused = browser.send(
        "/students/ana", "/students/ben/override", checkpoint="cp01", score="90", reason="not mine to give"
    )
    assert refused.status == 403
    assert enter(INSTRUCTOR).json("/students/ben")["steps"][1]["score"] is None
