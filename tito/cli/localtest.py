"""The test cells of a student's notebooks, run on the student's own machine against the notebooks' exported cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tito.cli.ownprocess import reports
from tito.cli.workspace import Workspace
from tito.course.checkpoints import MODULES, Module
from tito.notebooks.cells import is_exported, without_ipython
from tito.notebooks.document import Cell, Notebook, read_notebook

Ending = Literal["passed", "failed", "raised", "missing", "timed out", "crashed", "not run"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a test cell; `reason` is None when it held. The texts are the student's program's."""

    what: str
    line: int | None
    reason: str | None
    got: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class CellTest:
    """What became of one test cell. `frames` are (cell, line, function), innermost last."""

    grade_id: str
    title: str
    label: str
    ending: Ending = "not run"
    checks: tuple[Check, ...] = ()
    error: str = ""
    frames: tuple[tuple[str, int, str], ...] = ()
    output: str = ""

    @property
    def first_failed(self) -> Check | None:
        """The first check that did not hold."""
        return next((check for check in self.checks if check.reason is not None), None)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "test": self.grade_id,
            "title": self.title,
            "cell": self.label,
            "ending": self.ending,
            "checks": [
                {name: getattr(check, name) for name in ("what", "line", "reason", "got", "expected")}
                for check in self.checks
            ],
            "error": self.error,
            "frames": [list(frame) for frame in self.frames],
        }


@dataclass(frozen=True, slots=True)
class ModuleTest:
    """What became of a module's test cells, and which of its own cells did not run (label, line, what was raised)."""

    tests: tuple[CellTest, ...]
    broken: tuple[tuple[str, int | None, str], ...] = ()

    @property
    def passed(self) -> int:
        """How many test cells passed."""
        return sum(test.ending == "passed" for test in self.tests)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        broken = [{"cell": cell, "line": line, "error": error} for cell, line, error in self.broken]
        return {"passed": self.passed, "tests": [test.to_json() for test in self.tests], "broken": broken}


def run_module(
    workspace: Workspace,
    module: Module,
    *,
    seconds: float,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ModuleTest:
    """Run all test cells of a module's notebook; each may take `seconds`, and so may loading the modules.

    The cells are the course's copies where the release is there. A cell that ends its process or takes too long costs
    itself alone. Raises TitoError when the module was not started, NotebookError when its notebook is broken.
    """
    tests = _tests(workspace, module)
    modules = exported_cells(workspace, module)
    broken: dict[str, tuple[str, int | None, str]] = {}
    while (
        first := next((place for place, (test, _) in enumerate(tests) if test.ending == "not run"), None)
    ) is not None:
        rest = [{"label": test.label, "source": source} for test, source in tests[first:]]
        for place, found in _run(module, {"modules": modules, "cells": rest}, seconds):
            if place is None:
                broken |= {error[0]: error for error in broken_cells(found)}
                continue
            test, source = tests[first + place]
            tests[first + place] = (_ended(test, found), source)
            progress(sum(test.ending != "not run" for test, _ in tests), len(tests))
    return ModuleTest(tuple(test for test, _ in tests), tuple(broken.values()))


def exported_cells(workspace: Workspace, last: Module) -> list[tuple[str, list[tuple[str, str, None]]]]:
    """The exported cells of all started modules up to `last`, as the loader takes them.

    Raises NotebookError when a notebook is broken.
    """
    started = [one for one in MODULES if one.number <= last.number and workspace.notebook(one).is_file()]
    return [_exported(workspace, one) for one in started]


def _exported(workspace: Workspace, module: Module) -> tuple[str, list[tuple[str, str, None]]]:
    notebook = workspace.read(module)
    return module.export, [
        (f"{notebook.name}, cell {cell.number}", without_ipython(cell.source).source, None)
        for cell in notebook.cells
        if cell.kind == "code" and is_exported(cell.source)
    ]


def broken_cells(found: dict[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    """The cells that raised while they were loaded; one that is not written yet is no news."""
    for _, label, kind, message, line in found.get("errors", []):
        if kind != "NotImplementedError":
            where = line if isinstance(line, int) else None
            yield str(label), where, f"{kind}: {message}".removesuffix(": ")


def _tests(workspace: Workspace, module: Module) -> list[tuple[CellTest, str]]:
    own = workspace.read(module)
    numbers = {cell.grade.grade_id: cell.number for cell in own.cells if cell.grade is not None}
    course = own
    if workspace.release(module).is_file():
        course = read_notebook(workspace.release(module).read_bytes(), own.name)
    return [
        (
            CellTest(
                cell.grade.grade_id,
                _title(cell),
                f"{own.name}, cell {numbers.get(cell.grade.grade_id, cell.number)}",
            ),
            cell.source,
        )
        for cell in _test_cells(course)
        if cell.grade is not None
    ]


def _test_cells(notebook: Notebook) -> Iterator[Cell]:
    for cell in notebook.cells:
        if cell.kind == "code" and cell.grade is not None and cell.grade.grade and not cell.grade.solution:
            yield cell


def _title(cell: Cell) -> str:
    """The cell's first line where that is a comment, else its grade_id in words."""
    first = cell.source.lstrip().split("\n", 1)[0]
    if first.startswith("#") and not first.startswith("#|") and first.strip("# "):
        return first.strip("# ")
    name = cell.grade.grade_id if cell.grade is not None else ""
    return name.removeprefix("test-").replace("-", " ").capitalize()


def _ended(test: CellTest, found: dict[str, Any]) -> CellTest:
    """Read one report; it is the student's process's word, so only its texts are taken."""
    checks = tuple(
        Check(
            str(check["what"]),
            check["line"] if isinstance(check["line"], int) else None,
            None if check["reason"] is None else str(check["reason"]),
            str(check["got"]),
            str(check["expected"]),
        )
        for check in found.get("checks", [])
    )
    error = found.get("error")
    ending: Ending = found.get("ending", "passed")
    if error is not None:
        ending = "missing" if error["missing"] else "raised"
    elif any(check.reason is not None for check in checks):
        ending = "failed"
    return replace(
        test,
        ending=ending,
        checks=checks,
        error="" if error is None else f"{error['type']}: {error['message']}".removesuffix(": "),
        frames=() if error is None else tuple((str(a), int(b), str(c)) for a, b, c in error["frames"]),
        output=str(found.get("output", "")),
    )


def _run(module: Module, work: dict[str, Any], seconds: float) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """Run cells in one process and yield what each became (None: loading); at least the first one has an end."""
    cells = work["cells"]
    running: int | None = None  # None: loading the modules
    ending = {"ending": "crashed"}  # what it is when the reports end by themselves
    with reports("tito.cli.cellrun", [module.export], work, seconds) as records:
        for record in records:
            match record.get("event"):
                case "loaded":
                    yield None, record
                case "begin":
                    running = 0 if running is None else running + 1
                case "end" if running is not None:
                    yield running, record
                    if running == len(cells) - 1:
                        return
                case "late":
                    ending = {"ending": "timed out"}
        for place in range(len(cells)) if running is None else [running]:  # not loaded: no cell can run
            yield place, ending
