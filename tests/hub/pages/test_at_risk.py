"""The page of students at risk."""

from __future__ import annotations

from tests.gradebook import samples
from tests.hub.pages.conftest import Enter
from tito.gradebook import Gradebook
from tito.hub.pages.viewer import Role, Viewer


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
