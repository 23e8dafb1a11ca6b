"""The pages of checkpoints over the class: who sees whom, what is shown, and what it costs."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Enter
from tito.course.config import Course
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.pages.asked import Asked
from tito.hub.pages.kept import Kept
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views.analysis import overview, view

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
GRADER_OF_A = Viewer(Role.GRADER, "gus", frozenset({"A"}))


def graded(gradebook: Gradebook, student: str, *outcomes: Outcome) -> None:
    samples.grade(gradebook, samples.hand_in(gradebook, student, student), *outcomes)


@pytest.fixture
def two(gradebook: Gradebook) -> None:
    """Ana and Ben miss the same hidden test; Ana's ended by time."""
    samples.graders(gradebook)
    right = samples.outcome("test_sum", public=True)
    graded(gradebook, "ana", right, samples.outcome("test_add", "0", verdict=Verdict.TIMED_OUT))
    graded(gradebook, "ben", right, samples.outcome("test_add", "0"))


@pytest.mark.usefixtures("two")
def test_the_class_at_one_checkpoint(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    data = browser.json("/checkpoints/cp01")
    assert (data["handed_in"], data["graded"], data["students"]) == (2, 2, 2)
    assert sum(data["scores"]["series"][0]["values"]) == 2
    assert data["scores"]["series"][0]["values"][3] == 2  # 35 of 100: half of the automatic 70
    assert data["half"]["attempts"] == {"1": 2}
    assert data["full"]["attempts"] == {}
    assert [(group["count"], group["tests"]) for group in data["groups"]] == [(2, ["The title of test_add"])]
    line = next(line for line in data["tests"] if line["figures"]["test"] == "test_add")
    assert sorted(line["ends"]) == [["failed", 1], ["timed out", 1]]
    assert line["look"] == ["1 ended by time or memory, which also depend on the machine"]
    page = browser.get("/checkpoints/cp01").text
    assert "<svg" in page
    assert "2 students</summary>" in page
    assert 'href="/submissions/1">Ana Lovelace</a>' in page
    assert "style=" not in page


@pytest.mark.usefixtures("two")
def test_a_grader_sees_their_sections_only(enter: Enter) -> None:
    browser = enter(GRADER_OF_A)
    data = browser.json("/checkpoints/1")
    assert (data["students"], data["graded"], data["sections"], data["groups"]) == (1, 1, ["A"], [])
    assert "Hopper" not in browser.get("/checkpoints/1").text
    assert browser.get("/checkpoints/1?section=B").status == 400
    assert browser.json("/checkpoints")["students"] == 1
    assert enter(INSTRUCTOR).json("/checkpoints/1?section=B")["graded"] == 1


@pytest.mark.usefixtures("two")
def test_what_is_kept_for_one_is_not_shown_to_another(gradebook: Gradebook, course: Course, clock: Clock) -> None:
    """The same service serves everybody: an instructor, graders of a section, and one who has none yet."""
    kept = Kept()
    for section, sections, count in [
        ("", None, 2),
        ("", frozenset[str](), 0),
        ("", frozenset({"A"}), 1),
        ("A", None, 1),
        ("", None, 2),
    ]:
        viewer = Viewer(Role.INSTRUCTOR if sections is None else Role.GRADER, "someone", sections)
        with gradebook.read() as session:
            place, query = {"checkpoint": "cp01"}, {"section": section}
            asked = Asked(session, course, clock(), viewer, kept, place, query)
            one, line = view(asked), overview(asked).lines[1]
        assert (one.students, one.graded, one.line.handed_in, line.handed_in) == (count,) * 4


def test_students_see_neither(enter: Enter) -> None:
    browser = enter(Viewer(Role.STUDENT, "ana"))
    assert browser.get("/checkpoints").status == browser.get("/checkpoints/1").status == 403


@pytest.mark.parametrize("path", ["99", "cp16", "none", "%3Cscript%3E"])
def test_a_checkpoint_that_is_not_there(enter: Enter, path: str) -> None:
    refused = enter(INSTRUCTOR).get(f"/checkpoints/{path}")
    assert refused.status == 400
    assert "To the first page" in refused.text
    assert "<script>" not in refused.text


@pytest.mark.usefixtures("two")
def test_all_checkpoints(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    lines = browser.json("/checkpoints")["lines"]
    assert [(line["handed_in"], line["scored"], line["mean"]) for line in lines[:2]] == [(0, 0, None), (2, 2, "35")]
    assert 'href="/checkpoints/cp01"' in browser.get("/checkpoints").text


def test_an_empty_checkpoint_is_a_page_too(enter: Enter) -> None:
    page = enter(INSTRUCTOR).get("/checkpoints/cp07").text
    assert "Nothing is graded by the current graders yet." in page
    assert "nobody yet" in page


def test_names_and_titles_are_text(enter: Enter, gradebook: Gradebook) -> None:
    evil = "<script>alert(1)</script>"
    with gradebook.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry(name, evil, None, "<b>") for name in ("eve", "mal")])
    samples.graders(gradebook)
    for student in ("eve", "mal"):
        graded(gradebook, student, samples.outcome(evil, "0"))
    page = enter(INSTRUCTOR).get("/checkpoints/1").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4
    assert "<b>" not in page


@pytest.mark.usefixtures("two")
def test_what_is_known_is_not_read_again(enter: Enter, gradebook: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    browser.get("/checkpoints/1")
    sent: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    browser.get("/checkpoints/1")
    assert not [text for text in sent if "outcomes" in text]
    samples.hand_in(gradebook, "ana", "another")
    assert browser.json("/checkpoints/1")["graded"] == 1
