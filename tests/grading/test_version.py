"""What a grade depends on is in the version of the graders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.grading import mini
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import load_course
from tito.data import VARIABLE
from tito.errors import TitoError
from tito.grading.lanes import _environment
from tito.grading.version import grader_version


def test_the_data_of_a_milestone_is_part_of_its_version_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    course = mini.build(tmp_path / "course")
    before = [grader_version(course, checkpoint) for checkpoint in CHECKPOINTS[:9]]
    other = tmp_path / "data"
    other.mkdir()
    np.savez(other / "mnist_10k.npz", images=np.zeros((1000, 28, 28), np.uint8), labels=np.zeros(1000, np.uint8))
    config = course.root / "course_config.py"
    config.write_text(config.read_text() + f"c.TitoCourse.data_folder = {str(other)!r}\n")
    after = [grader_version(load_course(course.root), checkpoint) for checkpoint in CHECKPOINTS[:9]]
    assert [number for number in range(9) if before[number] != after[number]] == [7]


def test_a_data_folder_that_holds_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    course = mini.build(tmp_path / "course")
    config = course.root / "course_config.py"
    config.write_text(config.read_text() + 'c.TitoCourse.data_folder = "nothing-here"\n')
    with pytest.raises(TitoError, match="no pictures of digits in this folder") as refused:
        grader_version(load_course(course.root), CHECKPOINTS[7])
    assert "c.TitoCourse.data_folder" in str(refused.value)


def test_lanes_grade_on_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "somewhere")
    assert _environment(tmp_path)[VARIABLE] == "somewhere"
    monkeypatch.delenv(VARIABLE)
    assert VARIABLE not in _environment(tmp_path)
