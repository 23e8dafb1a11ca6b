"""The server's truth about an assignment, read from the instructor's source notebooks.

Which cells there are, which are locked, what a student received in each, how many points each is worth and
what goes into the package: all of it is taken from here and never from what a student hands in.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tito.notebooks.cells import default_module, is_exported, released_source
from tito.notebooks.document import Cell, Kind, Notebook, NotebookError, grade_meta, read_notebook

if TYPE_CHECKING:
    from tito.course.checkpoints import Checkpoint, Module
    from tito.course.config import Course

Role = Literal["solution", "test", "written", "locked", "given"]
"""solution: students write code. test: locked, worth points. written: a TA grades it. locked: the course's,
not to be changed. given: anything else (text, examples), which students may change as they like."""


@dataclass(frozen=True, slots=True)
class SourceCell:
    """One cell of the instructor's notebook; `released` is what students receive in its place."""

    index: int
    kind: Kind
    role: Role
    grade_id: str | None
    source: str
    released: str
    points: Decimal | None
    exported: bool


@dataclass(frozen=True, slots=True)
class NotebookStructure:
    """One source notebook: `file` is `01_tensor.ipynb`, `module` the part of the package it exports to."""

    file: str
    module: str
    language: str
    kernel: str | None
    cells: tuple[SourceCell, ...]
    digest: str
    by_id: dict[str, SourceCell] = field(repr=False, compare=False)

    @property
    def tests(self) -> tuple[SourceCell, ...]:
        """The test cells in order."""
        return tuple(cell for cell in self.cells if cell.role == "test")

    @property
    def written(self) -> tuple[SourceCell, ...]:
        """The written answers in order."""
        return tuple(cell for cell in self.cells if cell.role == "written")

    @property
    def solutions(self) -> tuple[SourceCell, ...]:
        """The solution cells in order."""
        return tuple(cell for cell in self.cells if cell.role == "solution")


@dataclass(frozen=True, slots=True)
class AssignmentStructure:
    """All source notebooks of a checkpoint. `digest` changes with anything that grading depends on."""

    checkpoint: str
    notebooks: tuple[NotebookStructure, ...]
    digest: str

    @property
    def tests(self) -> dict[str, SourceCell]:
        """All test cells by grade_id, which is unique in the checkpoint."""
        return {cell.grade_id: cell for book in self.notebooks for cell in book.tests if cell.grade_id}

    @property
    def written(self) -> dict[str, SourceCell]:
        """All written answers by grade_id."""
        return {cell.grade_id: cell for book in self.notebooks for cell in book.written if cell.grade_id}

    @property
    def automatic_points(self) -> Decimal:
        """What the test cells are worth together."""
        return sum((cell.points or Decimal(0) for cell in self.tests.values()), Decimal(0))

    @property
    def written_points(self) -> Decimal:
        """What the written answers are worth together."""
        return sum((cell.points or Decimal(0) for cell in self.written.values()), Decimal(0))

    @classmethod
    def read(cls, course: Course, checkpoint: Checkpoint) -> AssignmentStructure:
        """Read the source notebooks of a checkpoint; an unchanged file is not read twice.

        Raises NotebookError for a notebook that is missing, unreadable or wrongly marked up.
        """
        folder = Path(course.paths.source) / checkpoint.slug
        books = tuple(_read_file(folder / f"{module.slug}.ipynb", module) for module in checkpoint.modules)
        seen: dict[str, str] = {}
        for book in books:
            for grade_id in book.by_id:
                if grade_id in seen:
                    raise NotebookError(
                        f"the grade_id {grade_id!r} is also used in {seen[grade_id]}",
                        where=f"{checkpoint.slug}/{book.file}",
                        expected="grade_ids that are unique in the checkpoint",
                        next_step="give one of the two cells another grade_id",
                    )
                seen[grade_id] = book.file
        return cls(checkpoint=checkpoint.slug, notebooks=books, digest=_digest([book.digest for book in books]))


def read_structure(data: bytes, file: str, module: str) -> NotebookStructure:
    """Read one instructor's notebook; `module` is the export that the course names for it.

    Raises NotebookError naming the cell.
    """
    return _structure(read_notebook(data, file), module)


