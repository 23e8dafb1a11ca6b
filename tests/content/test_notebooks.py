from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import jupytext
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions

from tests.content import notebooks
from tito.checks import CheckFailed, check, check_raises

AUTOMATIC, WRITTEN = 70, 30
MINUTES = {
    "00_setup": 60,
    "01_tensor": 180,
    "02_activations": 120,
    "03_layers": 150,
    "04_losses": 120,
    "05_autograd": 240,
    "06_optimizers": 150,
    "07_training": 180,
}
# What a test cell meets on a release: a stub, a name that a stub stopped, a value that is not there yet (None).
UNWRITTEN = (NotImplementedError, CheckFailed, NameError, AttributeError, TypeError)
BANDS = ["9-10", "7-8", "5-6", "3-4", "0-2"]

each_notebook = pytest.mark.parametrize("name", notebooks.NAMES)
TESTS = [(name, cell) for name in notebooks.NAMES for cell in notebooks.cells(name) if cell.is_test]
each_test = pytest.mark.parametrize(("name", "cell"), TESTS, ids=[cell.grade_id for _, cell in TESTS])


@cache
def _load(name: str, *, released: bool = False):  # type: ignore[no-untyped-def]
    """The names that a test cell of `name` sees: those of the modules before it, and its own."""
    with notebooks.earlier(name) as modules:
        found = [*modules.values(), notebooks.load(name, released=released)]
    return {key: value for module in found for key, value in vars(module).items() if key[0] != "_"}


def _namespace(name: str, *, released: bool = False) -> dict[str, object]:
    return _load(name, released=released) | {"np": np, "check": check, "check_raises": check_raises}


