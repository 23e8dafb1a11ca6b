from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.notebooks.document import NotebookError
from tito.notebooks.structure import AssignmentStructure, read_structure

from .builder import FILE, STUB, FakeCourse, code, dump, nbgrader, notebook, source_notebook, text


def test_roles_points_and_stubs_are_read(structure: AssignmentStructure) -> None:
    (book,) = structure.notebooks
    assert (book.file, book.module, book.language) == (FILE, "core.tensor", "python")
    assert [cell.role for cell in book.cells] == [
        "given", "given", "locked", "solution", "test", "solution", "test", "written", "given",
    ]  # fmt: skip
    assert book.by_id["double"].released == STUB
    assert [cell.exported for cell in book.cells] == [
        False,
        False,
        True,
        True,
        False,
        True,
        False,
        False,
        False,
    ]
    assert structure.tests["test-triple"].points == Decimal("2.5")
    assert structure.automatic_points == Decimal("6.5")
    assert structure.written_points == 10
    assert list(structure.written) == ["reflect-1"]


def test_the_digest_follows_every_change_of_a_cell(mini: Any, foundation: Checkpoint) -> None:
    path = Path(mini.paths.source) / foundation.slug / FILE
    digests = {AssignmentStructure.read(mini, foundation).digest}
    for change in (
        lambda cells: cells[4].update(source="check(double(3), 6, 'double')"),
        lambda cells: cells[4]["metadata"]["nbgrader"].update(points=5),
        lambda cells: cells[2]["metadata"]["nbgrader"].update(locked=False),
        lambda cells: cells.pop(),
    ):
        content = source_notebook()
        change(content["cells"])
        path.write_bytes(dump(content))
        digests.add(AssignmentStructure.read(mini, foundation).digest)
    assert len(digests) == 5


def test_a_changed_file_of_the_same_size_is_read_again(mini: Any, foundation: Checkpoint) -> None:
    path = Path(mini.paths.source) / foundation.slug / FILE
    before = AssignmentStructure.read(mini, foundation)
    path.write_bytes(path.read_bytes().replace(b"secret_factor = 2", b"secret_factor = 3"))
    os.utime(path, ns=(1, 1))
    assert AssignmentStructure.read(mini, foundation).digest != before.digest


def test_a_missing_notebook_is_named(mini: Any, foundation: Checkpoint) -> None:
    (Path(mini.paths.source) / foundation.slug / FILE).unlink()
    with pytest.raises(NotebookError, match="does not exist") as caught:
        AssignmentStructure.read(mini, foundation)
    assert FILE in str(caught.value)


EXP = code("#| default_exp core.tensor")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([code("#| export\nx = 1")], "no cell says"),
        ([code("#| default_exp core.other"), code("#| export\nx = 1")], "exports to 'core.other'"),
        ([EXP, code("a", nbgrader("a", grade=True))], "no points"),
        ([EXP, code("a", nbgrader("a", grade=True, points=-1))], "no points"),
        ([EXP, code("a", nbgrader("a", solution=True)), code("b", nbgrader("a", solution=True))], "twice"),
        ([EXP, code("a", nbgrader("a b", solution=True))], "grade_id is 'a b'"),
        ([EXP, text("a", nbgrader("a", task=True, points=2))], "task cell"),
        ([EXP, text("a", nbgrader("a", grade=True, points=2))], "must be a code cell"),
        ([EXP, text("a", nbgrader("a", solution=True))], "no points"),
        ([EXP, code("### BEGIN SOLUTION\n### END SOLUTION")], "not a solution cell"),
    ],
)
def test_markup_that_cannot_be_graded_is_refused_with_its_place(cells: list[Any], says: str) -> None:
    with pytest.raises(NotebookError, match=says) as caught:
        read_structure(dump(notebook(*cells)), FILE, "core.tensor")
    assert FILE in (caught.value.where or "")


def test_a_test_cell_is_never_exported() -> None:
    cells = [EXP, code("#| export\ncheck(1, 1, 'x')", nbgrader("test-x", grade=True, locked=True, points=1))]
    assert not read_structure(dump(notebook(*cells)), FILE, "core.tensor").cells[1].exported


def test_grade_ids_are_unique_in_a_checkpoint_of_several_notebooks(tmp_path: Path) -> None:
    course, language = FakeCourse(tmp_path), find_checkpoint("10")
    folder = course.paths.source / language.slug
    folder.mkdir(parents=True)
    for module, grade_id in zip(language.modules, ("encode", "embed"), strict=True):
        cells = [code(f"#| default_exp {module.export}"), code("#| export\nx", nbgrader(grade_id, solution=True))]
        (folder / f"{module.slug}.ipynb").write_bytes(dump(notebook(*cells)))
    structure = AssignmentStructure.read(course, language)  # type: ignore[arg-type]
    assert [book.module for book in structure.notebooks] == ["core.tokenization", "core.embeddings"]
    path = folder / f"{language.modules[1].slug}.ipynb"
    path.write_bytes(path.read_bytes().replace(b'"embed"', b'"encode"'))
    with pytest.raises(NotebookError, match=r"also used in 10_tokenization.ipynb"):
        AssignmentStructure.read(course, language)  # type: ignore[arg-type]
