"""Runs test cells on a student's own machine, in a process of its own.

`python -m tito.cli.cellrun ROOT MODULE FD`: the cells come as JSON on stdin; for each, a line of JSON goes to
the file descriptor FD when it begins and when it ends. Not a sandbox: the student's own code on the student's
own machine. Imports nothing heavy, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from tito.checks import CheckFailed, describe, difference
from tito.checks.raising import raising_problem
from tito.notebooks.export import cell_of_line

_OUTPUT = 4_000
_FRAMES = 6


def main(arguments: list[str]) -> int:
    """Import the module, run the cells, report each. Returns the exit status."""
    root, module, descriptor = Path(arguments[0]), arguments[1], int(arguments[2])
    cells = json.load(sys.stdin)

    def report(record: dict[str, Any]) -> None:
        os.write(descriptor, json.dumps(record).encode() + b"\n")

    loaded, error, output = _load(root, module)
    report({"event": "loaded", "error": error, "output": output})
    if loaded is None:
        return 1
    for place, cell in enumerate(cells):
        report({"event": "begin", "cell": place})
        report({"event": "end", "cell": place, **_run(root, loaded, cell)})
    return 0


def _load(root: Path, module: str) -> tuple[Any, dict[str, Any] | None, str]:
    output = io.StringIO()
    sys.path.insert(0, str(root))
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            return importlib.import_module(f"tinytorch.{module}"), None, output.getvalue()[-_OUTPUT:]
    except BaseException as error:  # noqa: BLE001 - SystemExit too is the student's, and must be told
        return None, _told(error, root), output.getvalue()[-_OUTPUT:]
    finally:
        sys.path.remove(str(root))


def _run(root: Path, module: Any, cell: dict[str, Any]) -> dict[str, Any]:
    """Run one cell; its checks are counted and go on after one that does not hold."""
    checks: list[dict[str, Any]] = []
    label = str(cell["label"])

    def note(what: object, reason: str | None, got: str = "", expected: str = "") -> None:
        checks.append(
            {
                "what": str(what),
                "line": _line_of(label),
                "reason": reason,
                "got": got,
                "expected": expected,
            }
        )

    def check(got: object, expected: object, what: str, *, rtol: float = 1e-5, atol: float = 1e-6) -> None:
        found = difference(got, expected, rtol=rtol, atol=atol)
        if found is None:
            note(what, None)
        else:
            note(what, str(found), found.got, found.expected)

    def check_raises(errors: Any, function: Callable[[], object], what: str, *, mentions: Any = ()) -> None:
        note(what, raising_problem(errors, function, mentions))

    namespace = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    namespace |= {"np": np, "check": check, "check_raises": check_raises, "__name__": "test_cell"}
    output, error = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            exec(compile(str(cell["source"]), label, "exec"), namespace)  # noqa: S102 - the course's own cell
    except CheckFailed as failed:  # the cell imported the real `check`
        told = _told(failed, root)
        line = next((frame[1] for frame in told["frames"] if frame[0] == label), None)
        checks.append({"what": "", "line": line, "reason": told["message"], "got": "", "expected": ""})
    except BaseException as raised:  # noqa: BLE001 - whatever the student's code raises is the outcome
        error = _told(raised, root)
    return {"checks": checks, "error": error, "output": output.getvalue()[-_OUTPUT:]}


def _line_of(label: str) -> int | None:
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename != label:
        frame = frame.f_back
    return None if frame is None else frame.f_lineno


def _told(error: BaseException, root: Path) -> dict[str, Any]:
    """An exception as plain data: its type, message, and the frames that lie in notebook cells, innermost last."""
    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        place = _place(frame.filename, frame.lineno or 0, root)
        if place is not None:
            frames.append([*place, frame.name])
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        place = _place(error.filename, error.lineno, root)
        if place is not None:
            frames.append([*place, "<module>"])
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - a student's __str__ may raise too
        message = describe(error)
    return {"type": type(error).__name__, "message": message[:2000], "frames": frames[-_FRAMES:]}


def _place(filename: str, line: int, root: Path) -> tuple[str, int] | None:
    """Lead a line back to its cell: a test cell's own, or an exported one."""
    if ".ipynb, cell" in filename:
        return filename, line
    path = Path(filename)
    if not path.is_relative_to(root / "tinytorch") or not path.is_file():
        return None
    return cell_of_line(path.read_text(encoding="utf-8"), line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