@each_notebook
def test_the_notebook_runs_from_top_to_bottom(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mpl.use("Agg")
    shown: list[Path] = []

    def show() -> None:
        shown.append(tmp_path / f"{name}_{len(shown)}.png")
        plt.savefig(shown[-1])
        plt.close()

    monkeypatch.setattr(plt, "show", show)
    with notebooks.earlier(name):
        _, printed = notebooks.run_everything(name)
    checks = sum(len(re.findall(r"\bcheck\w*\(", cell.source)) for cell in notebooks.cells(name) if cell.is_test)
    assert printed.count("ok: ") >= checks
    assert shown
    assert all(file.stat().st_size > 5000 for file in shown)


@each_test
def test_each_test_cell_passes_on_the_solution_alone(name: str, cell: notebooks.Cell) -> None:
    exec(cell.source, _namespace(name))


@each_test
def test_each_test_cell_fails_on_the_release(name: str, cell: notebooks.Cell) -> None:
    with pytest.raises(UNWRITTEN):
        exec(cell.source, _namespace(name, released=True))


@each_test
def test_no_check_passes_on_the_release(name: str, cell: notebooks.Cell) -> None:
    namespace = _namespace(name, released=True)
    passed: list[str] = []

    def counting(function):  # type: ignore[no-untyped-def]
        def counted(*args: object, **kwargs: object) -> None:
            function(*args, **kwargs)
            passed.append(str(args[2]))

        return counted

    namespace |= {"check": counting(check), "check_raises": counting(check_raises)}
    for statement in ast.parse(cell.source).body:
        try:
            exec(ast.unparse(statement), namespace)
        except UNWRITTEN:
            continue
    assert passed == []


@each_notebook
def test_points_are_seventy_and_thirty(name: str) -> None:
    cells = notebooks.cells(name)
    assert sum(cell.points for cell in cells if cell.is_test) == AUTOMATIC
    assert sum(cell.points for cell in cells if cell.is_written) == WRITTEN


@each_notebook
def test_nbgrader_accepts_the_metadata(name: str) -> None:
    book = jupytext.read(notebooks.FOLDER / f"{name}.py", fmt="py:percent")
    MetadataValidator().validate_nb(book)
    graded = [cell for cell in notebooks.cells(name) if cell.meta]
    ids = [cell.grade_id for cell in graded]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", grade_id) for grade_id in ids)
    for cell in graded:
        assert cell.meta["schema_version"] == 3
        assert cell.grade_id.startswith("test-") == cell.is_test
        assert cell.grade_id.startswith("reflect-") == cell.is_written
        assert cell.meta["locked"] is not cell.meta["solution"]
        assert ("BEGIN SOLUTION" in cell.source) is cell.meta["solution"]
    assert [cell.grade_id for cell in graded if cell.is_written] == ["reflect-1", "reflect-2", "reflect-3"]


@each_notebook
def test_nbgrader_leaves_the_questions_and_takes_the_answers(name: str) -> None:
    book = jupytext.read(notebooks.FOLDER / f"{name}.py", fmt="py:percent")
    before = {cell.metadata["nbgrader"]["grade_id"]: cell.source for cell in book.cells if "nbgrader" in cell.metadata}
    released, _ = ClearSolutions().preprocess(book, {})
    text = "\n".join(cell.source for cell in released.cells)
    for secret in ("Model answer", "Rubric", "SOLUTION", "9-10"):
        assert secret not in text
    for number in (1, 2, 3):
        question = next(c.source for c in released.cells if f"### Question {number}" in c.source)
        assert question.startswith(before[f"reflect-{number}"].split("<!--")[0].strip())
        assert question.endswith("YOUR ANSWER HERE")
    assert text.count("raise NotImplementedError()") >= 5


@each_notebook
def test_written_questions_have_a_model_answer_and_five_bands(name: str) -> None:
    for cell in notebooks.cells(name):
        if cell.is_written:
            question, answer = cell.source.split("<!-- BEGIN SOLUTION -->")
            assert question.startswith(f"### Question {cell.grade_id[-1]}")
            assert "**Model answer.**" in answer
            assert re.findall(r"^\| (\d+-\d+) \|", answer, re.MULTILINE) == BANDS


@each_notebook
def test_each_part_says_how_long_it_takes(name: str) -> None:
    text = "\n".join(cell.source for cell in notebooks.cells(name) if cell.kind == "markdown")
    parts = re.findall(r"^## (\d+) · .*\(about (\d+) min\)$", text, re.MULTILINE)
    assert [int(number) for number, _ in parts] == list(range(1, len(parts) + 1))
    assert len(re.findall(r"^## \d", text, re.MULTILINE)) == len(parts)
    assert sum(int(minutes) for _, minutes in parts) == MINUTES[name]
    table = re.findall(r"^\| (?:Build|Use|Reflect) \|.*\| (\d+) \|$", text, re.MULTILINE)
    assert sum(map(int, table)) == MINUTES[name]


def test_the_road_in_module_00_names_all_and_takes_about_twenty_hours() -> None:
    text = "\n".join(cell.source for cell in notebooks.cells("00_setup"))
    road = re.findall(r"^\| (\d\d) (\w+) \|.*\| (\d+) \|$", text, re.MULTILINE)
    assert {f"{number}_{name}": int(minutes) for number, name, minutes in road} == MINUTES
    assert set(MINUTES) == set(notebooks.NAMES)
    assert 19 * 60 <= sum(MINUTES.values()) <= 21 * 60


@each_notebook
def test_every_solution_that_counts_is_tested_soon_after(name: str) -> None:
    waiting: list[str] = []
    for cell in notebooks.cells(name):
        if cell.is_solution and not cell.grade_id.startswith("use-"):
            assert not waiting, f"{waiting} has no test before {cell.grade_id}"
            waiting.append(cell.grade_id)
        elif cell.is_test:
            waiting.clear()
    assert not waiting


@each_notebook
def test_steps_are_small(name: str) -> None:
    for cell in notebooks.cells(name):
        if cell.is_solution:
            regions = re.findall(r"BEGIN SOLUTION\n(.*?)\n[^\n]*END SOLUTION", cell.source, re.DOTALL)
            assert 1 <= sum(region.count("\n") + 1 for region in regions) <= 20, cell.grade_id


@each_notebook
def test_the_first_code_cell_names_the_module(name: str) -> None:
    first = next(cell for cell in notebooks.cells(name) if cell.kind == "code")
    assert first.source.startswith(f"#| default_exp core.{name[3:]}\n#| export\n")


@each_test
def test_test_cells_are_plain_and_say_what_they_check(name: str, cell: notebooks.Cell) -> None:
    imports = re.findall(r"^.*\bimport\b.*$", cell.source, re.MULTILINE)
    assert set(imports) <= {"from io import BytesIO  # a file in memory"}
    assert not re.search(r"^\s*(if|while|try|print)\b", cell.source, re.MULTILINE)
    whats = re.findall(r"\"([A-Z][^\"]+)\"(?:, mentions=.*)?,?\s*\)$", cell.source, re.MULTILINE)
    assert len(set(whats)) == len(whats)
