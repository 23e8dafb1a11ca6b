"""A checkpoint that left the course's learning path: its pages say so, and what was handed in can still be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.gradebook import samples
from tests.hub.pages.conftest import Enter
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")


@pytest.fixture
def course() -> Course:
    """Without checkpoint 01, which the gradebook knows."""
    whole = samples.course()
    return replace(whole, checkpoints=tuple(one for one in whole.checkpoints if one.number != 1), path_name="short")


@pytest.fixture
def graded(gradebook: Gradebook) -> Gradebook:
    """Ana's submission 1 at checkpoint 01."""
    samples.graders(gradebook)
    samples.grade(gradebook, samples.hand_in(gradebook), samples.outcome(earned="3"))
    return gradebook


@pytest.mark.parametrize("path", ["/checkpoints/cp01", "/regrading/01", "/similarity/foundation", "/similarity/01/1/2"])
def test_pages_of_the_checkpoint_say_what_happened_and_where_to_go(enter: Enter, graded: Gradebook, path: str) -> None:
    gone = enter(INSTRUCTOR).get(path)
    assert gone.status == 400
    assert "Cp01_foundation is not on this course&#39;s learning path (short)" in gone.text
    assert "c.LearningPath in course_config.py" in gone.text
    assert "What was handed in for it is kept" in gone.text
    assert "To the first page" in gone.text


@pytest.mark.parametrize("viewer", [INSTRUCTOR, Viewer(Role.STUDENT, "ana")])
def test_what_was_handed_in_is_still_there(enter: Enter, graded: Gradebook, viewer: Viewer) -> None:
    browser = enter(viewer)
    page = browser.get("/submissions/1")
    assert page.status == 200
    assert "The course no longer asks for this checkpoint" in page.text
    assert all(step["checkpoint"] != 1 for step in browser.json("/students/ana")["steps"])


def test_nothing_is_published_there(enter: Enter, graded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    browser.get("/students/ana")
    sent = {"_xsrf": browser.xsrf, "token": "x", "drops": "allowed"}
    refused = browser.post("/regrading/01/publish", sent)
    assert refused.status == 422
    assert "is not on this course" in refused.text
