"""Runs test cells on a student's own machine, in a process of its own.

`python -m tito.cli.cellrun MODULE FD`: the notebooks' exported cells and the test cells come as JSON on stdin; a line
of JSON goes to the file descriptor FD before and after the modules are loaded, and around each test cell.
Not a sandbox: the student's own code on the student's own machine. The cells are loaded as the sandbox loads them, one
by one, so that a step that is not written yet hides no other. Imports nothing heavy, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from tito.checks import CheckFailed, difference
from tito.checks.raising import raising_problem
from tito.sandbox.package import MemoryImporter, Package, describe, load_modules, walk

_OUTPUT = 4_000
_FRAMES = 6


def main(arguments: list[str]) -> int:
    """Load the modules, run the cells, report each. Returns the exit status."""
    module, descriptor = arguments[0], int(arguments[1])
    work = json.load(sys.stdin)

    def report(record: dict[str, Any]) -> None:
        os.write(descriptor, json.dumps(record).encode() + b"\n")

    report({"event": "ready"})
    package, labels, output = Package(), set[str](), io.StringIO()
    importer = MemoryImporter()
    sys.meta_path.insert(0, importer)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        errors = load_modules(work["modules"], package, importer, labels)
    report({"event": "loaded", "errors": errors, "output": output.getvalue()[-_OUTPUT:]})
    names = {**package.public_names(before=module), **_public(vars(package.module(module)))}
    for place, cell in enumerate(work["cells"]):
        report({"event": "begin", "cell": place})
        report({"event": "end", "cell": place, **_run(names, labels, cell["label"], cell["source"])})
    return 0


def _public(names: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in names.items() if not name.startswith("_")}


def _run(names: dict[str, Any], labels: set[str], label: str, source: str) -> dict[str, Any]:
    """Run one cell; its checks are counted and go on after one that does not hold."""
    checks: list[dict[str, Any]] = []

    def note(what: object, reason: str | None, got: str = "", expected: str = "") -> None:
        line = _line_of(label)
        checks.append({"what": str(what), "line": line, "reason": reason, "got": got, "expected": expected})

    def check(got: object, expected: object, what: str, *, rtol: float = 1e-5, atol: float = 1e-6) -> None:
        found = difference(got, expected, rtol=rtol, atol=atol)
        if found is None:
            note(what, None)
        else:
            note(what, str(found), found.got, found.expected)

    def check_raises(errors: Any, function: Callable[[], object], what: str, *, mentions: Any = ()) -> None:
        note(what, raising_problem(errors, function, mentions))

    namespace = {**names, "np": np, "check": check, "check_raises": check_raises, "__name__": "test_cell"}
    output, error = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            exec(compile(source, label, "exec"), namespace)  # noqa: S102 - the course's own cell
    except CheckFailed as failed:  # the cell imported the real `check`
        line = next((frame[1] for frame in walk(failed, {label})), None)
        checks.append({"what": "", "line": line, "reason": str(failed), "got": "", "expected": ""})
    except BaseException as raised:  # noqa: BLE001 - whatever the student's code raises is the outcome
        error = told(raised, labels | {label})
    return {"checks": checks, "error": error, "output": output.getvalue()[-_OUTPUT:]}


def _line_of(label: str) -> int | None:
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename != label:
        frame = frame.f_back
    return None if frame is None else frame.f_lineno


def told(error: BaseException, labels: set[str]) -> dict[str, Any]:
    """An exception as plain data: its type, message, and the frames that lie in notebook cells, innermost last."""
    kind, message = describe(error)
    frames = [[label, line, function] for label, line, function, _ in walk(error, labels)]
    missing = isinstance(error, NotImplementedError)
    return {"type": kind, "message": message[:2000], "frames": frames[-_FRAMES:], "missing": missing}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
