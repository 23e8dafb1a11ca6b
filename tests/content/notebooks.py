"""The instructor's notebooks as tests see them: cells, the exported module, a run from top to bottom."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

FOLDER = Path(__file__).parents[2] / "reference_impl"
NAMES = (
    "00_setup",
    "01_tensor",
    "02_activations",
    "03_layers",
    "04_losses",
    "05_autograd",
    "06_optimizers",
    "07_training",
)
STUB = "raise NotImplementedError()"


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook; `meta` is its nbgrader metadata, empty where it has none."""

    kind: str
    source: str
    meta: dict[str, Any]

    @property
    def grade_id(self) -> str:
        return str(self.meta.get("grade_id", ""))

    @property
    def points(self) -> int:
        return int(self.meta.get("points", 0))

    @property
    def is_solution(self) -> bool:
        return self.kind == "code" and bool(self.meta.get("solution"))

    @property
    def is_test(self) -> bool:
        return self.kind == "code" and bool(self.meta.get("grade"))

    @property
    def is_written(self) -> bool:
        return self.kind == "markdown" and bool(self.meta.get("grade"))

    @property
    def is_exported(self) -> bool:
        return self.kind == "code" and "#| export\n" in self.source

    def released(self) -> str:
        """What a student receives: each solution region is a stub of the same indentation."""
        lines: list[str] = []
        inside = False
        for line in self.source.split("\n"):
            if "BEGIN SOLUTION" in line:
                inside = True
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(indent + (STUB if self.kind == "code" else "YOUR ANSWER HERE"))
            elif "END SOLUTION" in line:
                inside = False
            elif not inside:
                lines.append(line)
        return "\n".join(lines)


def cells(name: str) -> list[Cell]:
    book = jupytext.read(FOLDER / f"{name}.py", fmt="py:percent")
    return [Cell(cell.cell_type, cell.source, dict(cell.metadata.get("nbgrader", {}))) for cell in book.cells]


def exported(name: str, *, released: bool = False) -> list[Cell]:
    return [
        Cell(cell.kind, cell.released() if released else cell.source, cell.meta)
        for cell in cells(name)
        if cell.is_exported
    ]


def load(name: str, *, released: bool = False) -> types.ModuleType:
    """Run the exported cells one by one as the module that students would have; a cell that raises is left."""
    module = types.ModuleType(f"student_{name}")
    for cell in exported(name, released=released):
        code = compile(cell.source, f"{name}: {cell.grade_id}", "exec")
        try:
            exec(code, module.__dict__)
        except NotImplementedError:
            if not released:
                raise
    return module


@contextmanager
def package(**modules: types.ModuleType) -> Iterator[None]:
    """Make `tinytorch.core.<name>` importable for a while."""
    names = {"tinytorch": types.ModuleType("tinytorch"), "tinytorch.core": types.ModuleType("tinytorch.core")}
    names |= {f"tinytorch.core.{name}": module for name, module in modules.items()}
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(names)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


@contextmanager
def earlier(name: str) -> Iterator[dict[str, types.ModuleType]]:
    """Make the solutions of the notebooks before `name` importable for a while, loaded anew."""
    modules: dict[str, types.ModuleType] = {}
    for each in sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_*.py") if path.stem < name):
        with package(**modules):
            modules[each[3:]] = load(each)
    with package(**modules):
        yield modules


def run_everything(name: str) -> tuple[dict[str, Any], str]:
    """Run all code cells in order, as Restart and run all does; return the namespace and what was printed."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    with redirect_stdout(printed):
        for number, cell in enumerate(cells(name)):
            if cell.kind == "code":
                exec(compile(cell.source, f"{name}, cell {number}", "exec"), namespace)
    return namespace, printed.getvalue()
