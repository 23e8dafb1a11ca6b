"""Who sees what, and who may change what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import change_late_days, extend, override
from tito.gradebook.services.publication import publish, roll_back
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


def test_a_student_reads_why_exceptions_were_made_and_of_a_score_by_hand_once_it_is_published(
    enter: Enter, gradebook: Gradebook, course: Course, clock: Clock
) -> None:
    first, second = CHECKPOINTS[1:3]
    with gradebook.begin("grader:gus") as work:
        extend(work, student_id="ana", checkpoint=second, until=clock() + timedelta(days=9), reason="ill <b>, seen")
        change_late_days(work, student_id="ana", days=2, reason="moved house")
        override(work, student_id="ana", checkpoint=first, score=Decimal(75), reason="explained it")
        override(work, student_id="ben", checkpoint=first, score=Decimal(50), reason="of somebody else")
    browser = enter(ANA)

    def told() -> list[tuple[str, str]]:
        return [(one["reason"], one["actor"]) for one in browser.json("/students/ana")["history"]]

    assert told() == [("moved house", ""), ("ill <b>, seen", "")]
    page = browser.get("/students/ana").text
    assert "Exceptions made for you" in page
    assert "ill &lt;b&gt;, seen" in page
    assert "gus" not in page
    clock.forward(minutes=1)
    with gradebook.begin("instructor:ira") as work:
        number, _ = publish(work, course, first)
    assert told()[0] == ("explained it", "")
    clock.forward(minutes=1)
    with gradebook.begin("grader:gus") as work:
        override(work, student_id="ana", checkpoint=first, score=Decimal(80), reason="and more")
    assert "and more" not in str(told())
    assert number is not None
    with gradebook.begin("instructor:ira") as work:
        roll_back(work, number, reason="too early")
    assert "explained it" not in str(told())
