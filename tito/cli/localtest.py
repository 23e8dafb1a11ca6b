"""The test cells of a student's notebooks, run on the student's own machine against the notebooks' exported cells."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tito.cli.workspace import Workspace
from tito.course.checkpoints import MODULES, Module
from tito.notebooks.cells import is_exported, without_ipython
from tito.notebooks.document import Cell, Notebook, read_notebook

Ending = Literal["passed", "failed", "raised", "missing", "timed out", "crashed", "not run"]
_START = 60.0
"""Seconds that the process may take to begin: Python and NumPy on a busy machine, nothing of the student's."""
_REPORTS = 4 << 20
"""Bytes of reports that are read from one run: more is nonsense."""


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
    modules = [_exported(workspace, one) for one in _up_to(module) if workspace.notebook(one).is_file()]
    broken: dict[str, tuple[str, int | None, str]] = {}
    while (
        first := next((place for place, (test, _) in enumerate(tests) if test.ending == "not run"), None)
    ) is not None:
        rest = [{"label": test.label, "source": source} for test, source in tests[first:]]
        for place, found in _run(module, {"modules": modules, "cells": rest}, seconds):
            if place is None:
                broken |= {error[0]: error for error in _broken(found)}
                continue
            test, source = tests[first + place]
            tests[first + place] = (_ended(test, found), source)
            progress(sum(test.ending != "not run" for test, _ in tests), len(tests))
    return ModuleTest(tuple(test for test, _ in tests), tuple(broken.values()))


def _up_to(module: Module) -> Iterator[Module]:
    return (one for one in MODULES if one.number <= module.number)


def _exported(workspace: Workspace, module: Module) -> tuple[str, list[tuple[str, str, None]]]:
    """A module's exported cells as the loader takes them. Raises NotebookError when the notebook is broken."""
    notebook = workspace.read(module)
    return module.export, [
        (f"{notebook.name}, cell {cell.number}", without_ipython(cell.source).source, None)
        for cell in notebook.cells
        if cell.kind == "code" and is_exported(cell.source)
    ]


def _broken(found: dict[str, Any]) -> Iterator[tuple[str, int | None, str]]:
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
    reader, writer = os.pipe()
    cells = work["cells"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tito.cli.cellrun", module.export, str(writer)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writer,),
        start_new_session=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    os.close(writer)
    running: int | None = None  # None: loading the modules
    ending = {"ending": "crashed"}  # what it is when the reports end by themselves
    try:
        _feed(process, work)
        for record in _records(reader, seconds):
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
    finally:
        os.close(reader)
        _kill(process)


def _feed(process: subprocess.Popen[bytes], work: dict[str, Any]) -> None:
    assert process.stdin is not None  # it was asked for
    # A process that ended already is noticed when its reports end.
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(json.dumps(work).encode())


def _records(reader: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield reports until the process closes its end or sends nonsense; `late` when `seconds` pass without one."""
    data, total = b"", 0
    deadline = time.monotonic() + _START
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while total < _REPORTS:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                yield {"event": "late"}
                return
            chunk = os.read(reader, 1 << 16)
            if not chunk:
                return
            total += len(chunk)
            *lines, data = (data + chunk).split(b"\n")
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:
                    return
                if isinstance(record, dict):
                    deadline = time.monotonic() + seconds
                    yield record


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
