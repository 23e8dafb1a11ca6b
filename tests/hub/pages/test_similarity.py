"""Submissions alike: the search beside the requests, the pairs, two side by side, and who may look."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.gradebook import samples
from tests.hub.pages.conftest import Browser, Enter
from tests.notebooks.test_alike import program
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course, Paths
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.pages.comparisons import Comparisons, Entry
from tito.hub.pages.viewer import Role, Viewer
from tito.notebooks.store import Store

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
CHECKPOINT = CHECKPOINTS[0]
HandIn = Callable[[str, str], int]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    paths = Paths(tmp_path, ROOT / "source", ROOT / "release", tmp_path, tmp_path, tmp_path)
    return replace(samples.course(), paths=paths)


def stored(course: Course, code: str) -> str:
    """Store the checkpoint's notebook with this code in its first solution cell; return the digest."""
    name = f"{CHECKPOINT.modules[0].slug}.ipynb"
    notebook = json.loads((ROOT / "release" / CHECKPOINT.slug / name).read_text(encoding="utf-8"))
    cell = next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("solution"))
    text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    cell["source"] = f"{text}\n{code}\n"
    return Store(course.paths.store).put({name: json.dumps(notebook).encode()})


@pytest.fixture
def hand_in(gradebook: Gradebook, course: Course) -> HandIn:
    def go(student: str, code: str) -> int:
        digest = stored(course, code)
        with gradebook.begin(f"student:{student}") as work:
            number = record_submission(work, student_id=student, checkpoint=CHECKPOINT, digest=digest).id
        assert number is not None
        return number

    return go


def wait() -> None:
    """Until no comparison goes on."""
    for thread in threading.enumerate():
        if thread.name.startswith("similarity-"):
            thread.join(60)


def compared(browser: Browser, query: str = "") -> Any:
    browser.json(f"/similarity/cp00{query}")
    wait()
    return browser.json("/similarity/cp00")


def test_the_search_runs_beside_the_request_and_is_kept(enter: Enter, hand_in: HandIn) -> None:
    copied = program("copied")
    one, other = hand_in("ana", copied), hand_in("ben", copied.replace("total", "mine"))
    browser = enter(INSTRUCTOR)
    first = browser.json("/similarity/cp00")
    assert (first["compared"], first["running"]) in [(None, True), (2, False)]
    wait()
    found = browser.json("/similarity/cp00")
    assert (found["compared"], found["running"], found["outdated"]) == (2, False, 0)
    (pair,) = found["pairs"]
    assert (pair["one"]["submission"], pair["other"]["submission"], pair["percent"], pair["same"]) == (
        *(one, other, 100, False),
    )
    page = browser.get("/similarity/cp00").text
    assert "never a verdict" in page
    assert f'href="/similarity/cp00/{one}/{other}"' in page


def test_what_came_since_is_told_and_compared_when_asked_for(enter: Enter, hand_in: HandIn) -> None:
    hand_in("ana", program("one"))
    browser = enter(INSTRUCTOR)
    assert compared(browser)["pairs"] == []
    assert "come since" not in browser.get("/similarity/cp00").text
    hand_in("ben", program("one"))
    before = browser.json("/similarity/cp00")
    assert (before["compared"], before["outdated"], before["pairs"]) == (1, 1, [])
    assert "1 submission has come since" in browser.get("/similarity/cp00").text
    after = compared(browser, "?again=yes")
    assert (after["compared"], after["outdated"], len(after["pairs"])) == (2, 0, 1)
    assert after["pairs"][0]["same"] is True


