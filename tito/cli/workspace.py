"""The student's working folder: which modules were started, how far each is, what its tests said last.

    assignments/cp01_foundation/01_tensor.ipynb    the notebook that the student writes in
    tinytorch/                                     the package, exported from it
    .tito/progress.json                            what `tito test`, `module complete` and `milestone run` found

Nothing here is believed by anybody else: grading reads only the notebooks that are handed in.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tito.course.checkpoints import CHECKPOINTS, Checkpoint, Module, checkpoint_of
from tito.course.config import Course
from tito.errors import TitoError
from tito.notebooks.cells import CODE_STUB, TEXT_STUB
from tito.notebooks.document import CAPS, Cell, Notebook, NotebookError, read_notebook
from tito.notebooks.files import write_atomically

State = Literal["todo", "part", "ready", "done"]
"""Not started; being written; every test cell passes; completed with `tito module complete` or handed in."""


@dataclass(frozen=True, slots=True)
class ModuleStanding:
    """How far one module is. `steps` counts solution cells, `answers` written answers, `checks` test cells."""

    module: Module
    path: Path
    started: bool
    released: bool
    steps: int = 0
    written: int = 0
    answers: int = 0
    answered: int = 0
    checks: int = 0
    passed: int | None = None
    tested_this: bool = False
    completed: bool = False
    next_step: str | None = None
    problem: str | None = None

    @property
    def share(self) -> float:
        """The written part of the steps, between 0 and 1."""
        return self.written / self.steps if self.steps else 0.0

    @property
    def state(self) -> State:
        """The module as one symbol."""
        if not self.started:
            return "todo"
        if self.completed:
            return "done"
        return "ready" if self.checks and self.tested_this and self.passed == self.checks else "part"


@dataclass(frozen=True, slots=True)
class MilestoneNote:
    """What `tito milestone run` found on this machine: the share that was right, of which data."""

    accuracy: float
    data: str
    reached: bool

    @property
    def told(self) -> str:
        """The run in a few words."""
        share = f"{self.accuracy:.1%} on {self.data}"
        return f"reached: {share}" if self.reached else f"not reached yet: {share}"


@dataclass(frozen=True, slots=True)
class CheckpointStanding:
    """How far one checkpoint is."""

    checkpoint: Checkpoint
    modules: tuple[ModuleStanding, ...]
    submitted: str | None = None
    milestone: MilestoneNote | None = None

    @property
    def state(self) -> State:
        """The checkpoint as one symbol."""
        states = {module.state for module in self.modules}
        if self.submitted is not None or states == {"done"}:
            return "done"
        if states == {"todo"}:
            return "todo"
        return "ready" if states <= {"ready", "done"} else "part"


class Workspace:
    """The working folder of one student, inside a course's folder."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.package = course.root / "tinytorch"
        self._file = course.paths.state / "progress.json"
        self._notes = _read_notes(self._file)

    def notebook(self, module: Module) -> Path:
        """Where the student's notebook of a module lies."""
        return self.course.root / "assignments" / checkpoint_of(module).slug / f"{module.slug}.ipynb"

    def release(self, module: Module) -> Path:
        """The course's student version of a module."""
        return self.course.paths.release / checkpoint_of(module).slug / f"{module.slug}.ipynb"

    def notebooks(self) -> list[Path]:
        """All notebooks that were started, in the order of the modules."""
        paths = (self.notebook(module) for checkpoint in CHECKPOINTS for module in checkpoint.modules)
        return [path for path in paths if path.is_file()]

    def start(self, module: Module, *, force: bool = False) -> tuple[Path, Path | None]:
        """Copy the released notebook to work in; return it, and where an older one was kept (with `force`).

        Raises TitoError when there is no release, or the notebook exists and `force` is not given.
        """
        origin, target = self.release(module), self.notebook(module)
        if not origin.is_file():
            raise TitoError(
                f"module {module.slug} is not released yet",
                where=self.show(origin),
                expected="the course's student version",
                next_step="update the course's folder; an instructor makes it with `tito assignment release`",
            )
        kept: Path | None = None
        if target.exists():
            if not force:
                raise TitoError(
                    f"you have started module {module.slug} already; nothing was changed",
                    where=self.show(target),
                    next_step=f"go on with it, or begin anew with `tito module start {module.number:02} --force`",
                )
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            kept = self.course.paths.state / "kept" / f"{module.slug}-{stamp}.ipynb"
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(kept, target.read_bytes())
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, origin.read_bytes())
        self._forget(module)
        return target, kept

    def read(self, module: Module) -> Notebook:
        """Read the student's notebook. Raises TitoError when it was not started, NotebookError when it is broken."""
        path = self.notebook(module)
        try:
            return read_notebook(path.read_bytes(), path.name, replace(CAPS, file_bytes=self.course.notebook_bytes))
        except FileNotFoundError as error:
            raise TitoError(
                f"module {module.slug} is not started",
                where=self.show(path),
                next_step=f"run `tito module start {module.number:02}`",
            ) from error

    def standing(self, module: Module) -> ModuleStanding:
        """Return how far a module is. A notebook that cannot be read is a problem in it, not an error."""
        path, released = self.notebook(module), self.release(module).is_file()
        if not path.is_file():
            return ModuleStanding(module, path, started=False, released=released)
        try:
            notebook = self.read(module)
        except NotebookError as error:
            return ModuleStanding(module, path, started=True, released=released, problem=str(error))
        steps = [cell for cell in notebook.cells if _is(cell, solution=True, grade=False)]
        answers = [cell for cell in notebook.cells if _is(cell, solution=True, grade=True)]
        open_steps = [cell for cell in steps if _is_stub(cell)]
        note = self._notes["modules"].get(module.slug, {})
        current = note.get("digest") == digest_of(path)
        return ModuleStanding(
            module,
            path,
            started=True,
            released=released,
            steps=len(steps),
            written=len(steps) - len(open_steps),
            answers=len(answers),
            answered=sum(not _is_stub(cell) for cell in answers),
            checks=sum(_is(cell, solution=False, grade=True) for cell in notebook.cells),
            passed=note.get("passed"),
            tested_this=current,
            completed=bool(note.get("completed")) and current,
            next_step=_name_of(open_steps[0]) if open_steps else None,
        )

    def checkpoint(self, checkpoint: Checkpoint) -> CheckpointStanding:
        """Return how far a checkpoint is."""
        handed_in = self._notes["submitted"].get(checkpoint.slug)
        modules = tuple(map(self.standing, checkpoint.modules))
        return CheckpointStanding(checkpoint, modules, handed_in, self.milestone(checkpoint))

    def checkpoints(self) -> list[CheckpointStanding]:
        """Return how far all are that the course asks for."""
        return [self.checkpoint(checkpoint) for checkpoint in self.course.checkpoints]

    def note_test(self, module: Module, digest: str, passed: int, total: int) -> None:
        """Remember what the test cells said about the notebook of this digest."""
        old = self._notes["modules"].get(module.slug, {})
        completed = old.get("completed") if old.get("digest") == digest and passed == total else None
        self._notes["modules"][module.slug] = {
            "digest": digest,
            "passed": passed,
            "total": total,
            "completed": completed,
        }
        self._save()

    def note_completed(self, module: Module) -> None:
        """Remember that the student finished the module as it was tested last."""
        self._notes["modules"][module.slug]["completed"] = datetime.now(UTC).isoformat(timespec="seconds")
        self._save()

    def note_submitted(self, checkpoint: Checkpoint, digest: str) -> None:
        """Remember the digest of the last hand-in."""
        self._notes["submitted"][checkpoint.slug] = digest
        self._save()

    def milestone(self, checkpoint: Checkpoint) -> MilestoneNote | None:
        """Return what `tito milestone run` found for a checkpoint's milestone, None before it ran."""
        match self._notes["milestones"].get(checkpoint.slug):
            case {"accuracy": float(accuracy), "data": str(data), "reached": bool(reached)}:
                return MilestoneNote(accuracy, data, reached)
        return None

    def note_milestone(self, checkpoint: Checkpoint, accuracy: float, data: str, *, reached: bool) -> None:
        """Remember a run; one that reached the milestone is not forgotten for a later one that did not."""
        before = self.milestone(checkpoint)
        if reached or before is None or not before.reached:
            note = {"accuracy": accuracy, "data": data, "reached": reached}
            self._notes["milestones"][checkpoint.slug] = note
            self._save()

    def show(self, path: Path) -> str:
        """Return a path as the student thinks of it: from the course's folder."""
        return str(path.relative_to(self.course.root)) if path.is_relative_to(self.course.root) else str(path)

    def _forget(self, module: Module) -> None:
        if self._notes["modules"].pop(module.slug, None) is not None:
            self._save()

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, json.dumps(self._notes, indent=1).encode())