def _read_file(path: Path, module: Module) -> NotebookStructure:
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise NotebookError(
            "the instructor's notebook does not exist",
            where=str(path),
            next_step="run `tito assignment sync`, which makes it from reference_impl",
        ) from error
    return _cached(path, module.export, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


@lru_cache(maxsize=128)
def _cached(path: Path, export: str, state: tuple[int, int, int]) -> NotebookStructure:  # noqa: ARG001 (cache key)
    return read_structure(path.read_bytes(), path.name, export)


def _structure(notebook: Notebook, module: str) -> NotebookStructure:
    cells: list[SourceCell] = []
    by_id: dict[str, SourceCell] = {}
    named: str | None = None
    for cell in notebook.cells:
        read = _cell(cell, notebook)
        cells.append(read)
        if read.grade_id is not None:
            if read.grade_id in by_id:
                raise NotebookError(
                    f"the grade_id {read.grade_id!r} is used twice",
                    where=f"{notebook.name}, cell {cell.number}",
                    expected="grade_ids that are unique in the checkpoint",
                    next_step="give this cell another grade_id",
                )
            by_id[read.grade_id] = read
        if cell.kind == "code" and named is None:
            named = default_module(cell.source)
    if any(cell.exported for cell in cells) and named != module:
        raise NotebookError(
            f"the notebook exports to {named!r}" if named else "no cell says where the notebook exports to",
            where=notebook.name,
            expected=f"`#| default_exp {module}` in the first code cell",
            next_step="correct it in reference_impl, then run `tito assignment sync`",
        )
    return NotebookStructure(
        file=notebook.name,
        module=module,
        language=notebook.language or "python",
        kernel=notebook.kernel,
        cells=tuple(cells),
        digest=_digest([notebook.name, module, *(asdict(cell) for cell in cells)]),
        by_id=by_id,
    )


def _cell(cell: Cell, notebook: Notebook) -> SourceCell:
    where = f"{notebook.name}, cell {cell.number}"
    role = _role(cell, notebook, where)
    meta = cell.grade
    points = meta.points if meta is not None and role in ("test", "written") else None
    if role in ("test", "written") and (points is None or points < 0):
        raise NotebookError(
            "a graded cell has no points",
            where=where,
            expected='"points": a number that is not negative',
            next_step="correct the cell's nbgrader metadata in reference_impl",
        )
    return SourceCell(
        index=cell.index,
        kind=cell.kind,
        role=role,
        grade_id=meta.grade_id if meta is not None and role != "given" else None,
        source=cell.source,
        released=released_source(
            cell.source, code=cell.kind == "code", solution=role in ("solution", "written"), where=where
        ),
        points=points,
        exported=cell.kind == "code" and role != "test" and is_exported(cell.source),
    )


def _role(cell: Cell, notebook: Notebook, where: str) -> Role:
    meta = cell.grade
    if meta is None:
        claim = _raw_metadata(notebook, cell.index)
        if isinstance(claim, dict) and any(claim.get(key) for key in ("grade", "solution", "locked", "task")):
            raise NotebookError(
                f"the cell's grade_id is {claim.get('grade_id')!r}",
                where=where,
                expected="letters, digits, - and _",
                next_step="correct the cell's nbgrader metadata in reference_impl",
            )
        return "given"
    if meta.task:
        raise NotebookError(
            "the cell is an nbgrader task cell, which Tito does not grade",
            where=where,
            expected="a markdown cell with both grade and solution",
            next_step="make it a written answer",
        )
    if meta.grade and meta.solution:
        return "written"
    if meta.grade:
        if cell.kind != "code":
            raise NotebookError("a test cell must be a code cell", where=where, next_step="mark it as solution too")
        return "test"
    if meta.solution:
        if cell.kind != "code":
            raise NotebookError(
                "a solution that is text has no points",
                where=where,
                next_step='set "grade": true and its points',
            )
        return "solution"
    return "locked" if meta.locked else "given"


def _raw_metadata(notebook: Notebook, index: int) -> object:
    metadata = notebook.raw["cells"][index].get("metadata")
    claim = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return claim if grade_meta(claim) is None else None


def _digest(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()