def test_two_side_by_side(enter: Enter, hand_in: HandIn) -> None:
    evil = "x = '</td><script>alert(1)</script>'"
    one = hand_in("ana", f"{evil}\n{program('copied', 9)}")
    other = hand_in("ben", f"{program('copied', 9)}\n{program('own', 9)}")
    browser = enter(INSTRUCTOR)
    data = browser.json(f"/similarity/cp00/{one}/{other}")
    assert (data["parts"], data["compared"]) == (1, False)
    sides = [[line for cell in data[side] for line in cell["lines"] if line["parts"]] for side in ("left", "right")]
    assert [len(lines) for lines in sides] == [9, 9]
    assert all("np.copied_" in line["text"] for lines in sides for line in lines)
    page = browser.get(f"/similarity/cp00/{one}/{other}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count('<tr class="alike">') == 18
    assert '<a id="one-1" href="#other-1">part 1</a>' in page
    assert '<a id="other-1" href="#one-1">part 1</a>' in page


@pytest.mark.parametrize("viewer", [Viewer(Role.STUDENT, "ana"), Viewer(Role.GRADER, "gus")])
def test_it_is_for_instructors_alone(enter: Enter, hand_in: HandIn, viewer: Viewer) -> None:
    numbers = [hand_in(student, "x = 1") for student in ("ana", "ben")]
    browser = enter(viewer)
    assert browser.get("/similarity/cp00").status == 403
    assert browser.get(f"/similarity/cp00/{numbers[0]}/{numbers[1]}").status == 403
    assert "/similarity" not in browser.get("/checkpoints").text
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("similarity-")]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("cp99", 400),
        ("cp00/1/1", 400),
        ("cp00/1/x", 400),
        ("cp00/1/99", 404),
        ("cp01/1/2", 404),
    ],
)
def test_what_is_not_there(enter: Enter, hand_in: HandIn, path: str, status: int) -> None:
    for student in ("ana", "ben"):
        hand_in(student, "x = 1")
    refused = enter(INSTRUCTOR).get(f"/similarity/{path}")
    assert refused.status == status
    assert "To the first page" in refused.text


def test_a_submission_of_another_checkpoint_is_none_of_this_one(enter: Enter, hand_in: HandIn) -> None:
    numbers = [hand_in(student, "x = 1") for student in ("ana", "ben")]
    refused = enter(INSTRUCTOR).get(f"/similarity/cp01/{numbers[0]}/{numbers[1]}")
    assert f"has no accepted submission number {numbers[0]}" in refused.text


def test_nobody_has_handed_in(enter: Enter) -> None:
    assert "Nobody has handed in this checkpoint." in enter(INSTRUCTOR).get("/similarity/cp03").text


def test_what_cannot_be_read_is_counted(enter: Enter, hand_in: HandIn, gradebook: Gradebook) -> None:
    hand_in("ana", program("one"))
    vanished = samples.hand_in(gradebook, "ben", "not in the store", 0).id
    browser = enter(INSTRUCTOR)
    found = compared(browser)
    assert (found["compared"], found["unreadable"], found["pairs"]) == (2, 1, [])
    assert "1 could not be read" in browser.get("/similarity/cp00").text
    refused = browser.get(f"/similarity/cp00/1/{vanished}")
    assert refused.status == 404
    assert "cannot be read" in refused.text


def test_a_course_without_the_notebooks(enter: Enter, gradebook: Gradebook) -> None:
    samples.hand_in(gradebook, number=15)
    browser = enter(INSTRUCTOR)
    browser.get("/similarity/cp15")
    wait()
    page = browser.get("/similarity/cp15").text
    assert "could not be compared" in page
    assert "Try again" in page


def test_names_are_text(enter: Enter, gradebook: Gradebook, hand_in: HandIn) -> None:
    with gradebook.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry(name, "<script>alert(1)</script>", None, "<b>") for name in ("eve", "mal")])
    one, other = hand_in("eve", program("one")), hand_in("mal", program("one"))
    browser = enter(INSTRUCTOR)
    assert len(compared(browser)["pairs"]) == 1
    for path in ("/similarity/cp00", f"/similarity/cp00/{one}/{other}"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_one_comparison_of_a_checkpoint_at_a_time(course: Course) -> None:
    """The second asks for nothing while the first goes on; and a fault of ours is told, not kept for ever."""
    comparisons = Comparisons()
    with comparisons._turn:
        first = comparisons.start(course, CHECKPOINT, [Entry(1, stored(course, program("one")))])
        assert first is not None
        assert comparisons.start(course, CHECKPOINT, []) is None
        assert comparisons.state(CHECKPOINT).running
    first.join(60)
    state = comparisons.state(CHECKPOINT)
    assert (state.running, len(state.entries), state.problem) == (False, 1, "")


def test_a_fault_of_ours_is_told(
    course: Course, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tito.hub.pages.comparisons.compare", lambda prints: prints.nonsense)
    comparisons = Comparisons()
    thread = comparisons.start(course, CHECKPOINT, [])
    assert thread is not None
    thread.join(60)
    state = comparisons.state(CHECKPOINT)
    assert (state.running, state.found) == (False, None)
    assert "on our side" in state.problem
    assert "nonsense" in caplog.text