def current(standings: list[CheckpointStanding]) -> CheckpointStanding | None:
    """Return the checkpoint to work on: the first begun one that is not done, or the first that is to do."""
    begun = [one for one in standings if one.state in ("part", "ready")]
    return next(iter(begun or [one for one in standings if one.state == "todo"]), None)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is(cell: Cell, *, solution: bool, grade: bool) -> bool:
    return cell.grade is not None and (cell.grade.solution, cell.grade.grade) == (solution, grade)


def _is_stub(cell: Cell) -> bool:
    """Whether the text that stands for the solution is still there: the code, or an empty answer."""
    stub = CODE_STUB.splitlines()[-1] if cell.kind == "code" else TEXT_STUB
    return not cell.source.strip() or stub in cell.source


def _name_of(cell: Cell) -> str:
    name = cell.grade.grade_id if cell.grade is not None else "?"
    return f"{name} (cell {cell.number})"


def _read_notes(path: Path) -> dict[str, Any]:
    """Read what was remembered; a file that is damaged is forgotten, for it can all be found out again."""
    empty: dict[str, Any] = {"modules": {}, "submitted": {}, "milestones": {}}
    try:
        notes = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return empty
    good = (
        isinstance(notes, dict)
        and all(isinstance(notes.get(name, {}), dict) for name in empty)
        and all(isinstance(note, dict) for note in notes.get("modules", {}).values())
    )
    return {**empty, **notes} if good else empty
