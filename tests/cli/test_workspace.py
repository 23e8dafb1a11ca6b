from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.cli.workspace import Workspace, current, digest_of
from tito.course.checkpoints import MODULES
from tito.course.config import Course
from tito.errors import TitoError

SETUP, TENSOR, ACTIVATIONS = MODULES[:3]


@pytest.fixture
def workspace(course: Course) -> Workspace:
    return Workspace(course)


def write(workspace: Workspace, content: bytes) -> Path:
    path = workspace.notebook(TENSOR)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_module_starts_with_the_release(workspace: Workspace) -> None:
    path, kept = workspace.start(TENSOR)
    assert path == workspace.course.root / "assignments" / "cp01_foundation" / "01_tensor.ipynb"
    assert path.read_bytes() == workspace.release(TENSOR).read_bytes()
    assert kept is None


def test_a_started_module_is_not_overwritten(workspace: Workspace) -> None:
    path, _ = workspace.start(TENSOR)
    path.write_text("my work")
    with pytest.raises(TitoError, match="you have started module 01_tensor already"):
        workspace.start(TENSOR)
    assert path.read_text() == "my work"


def test_beginning_anew_keeps_what_was_there(workspace: Workspace) -> None:
    path, _ = workspace.start(TENSOR)
    kept = []
    for number in range(3):
        path.write_text(f"my work {number}")
        _, place = workspace.start(TENSOR, force=True)
        assert place is not None
        kept.append(place)
    assert [place.read_text() for place in kept] == ["my work 0", "my work 1", "my work 2"]
    assert path.read_bytes() == workspace.release(TENSOR).read_bytes()


def test_a_module_without_a_release_says_who_makes_it(workspace: Workspace) -> None:
    with pytest.raises(TitoError, match="not released yet") as caught:
        workspace.start(ACTIVATIONS)
    assert "tito assignment release" in str(caught.value.next_step)


def test_standing_counts_steps_answers_and_tests(workspace: Workspace) -> None:
    assert workspace.standing(TENSOR).state == "todo"
    workspace.start(TENSOR)
    begun = workspace.standing(TENSOR)
    assert (begun.state, begun.written, begun.steps, begun.checks) == ("part", 0, 2, 2)
    assert begun.next_step == "double (cell 2)"
    done = mini.handin(CP01)["01_tensor.ipynb"]
    write(workspace, done)
    finished = workspace.standing(TENSOR)
    assert (finished.written, finished.next_step, finished.share) == (2, None, 1.0)
    assert (finished.answers, finished.answered) == (1, 1)


def test_a_test_is_of_one_version_of_the_notebook(workspace: Workspace) -> None:
    path = write(workspace, mini.handin(CP01)["01_tensor.ipynb"])
    workspace.note_test(TENSOR, digest_of(path), 2, 2)
    assert workspace.standing(TENSOR).state == "ready"
    workspace.note_completed(TENSOR)
    assert Workspace(workspace.course).standing(TENSOR).state == "done"
    path.write_bytes(path.read_bytes() + b"\n")
    changed = workspace.standing(TENSOR)
    assert (changed.state, changed.tested_this, changed.completed) == ("part", False, False)


def test_a_test_that_fails_later_takes_the_completion_back(workspace: Workspace) -> None:
    path = write(workspace, mini.handin(CP01)["01_tensor.ipynb"])
    workspace.note_test(TENSOR, digest_of(path), 2, 2)
    workspace.note_completed(TENSOR)
    workspace.note_test(TENSOR, digest_of(path), 2, 2)
    assert workspace.standing(TENSOR).state == "done"
    workspace.note_test(TENSOR, digest_of(path), 1, 2)
    assert workspace.standing(TENSOR).state == "part"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"modules": 3, "submitted": {}}', '{"modules": {"x": 1}, "submitted": {}}']
)
def test_damaged_notes_are_forgotten(workspace: Workspace, content: str) -> None:
    write(workspace, mini.handin(CP01)["01_tensor.ipynb"])
    workspace.course.paths.state.mkdir(exist_ok=True)
    (workspace.course.paths.state / "progress.json").write_text(content)
    assert Workspace(workspace.course).standing(TENSOR).state == "part"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"cells": 3, "nbformat": 4}'])
def test_a_broken_notebook_is_a_problem_in_the_status(workspace: Workspace, content: bytes) -> None:
    write(workspace, content)
    found = workspace.standing(TENSOR)
    assert found.state == "part"
    assert found.problem is not None
    assert "01_tensor.ipynb" in found.problem


def test_the_checkpoint_to_work_on(workspace: Workspace) -> None:
    first = current(workspace.checkpoints())
    assert first is not None
    assert first.checkpoint is CP00
    write(workspace, mini.handin(CP01)["01_tensor.ipynb"])
    begun = current(workspace.checkpoints())
    assert begun is not None
    assert begun.checkpoint is CP01
    workspace.note_submitted(CP01, "0" * 64)
    after = current(workspace.checkpoints())
    assert after is not None
    assert after.checkpoint is CP00
    assert workspace.checkpoint(CP01).state == "done"


def test_nothing_outside_the_course_is_written(workspace: Workspace) -> None:
    workspace.start(SETUP)
    workspace.note_test(SETUP, digest_of(workspace.notebook(SETUP)), 0, 1)
    changed = {path.relative_to(workspace.course.root).parts[0] for path in workspace.course.root.rglob("*")}
    assert {"assignments", ".tito"} <= changed
    assert json.loads((workspace.course.paths.state / "progress.json").read_text())["modules"]["00_setup"]["total"] == 1
