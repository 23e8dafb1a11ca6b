from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.notebooks.document import NotebookError
from tito.notebooks.pairing import HEADER, PairedCell, Synced, cells_of_text, sync, text_of_cells

from .builder import FILE, FakeCourse, source_notebook

TEXT = (
    HEADER
    + """\
# %% [markdown]
# # Tensors
#
# A story with a line.

# %%
#| default_exp core.tensor

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true}
#| export
def double(x):
    ### BEGIN SOLUTION
    return x * 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-double", "locked": true, "points": 4.5, V3, "solution": false}
check(double(2), 4, "double")

# %% tags=["slow"]
# %matplotlib inline
print("# not a cell")

# %%

# %% [raw]
# raw
""".replace("V3", '"schema_version": 3')
)


@pytest.fixture
def course(tmp_path: Path) -> FakeCourse:
    (tmp_path / "reference_impl").mkdir()
    (tmp_path / "reference_impl" / "01_tensor.py").write_text(TEXT)
    return FakeCourse(tmp_path)


Run = Callable[..., Synced]


@pytest.fixture
def run(course: FakeCourse, foundation: Checkpoint) -> Run:
    def once(**options: Any) -> Synced:
        (done,) = sync(course, [foundation], **options)  # type: ignore[arg-type]
        return done

    return once


def paths(course: FakeCourse) -> tuple[Path, Path]:
    return course.paths.reference_impl / "01_tensor.py", course.paths.source / "cp01_foundation" / FILE


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_notebook_is_made_from_the_text(course: FakeCourse, run: Run) -> None:
    assert run().action == "text to notebook"
    _, notebook = paths(course)
    content = nbformat.read(notebook, as_version=4)
    nbformat.validate(content)
    MetadataValidator().validate_nb(content)
    assert [cell.cell_type for cell in content.cells] == ["markdown", *["code"] * 5, "raw"]
    assert content.cells[3].metadata.nbgrader.points == 4.5
    assert content.cells[4].source == '%matplotlib inline\nprint("# not a cell")'
    assert [cell.id for cell in content.cells[:5]] == [
        "start--1",
        "start--2",
        "double",
        "test-double",
        "test-double--1",
    ]


def test_a_second_sync_changes_nothing_and_the_text_survives_byte_for_byte(course: FakeCourse, run: Run) -> None:
    text, notebook = paths(course)
    run()
    first = notebook.read_bytes()
    assert (run().action, run().written) == ("unchanged", ())
    assert notebook.read_bytes() == first
    text.unlink()
    assert run().action == "notebook to text"
    assert text.read_text() == TEXT
    notebook.unlink()
    assert run().action == "text to notebook"
    assert notebook.read_bytes() == first


def test_an_edit_of_the_text_goes_to_the_notebook(course: FakeCourse, run: Run) -> None:
    run()
    text, notebook = paths(course)
    text.write_text(TEXT.replace("x * 2", "x + x"))
    os.utime(text, (1, 1))  # clocks play no part
    assert run().action == "text to notebook"
    assert "x + x" in notebook.read_text()
    assert run().action == "unchanged"


def test_an_edit_of_the_notebook_goes_to_the_text(course: FakeCourse, run: Run) -> None:
    run()
    text, notebook = paths(course)

    def change(content: Any) -> None:
        content["cells"][2]["source"] = (
            "#| export\ndef double(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"
        )
        content["cells"][3]["metadata"]["nbgrader"]["points"] = 6

    edit(notebook, change)
    os.utime(notebook, (1, 1))
    assert run().action == "notebook to text"
    assert text.read_text() == TEXT.replace("x * 2", "x + x").replace("4.5", "6")
    assert run().action == "unchanged"


def test_edits_on_both_sides_are_a_conflict_and_nothing_is_written(course: FakeCourse, run: Run) -> None:
    run()
    text, notebook = paths(course)
    text.write_text(TEXT.replace("A story", "A tale"))
    edit(notebook, lambda content: content["cells"][2].update(source="#| export\nx = 1"))
    before = (text.read_bytes(), notebook.read_bytes())
    with pytest.raises(
        NotebookError, match=r"01_tensor.py and 01_tensor.ipynb were changed since the last sync"
    ) as caught:
        run()
    assert "cell 1" in (caught.value.where or "")
    assert (text.read_bytes(), notebook.read_bytes()) == before


