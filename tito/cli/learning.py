"""The milestone of checkpoint 07 on a student's own machine: their library learns to read, and what came of it."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tito.cli.localtest import broken_cells, exported_cells
from tito.cli.ownprocess import reports
from tito.cli.trainrun import NEEDED
from tito.cli.workspace import Workspace
from tito.course.checkpoints import MODULES, Module
from tito.data import TARGET, Handwriting
from tito.errors import TitoError
from tito.notebooks.document import Notebook, NotebookError, read_notebook

Progress = Callable[[int, int, float], None]
"""Told the batches done, all of them, and the loss now."""


@dataclass(frozen=True)
class Learned:
    """What a network read after training: `losses` has a number for each batch, `answers` a digit for each picture."""

    data: Handwriting
    losses: tuple[float, ...]
    answers: np.ndarray[Any, np.dtype[np.int64]]
    seconds: float

    @property
    def right(self) -> int:
        """How many pictures were read rightly."""
        return int(np.count_nonzero(self.answers == self.data.test_labels))

    @property
    def accuracy(self) -> float:
        """The share of pictures that were read rightly, between 0 and 1."""
        return self.right / len(self.answers)

    @property
    def reached(self) -> bool:
        """Whether that is the milestone."""
        return self.accuracy >= TARGET

    @property
    def mistakes(self) -> list[int]:
        """Which pictures were misread."""
        return [int(place) for place in np.flatnonzero(self.answers != self.data.test_labels)]

    def epochs(self) -> list[float]:
        """The mean loss of each epoch."""
        size = max(1, len(self.losses) // self.data.recipe.epochs)
        parts = [self.losses[start : start + size] for start in range(0, len(self.losses) - size + 1, size)]
        return [math.fsum(part) / size for part in parts]


def learn(
    workspace: Workspace, data: Handwriting, *, folder: Path | None, seed: int, seconds: float, progress: Progress
) -> Learned:
    """Train with the student's notebooks of modules 00 to 07; `seconds` may pass between two signs of life.

    Raises TitoError that names the module and the cell which is missing or raised, NotebookError for a broken notebook.
    """
    last = MODULES[7]
    work = {
        "modules": exported_cells(workspace, last),
        "root": str(workspace.course.root),
        "configured": workspace.course.data_folder,
        "folder": None if folder is None else str(folder),
        "recipe": data.recipe.to_json(),
        "seed": seed,
    }
    started = time.monotonic()
    losses: list[float] = []
    broken: list[tuple[str, int | None, str]] = []
    with reports("tito.cli.trainrun", [], work, seconds) as records:
        for record in records:
            match record:
                case {"event": "loaded"}:
                    broken = list(broken_cells(record))
                case {"event": "trained", "done": int(done), "total": int(total), "losses": list(more)}:
                    losses += [float(loss) for loss in more if isinstance(loss, int | float)]
                    progress(done, total, losses[-1] if losses else math.nan)
                case {"event": "missing", "names": [str(name), *_]}:
                    raise _missing(workspace, name, broken)
                case {"event": "raised"}:
                    raise _raised(record)
                case {"event": "read", "answers": list(answers)} if len(answers) == len(data.test_labels):
                    return Learned(data, tuple(losses), np.array(answers), time.monotonic() - started)
                case {"event": "late"}:
                    raise TitoError(
                        f"training gave no sign of life for {seconds:g} seconds",
                        where=f"after {len(losses)} batches",
                        expected="a batch that takes some thousandths of a second, with whole arrays and without loops",
                        next_step="look for a loop over rows or pixels; `--seconds` waits longer",
                    )
    raise TitoError(
        "the Python process that trained your network ended before it was done",
        where=f"after {len(losses)} batches",
        next_step="`tito test` runs each module's tests; one of them may show what ends the process",
    )


def _missing(workspace: Workspace, name: str, broken: list[tuple[str, int | None, str]]) -> TitoError:
    """Say which module and cell bring a name, or which cell of the student's could not be run."""
    module = MODULES[dict(NEEDED)[name]]
    number = f"{module.number:02}"
    what = f"your library has no {name} yet; module {number} ({module.title}) brings it"
    if not workspace.notebook(module).is_file():
        return TitoError(what, where=f"{module.slug}.ipynb is not started", next_step=f"`tito module start {number}`")
    cell = _cell_of(workspace, module, name)
    where = workspace.show(workspace.notebook(module)) + (f", {cell}" if cell else "")
    own = [(label, error) for label, _, error in broken if label.startswith(f"{module.slug}.ipynb")]
    if own:
        return TitoError(what, where=where, expected=f"{own[0][0]} to run; it raises {own[0][1]}"[:400],
                         next_step=f"put that cell right, then `tito test {number}`")  # fmt: skip
    return TitoError(what, where=where, next_step=f"write it, then `tito test {number}`")


def _cell_of(workspace: Workspace, module: Module, name: str) -> str:
    """The step that defines a name: in the student's notebook, else in the course's."""
    last = name.rpartition(".")[2]
    defines = re.compile(rf"^\s*(?:class|def) {re.escape(last)}\b", re.MULTILINE)
    for notebook in (workspace.read(module), _released(workspace, module)):
        for cell in notebook.cells if notebook is not None else ():
            if cell.grade is not None and cell.grade.solution and defines.search(cell.source):
                return f"step {cell.grade.grade_id} (cell {cell.number})"
    return ""


def _released(workspace: Workspace, module: Module) -> Notebook | None:
    try:
        return read_notebook(workspace.release(module).read_bytes(), f"{module.slug}.ipynb")
    except (FileNotFoundError, NotebookError):
        return None


def _raised(record: dict[str, Any]) -> TitoError:
    """Tell what the student's code raised while it trained, and where."""
    error = f"{record['type']}: {record['message']}".removesuffix(": ")
    frames = record["frames"]
    where = f"{frames[-1][0]}, line {frames[-1][1]}, in {frames[-1][2]}" if frames else "outside of your cells"
    number = frames[-1][0][:2] if frames else "07"
    if record["missing"]:
        return TitoError(f"training needs a step that is not written yet: {error}", where=where,
                         next_step=f"write it, then `tito test {number}`")  # fmt: skip
    return TitoError(f"your library raised {error}"[:600], where=where,
                     next_step=f"`tito test {number}` shows the tests of that module")  # fmt: skip
