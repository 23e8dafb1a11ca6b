"""The page of one submission: verdicts, evidence, code, comparisons, and what a student sees of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.gradebook import samples
from tests.hub.pages.conftest import Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course, Paths
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.publication import publish, roll_back
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views.submission import MOST_LINES, _diff
from tito.notebooks.store import Store
from tito.sandbox.program import CellSource

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
ANA = Viewer(Role.STUDENT, "ana")


def graded(gradebook: Gradebook, content: str = "one", graders: str = "g1") -> int:
    samples.graders(gradebook, graders)
    handed_in = samples.hand_in(gradebook, content=content)
    samples.grade(
        gradebook,
        handed_in,
        samples.outcome("test_sum", "1", "4"),
        samples.outcome("test_open", "0", "2", public=True),
        samples.outcome("test_sum", "0", "4", mode="cumulative"),
        samples.outcome("test_open", "2", "2", mode="cumulative", public=True),
        graders=graders,
    )
    assert handed_in.id is not None
    return handed_in.id


def show(gradebook: Gradebook, course: Course) -> int:
    with gradebook.begin("instructor:ira") as work:
        number, _ = publish(work, course, CHECKPOINTS[1], note="graded")
    assert number is not None
    return number


def lines(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["test"]: line for part in data["parts"] for line in part["lines"]}


def test_both_modes_stand_beside_each_other(enter: Enter, gradebook: Gradebook) -> None:
    number = graded(gradebook)
    browser = enter(INSTRUCTOR)
    data = browser.json(f"/submissions/{number}")
    assert (data["earned"], data["possible"]) == ("1", "6")
    line = lines(data)["test_sum"]
    assert (line["isolated"]["verdict"], line["cumulative"]["inherited_from"]) == ("failed", 0)
    assert line["isolated"]["counterexample"]["runnable"] == "Tensor([[1.]]).sum(0)"
    page = browser.get(f"/submissions/{number}").text
    assert "shape (2,) where (2, 1) was expected" in page
    assert "\x1b" not in page
    assert "namespaces" in page


def test_a_student_sees_nothing_before_publication(enter: Enter, gradebook: Gradebook, course: Course) -> None:
    number = graded(gradebook)
    browser = enter(ANA)
    before = browser.json(f"/submissions/{number}")
    assert (before["earned"], before["parts"], before["receipt"]) == (None, [], {})
    publication = show(gradebook, course)
    assert browser.json(f"/submissions/{number}")["earned"] == "1"
    with gradebook.begin("instructor:ira") as work:
        roll_back(work, publication, reason="too early")
    assert browser.json(f"/submissions/{number}")["earned"] is None


def test_a_student_sees_of_hidden_tests_what_the_policy_says(
    enter: Enter, gradebook: Gradebook, course: Course
) -> None:
    number = graded(gradebook)
    show(gradebook, course)
    hidden = next(line for line in lines(enter(ANA).json(f"/submissions/{number}")).values() if not line["public"])
    assert hidden["test"] == "a hidden test"
    assert hidden["isolated"]["counterexample"] is None
    assert hidden["isolated"]["hint"] == "look at the axis"
    assert hidden["isolated"]["detail"] == hidden["isolated"]["output"] == ""


def test_a_regrade_that_is_not_published_is_seen_nowhere(enter: Enter, gradebook: Gradebook, course: Course) -> None:
    number = graded(gradebook)
    show(gradebook, course)
    samples.graders(gradebook, "g2")
    regraded = samples.outcome("test_sum", "4", "4")
    samples.grade(gradebook, samples.hand_in(gradebook, content="one"), regraded, graders="g2")
    browser = enter(ANA)
    assert browser.json(f"/submissions/{number}")["earned"] == "1"
    assert browser.json("/students/ana")["steps"][1]["attempts"][0]["earned"] == "1"
    assert enter(INSTRUCTOR).json("/students/ana")["steps"][1]["attempts"][0]["earned"] == "4"
    show(gradebook, course)
    assert browser.json(f"/submissions/{number}")["earned"] == "4"
    assert browser.json("/students/ana")["steps"][1]["attempts"][0]["earned"] == "4"


class TestWhereNoRegradeLowersAGrade:
    @pytest.fixture
    def course(self) -> Course:
        return samples.course(auto_share="1", never_lowers=True)

    def test_what_an_earlier_grading_gave_is_one_number_for_everybody(
        self, enter: Enter, gradebook: Gradebook, course: Course
    ) -> None:
        samples.graders(gradebook, "g1")
        handed_in = samples.hand_in(gradebook)
        samples.grade(gradebook, handed_in, samples.outcome("test_sum", "3"))
        show(gradebook, course)
        samples.graders(gradebook, "g2")
        samples.grade(gradebook, handed_in, samples.outcome("test_sum", "1"), graders="g2")
        staff = enter(INSTRUCTOR)
        page = f"/submissions/{handed_in.id}"
        kept = staff.json(page)
        assert (kept["earned"], kept["possible"], kept["score"], kept["kept"]) == ("3", "4", "75", True)
        assert "kept from an earlier grading" in staff.get(page).text
        first = staff.json(f"{page}?result={kept['results'][0]['result']}")
        assert (first["earned"], first["kept"]) == ("3", False)
        with gradebook.begin("instructor:ira") as work:
            override(
                work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(80), reason="so that there is news"
            )
        show(gradebook, course)
        own = enter(ANA)
        seen = own.json(page)
        assert (seen["earned"], seen["possible"], seen["published"], seen["kept"]) == ("3", "4", "80", True)
        (attempt,) = own.json("/my")["steps"][1]["attempts"]
        assert (attempt["earned"], attempt["possible"]) == ("3", "4")


def test_another_students_submission_is_as_secret_as_none(enter: Enter, gradebook: Gradebook) -> None:
    number = graded(gradebook)
    browser = enter(Viewer(Role.STUDENT, "ben"))
    assert browser.get(f"/submissions/{number}").status == browser.get("/submissions/999").status == 403
    assert enter(Viewer(Role.GRADER, "gus", frozenset({"B"}))).get(f"/submissions/{number}").status == 403


@pytest.mark.parametrize(("path", "status"), [("999", 404), ("none", 400), ("0", 400), ("9" * 30, 400)])
def test_a_submission_that_is_not_there(enter: Enter, path: str, status: int) -> None:
    refused = enter(INSTRUCTOR).get(f"/submissions/{path}")
    assert refused.status == status
    assert "To the first page" in refused.text


def test_older_results_stay_to_be_seen(enter: Enter, gradebook: Gradebook) -> None:
    number = graded(gradebook)
    samples.graders(gradebook, "g2")
    samples.grade(
        gradebook, samples.hand_in(gradebook, content="one"), samples.outcome("test_sum", "4", "4"), graders="g2"
    )
    browser = enter(INSTRUCTOR)
    newest = browser.json(f"/submissions/{number}")
    assert newest["earned"] == "4"
    first, second = [one["result"] for one in newest["results"]]
    assert second == newest["result"]
    assert browser.json(f"/submissions/{number}?result={first}")["earned"] == "1"
    assert browser.get(f"/submissions/{number}?result=77").status == 400


class TestCode:
    """With real notebooks: the release as it was given out, and a changed one."""

    @pytest.fixture
    def course(self, tmp_path: Path) -> Course:
        paths = Paths(tmp_path, ROOT / "source", ROOT / "release", tmp_path, tmp_path, tmp_path)
        return replace(samples.course(), paths=paths)

    def hand_in(self, gradebook: Gradebook, course: Course, line: str) -> int:
        checkpoint = CHECKPOINTS[0]
        name = f"{checkpoint.modules[0].slug}.ipynb"
        notebook = json.loads((ROOT / "release" / checkpoint.slug / name).read_text(encoding="utf-8"))
        cell = next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("solution"))
        text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        cell["source"] = text.replace("raise NotImplementedError()", line)
        digest = Store(course.paths.store).put({name: json.dumps(notebook).encode()})
        with gradebook.begin("student:ana") as work:
            number = record_submission(work, student_id="ana", checkpoint=checkpoint, digest=digest).id
        assert number is not None
        return number

    def test_code_and_comparisons(self, enter: Enter, gradebook: Gradebook, course: Course) -> None:
        self.hand_in(gradebook, course, "return 1")
        number = self.hand_in(gradebook, course, "return '</script><script>alert(1)</script>'")
        browser = enter(INSTRUCTOR)
        page = browser.get(f"/submissions/{number}").text
        assert "return &#39;&lt;/script&gt;" in page
        assert "<script>alert" not in page

        def changes(against: str) -> list[tuple[str, str]]:
            data = browser.json(f"/submissions/{number}?against={against}")
            return [
                (line["kind"], line["text"].strip())
                for diff in data["diffs"]
                for line in diff["lines"]
                if line["kind"] in ("added", "removed")
            ]

        mine = ("added", "return '</script><script>alert(1)</script>'")
        assert changes("previous") == [("removed", "return 1"), mine]
        assert changes("release") == [("removed", "raise NotImplementedError()"), mine]
        assert mine in changes("solution")
        assert len(changes("solution")) > 2

    def test_the_solution_is_for_staff(self, enter: Enter, gradebook: Gradebook, course: Course) -> None:
        number = self.hand_in(gradebook, course, "return 1")
        browser = enter(ANA)
        assert browser.get(f"/submissions/{number}?against=release").status == 200
        assert browser.get(f"/submissions/{number}?against=solution").status == 403
        assert "against=solution" not in browser.get(f"/submissions/{number}").text
        assert browser.get(f"/submissions/{number}?against=previous").status == 400


def test_a_comparison_is_worked_out_once_and_only_of_what_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages wait for it."""
    compared: list[int] = []
    unified_diff = difflib.unified_diff

    def count(before: list[str], after: list[str], **more: Any) -> Iterator[str]:
        compared.append(len(before))
        return unified_diff(before, after, **more)

    monkeypatch.setattr(difflib, "unified_diff", count)
    old, new = ([CellSource("cell 1", f"compared_once = {number}")] for number in (1, 2))
    first = _diff("01_tensor", old, new)
    assert [(line.kind, line.text) for line in first.lines if line.kind != "same"] == [
        ("gap", ""),
        ("removed", "compared_once = 1"),
        ("added", "compared_once = 2"),
    ]
    assert _diff("01_tensor", old, new) == first
    assert len(compared) == 1
    too_many = [CellSource("cell 1", "pass\n" * MOST_LINES)]
    assert _diff("01_tensor", old, too_many).note == f"more than {MOST_LINES} lines are not compared"
    assert len(compared) == 1
