from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tito.course.checkpoints import Checkpoint
from tito.notebooks.assemble import assemble
from tito.notebooks.document import NotebookError
from tito.notebooks.leaks import LeakError
from tito.notebooks.release import release
from tito.notebooks.structure import AssignmentStructure

from .builder import FILE, STUB, FakeCourse


def edit(course: FakeCourse, change: Callable[[Any], object]) -> None:
    path = course.paths.source / "cp01_foundation" / FILE
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content))
    os.utime(path, ns=(path.stat().st_mtime_ns + 1, path.stat().st_mtime_ns + 1))


def test_the_release_is_valid_and_untouched(mini: Any, foundation: Checkpoint) -> None:
    done = release(mini, foundation)
    assert done.changed == (FILE,)
    path = done.folder / FILE
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    assert content.cells[3].source == STUB
    assert content.cells[4].metadata.editable is False
    handin = assemble(AssignmentStructure.read(mini, foundation), {FILE: path.read_bytes()})
    assert handin.untouched == ("double", "triple")
    assert handin.notes == ()
    assert "secret_factor" not in path.read_text()


def test_checking_tells_whether_the_release_is_current(mini: Any, foundation: Checkpoint) -> None:
    assert not release(mini, foundation, check_only=True).current
    assert not mini.paths.release.exists()
    folder = release(mini, foundation).folder
    first = (folder / FILE).read_bytes()
    assert release(mini, foundation, check_only=True).current
    (folder / FILE).write_text((folder / FILE).read_text().replace("A story", "A tale"))
    (folder / "stray.txt").write_text("x")
    assert release(mini, foundation, check_only=True).changed == (FILE, "stray.txt")
    release(mini, foundation)
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert (folder / FILE).read_bytes() == first


def test_nbgrader_knows_the_assignment_and_nothing_is_left_behind(mini: Any, foundation: Checkpoint) -> None:
    from nbgrader.api import Gradebook

    release(mini, foundation)
    assert [path.name for path in mini.paths.state.iterdir()] == ["nbgrader.db"]
    with Gradebook(f"sqlite:///{mini.paths.state / 'nbgrader.db'}", "tinytorch") as book:
        assert sum(cell.max_score for cell in book.find_notebook("01_tensor", "cp01_foundation").grade_cells) == 16.5
        assert {cell.name for cell in book.find_notebook("01_tensor", "cp01_foundation").solution_cells} == {
            "double", "triple", "reflect-1",
        }  # fmt: skip


def test_files_beside_the_notebook_are_released_too(mini: Any, foundation: Checkpoint) -> None:
    picture = mini.paths.source / "cp01_foundation" / "images" / "a.png"
    picture.parent.mkdir()
    picture.write_bytes(b"\x89PNG\xff")
    assert release(mini, foundation, check_only=True).changed == (FILE, "images/a.png")


LEAKS: dict[str, Callable[[Any], object]] = {
    "in a cell's metadata": lambda content: content["cells"][0]["metadata"].update(note="secret_factor = 2"),
    "in a key of the metadata": lambda content: content["cells"][0]["metadata"].update({"secret_factor = 2": 1}),
    "in the notebook's metadata": lambda content: content["metadata"].update(x=["return  x * secret_factor"]),
    "in an attachment": lambda content: content["cells"][0].update(
        attachments={"a.txt": {"text/plain": "c2VjcmV0X2ZhY3RvciA9IDI="}}
    ),
    "a path of the graders": lambda content: content["cells"][8].update(source="open('graders/cp01/test_x.py')"),
    "the oracle": lambda content: content["cells"][8].update(source="import tinytorch_ref as tt"),
    "a mark in metadata": lambda content: content["cells"][0]["metadata"].update(x="### BEGIN HIDDEN TESTS"),
}


@pytest.mark.parametrize("place", LEAKS)
def test_a_leak_is_refused_before_anything_is_written(mini: Any, foundation: Checkpoint, place: str) -> None:
    edit(mini, LEAKS[place])
    with pytest.raises(LeakError) as caught:
        release(mini, foundation)
    assert FILE in (caught.value.where or "")
    assert not mini.paths.release.exists()
    assert list(mini.paths.state.iterdir()) == []


def test_a_leak_in_a_file_beside_is_refused(mini: Any, foundation: Checkpoint) -> None:
    (mini.paths.source / "cp01_foundation" / "backup.py").write_text("def double(x):\n    secret_factor = 2\n")
    with pytest.raises(LeakError) as caught:
        release(mini, foundation)
    assert "backup.py" in (caught.value.where or "")


def test_hidden_tests_and_outputs_never_come_through(mini: Any, foundation: Checkpoint) -> None:
    def change(content: Any) -> None:
        content["cells"][4]["source"] += "\n### BEGIN HIDDEN TESTS\ncheck(double(99), 198)\n### END HIDDEN TESTS"
        content["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "secret_factor = 2"}]

    edit(mini, change)
    text = (release(mini, foundation).folder / FILE).read_text()
    assert "198" not in text
    assert "secret_factor" not in text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content["cells"][3]["metadata"]["nbgrader"].pop("locked"), "nbgrader refuses"),
        (lambda content: content["cells"][3].update(source="### BEGIN SOLUTION\nx"), "not closed"),
    ],
)
def test_a_source_that_nbgrader_refuses_is_named(
    mini: Any, foundation: Checkpoint, change: Callable[[Any], object], says: str
) -> None:
    edit(mini, change)
    with pytest.raises(NotebookError, match=says) as caught:
        release(mini, foundation)
    assert "cp01_foundation" in str(caught.value) or FILE in str(caught.value)
    assert caught.value.next_step
    assert not mini.paths.release.exists()


def test_a_relative_working_folder_is_left_as_it_was(
    mini: Any, foundation: Checkpoint, tmp_path: Path, in_folder: Callable[[Path], None]
) -> None:
    in_folder(tmp_path)
    release(mini, foundation)
    assert Path.cwd() == tmp_path