def test_the_same_edit_on_both_sides_is_none(course: FakeCourse, run: Run) -> None:
    run()
    text, notebook = paths(course)
    text.write_text(TEXT.replace("A story", "A tale"))
    source = "# Tensors\n\nA tale with a line."
    edit(notebook, lambda content: content["cells"][0].update(source=source))
    assert run().action == "unchanged"
    assert run().written == ()


def test_files_that_differ_without_a_recorded_sync_are_a_conflict(course: FakeCourse, run: Run) -> None:
    _, notebook = paths(course)
    notebook.parent.mkdir(parents=True)
    notebook.write_text(json.dumps(source_notebook()))
    with pytest.raises(NotebookError, match="no sync is recorded"):
        run()


def test_one_conflict_keeps_all_modules_from_being_written(course: FakeCourse) -> None:
    _, notebook = paths(course)
    notebook.parent.mkdir(parents=True)
    notebook.write_text(json.dumps(source_notebook()))
    (course.paths.reference_impl / "00_setup.py").write_text(TEXT)
    (course.paths.reference_impl / "02_activations.py").write_text("# ---\n# jupyter: [\n# ---\n\n# %%\nx")
    with pytest.raises(NotebookError):
        sync(course, CHECKPOINTS)  # type: ignore[arg-type]
    assert sorted(path.name for path in course.paths.source.rglob("*.ipynb")) == [FILE]


def test_outputs_and_noise_are_no_edit_and_are_cleaned(course: FakeCourse, run: Run) -> None:
    run()
    _, notebook = paths(course)
    clean = notebook.read_bytes()

    def execute(content: Any) -> None:
        content["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
        content["cells"][3]["execution_count"] = 7
        content["cells"][3]["metadata"].update(scrolled=True, trusted=True)
        content["cells"][3]["metadata"]["nbgrader"]["checksum"] = "abc"
        content["metadata"]["language_info"]["version"] = "3.12.1"

    edit(notebook, execute)
    done = run()
    assert (done.action, done.written) == ("unchanged", (notebook,))
    assert notebook.read_bytes() == clean


def test_checking_tells_and_writes_nothing(course: FakeCourse, run: Run) -> None:
    _, notebook = paths(course)
    done = run(check_only=True)
    assert (done.action, done.written) == ("text to notebook", (notebook,))
    assert not notebook.exists()


def test_an_own_header_is_kept(course: FakeCourse, run: Run) -> None:
    text, notebook = paths(course)
    own = TEXT.replace("display_name: Python 3", "display_name: My Kernel")
    text.write_text(own)
    run()
    edit(notebook, lambda content: content["cells"][0].update(source="# New"))
    run()
    assert "My Kernel" in text.read_text()
    assert "# # New\n" in text.read_text()


def test_what_the_text_cannot_hold_is_refused_before_writing(course: FakeCourse, run: Run) -> None:
    run()
    text, notebook = paths(course)
    edit(notebook, lambda content: content["cells"][2].update(source="x = 1\n# %%\ny = 2"))
    with pytest.raises(NotebookError, match="cannot hold") as caught:
        run()
    assert "cell 3" in (caught.value.where or "")
    assert text.read_text() == TEXT


def test_modules_that_have_no_content_yet_are_passed_over(tmp_path: Path) -> None:
    assert sync(FakeCourse(tmp_path), CHECKPOINTS) == ()  # type: ignore[arg-type]


def test_text_that_is_not_utf8_is_named(course: FakeCourse, run: Run) -> None:
    text, _ = paths(course)
    text.write_bytes(b"# %%\nx = '\xff'\n")
    with pytest.raises(NotebookError, match="cannot be read as a notebook") as caught:
        run()
    assert "01_tensor.py" in (caught.value.where or "")


sources = st.lists(
    st.sampled_from(
        ["x = 1", "%magic", "!ls", "# comment", "", "    y", "def f():", "'''", "# + x", "# %", "é \u2028"]
    ),
    max_size=5,
).map("\n".join)
metadata = st.sampled_from([{}, {"tags": ["a"]}, {"nbgrader": {"grade_id": "a b", "points": 0.1, "grade": True}}])
cells = st.builds(
    lambda kind, source, meta: PairedCell(kind, source.strip("\n"), json.dumps(meta, sort_keys=True)),
    st.sampled_from(["code", "markdown", "raw"]),
    sources,
    metadata,
)


@given(st.lists(cells, max_size=4).map(tuple))
def test_text_that_was_written_is_read_the_same_ever_after(value: tuple[PairedCell, ...]) -> None:
    once = text_of_cells(cells_of_text(text_of_cells(value)))
    assert text_of_cells(cells_of_text(once)) == once
