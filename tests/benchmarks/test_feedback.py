"""From submit to feedback, in small: both sides are measured, and each on its own lanes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import feedback, feedback_grader
from benchmarks.registry import Size
from tests.grading import mini
from tito.grading.lanes import run_lanes


@pytest.mark.slow
def test_feedback_comes_by_kept_lanes_and_by_fresh_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "FOLDER", tmp_path)
    monkeypatch.setattr(feedback, "draw_deals", lambda _course: None)  # each is drawn when it is met
    median, ratio = feedback.run(Size(small=True))
    assert dict(median.sides)["ours"] == dict(ratio.sides)["kept lanes"] > 0
    assert dict(ratio.sides)["fresh lanes"] > 0


def test_every_other_submission_is_graded_on_fresh_lanes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = mini.build(tmp_path / "course")
    monkeypatch.setattr(feedback_grader, "grade_pending", lambda *_, run: run)
    kept: Any = object()
    used: list[Any] = []
    with mini.enrol(course, "ana") as gradebook:
        for number in range(4):
            content = f"#| export\n# {number}"
            assert (
                mini.submit(course, gradebook, "ana", mini.CP01, mini.handin(mini.CP01, double=content)) == number + 1
            )
            used.append(feedback_grader.grade(course, gradebook, run=kept))
    assert used == [kept, run_lanes, kept, run_lanes]
