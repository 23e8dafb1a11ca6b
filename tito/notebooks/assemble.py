"""Put together what is graded: the course's structure, filled with what a student wrote.

The student's notebook gives the text of solution cells and written answers, and cells of the student's own
that are marked `#| export`. Everything else (which cells there are, their order, locked cells, points) is the
server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from tito.notebooks.cells import is_exported, same_text, without_ipython
from tito.notebooks.document import CAPS, Cell, Notebook, NotebookCaps, NotebookError, read_notebook, shown
from tito.notebooks.structure import AssignmentStructure, NotebookStructure, SourceCell
from tito.sandbox.program import CellSource, ModuleSource

if TYPE_CHECKING:
    from tito.course.checkpoints import Checkpoint
    from tito.course.config import Course

MOST_NOTES = 50


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """A student's answer in prose, as hostile text; `untouched` tells that nothing was answered."""

    grade_id: str
    points: Decimal
    text: str
    label: str
    untouched: bool


@dataclass(frozen=True, slots=True)
class Handin:
    """What grading needs of a submission. `notebooks` (by the course's file names) serve the marked copy."""

    checkpoint: str
    modules: tuple[ModuleSource, ...]
    written: tuple[WrittenAnswer, ...]
    notes: tuple[str, ...]
    untouched: tuple[str, ...]
    deleted: tuple[str, ...]
    absent: tuple[str, ...]
    notebooks: dict[str, Notebook]


def assemble(structure: AssignmentStructure, files: Mapping[str, bytes], caps: NotebookCaps = CAPS) -> Handin:
    """Read the files of one submission against the structure. What is odd becomes a note.

    `absent` names notebooks of the checkpoint that were not handed in or cannot be read.
    Raises NotebookError only when no notebook of the checkpoint can be graded at all.
    """
    notes: list[str] = []
    chosen, problems = _choose(structure, files, caps, notes)
    if not chosen:
        raise problems[0]
    notes.extend(_one_line(problem) for problem in problems)
    modules: list[ModuleSource] = []
    written: list[WrittenAnswer] = []
    untouched: list[str] = []
    deleted: list[str] = []
    for book in structure.notebooks:
        notebook = chosen.get(book.file)
        if notebook is None:
            continue
        filled = _fill(book, notebook, notes)
        modules.append(filled.module)
        written.extend(filled.written)
        untouched.extend(filled.untouched)
        deleted.extend(filled.deleted)
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES:] = [f"... and {len(notes) - MOST_NOTES} more notes"]
    return Handin(
        checkpoint=structure.checkpoint,
        modules=tuple(modules),
        written=tuple(written),
        notes=tuple(notes),
        untouched=tuple(untouched),
        deleted=tuple(deleted),
        absent=tuple(book.file for book in structure.notebooks if book.file not in chosen),
        notebooks=chosen,
    )


def solution_modules(course: Course, checkpoint: Checkpoint) -> tuple[ModuleSource, ...]:
    """The modules of one checkpoint with the instructor's solutions, for isolated grading."""
    structure = AssignmentStructure.read(course, checkpoint)
    return tuple(given_module(book, "source") for book in structure.notebooks)


def released_modules(course: Course, checkpoint: Checkpoint) -> tuple[ModuleSource, ...]:
    """The modules of one checkpoint as students receive them: what an untouched notebook is graded as."""
    structure = AssignmentStructure.read(course, checkpoint)
    return tuple(given_module(book, "released") for book in structure.notebooks)


def given_module(book: NotebookStructure, text: Literal["source", "released"]) -> ModuleSource:
    """The exported cells of a source notebook, with solutions or with stubs."""
    cells = tuple(
        CellSource(
            label=f"{book.file}, cell {cell.index + 1}",
            source=without_ipython(cell.source if text == "source" else cell.released).source,
        )
        for cell in book.cells
        if cell.exported
    )
    return ModuleSource(name=book.module, cells=cells, origin="reference" if text == "source" else "student")


# --- which file is which notebook ---------------------------------------------------------------------------


def _choose(
    structure: AssignmentStructure, files: Mapping[str, bytes], caps: NotebookCaps, notes: list[str]
) -> tuple[dict[str, Notebook], list[NotebookError]]:
    """Find the student's notebook for each of the course's; a renamed one is known by its grade_ids."""
    expected = {book.file for book in structure.notebooks}
    others: dict[str, Notebook] = {}
    for name in sorted(set(files) - expected):
        if not name.lower().endswith(".ipynb"):
            continue
        try:
            others[name] = read_notebook(files[name], shown(name), caps)
        except NotebookError as error:
            notes.append(_one_line(error))
    chosen: dict[str, Notebook] = {}
    problems: list[NotebookError] = []
    for book in structure.notebooks:
        try:
            chosen[book.file] = _find(book, files, others, caps, notes)
        except NotebookError as error:
            problems.append(error)
    return chosen, problems


def _find(
    book: NotebookStructure,
    files: Mapping[str, bytes],
    others: Mapping[str, Notebook],
    caps: NotebookCaps,
    notes: list[str],
) -> Notebook:
    alike = [name for name, notebook in others.items() if _is_ours(book, notebook)]
    if book.file in files:
        notebook = read_notebook(files[book.file], book.file, caps)
        if _is_ours(book, notebook):
            notes.extend(f"{shown(name)} was ignored: {book.file} was graded" for name in alike)
            return notebook
        hint = f"{shown(alike[0])} looks like it; rename that one to {book.file}" if alike else None
        raise NotebookError(
            "the notebook has none of this checkpoint's cells",
            where=book.file,
            expected=f"the notebook that `tito module start` or the assignment list gave out as {book.file}",
            next_step=hint or "hand in the right notebook; do not copy its cells into a new one",
        )
    if len(alike) == 1:
        notes.append(f"{shown(alike[0])} was graded as {book.file}: its cells are this checkpoint's")
        return others[alike[0]]
    if alike:
        names = ", ".join(shown(name) for name in alike[:5])
        raise NotebookError(
            f"several notebooks could be {book.file}: {names}",
            expected=f"one notebook named {book.file}",
            next_step=f"rename the one to grade to {book.file} and hand in again",
        )
    found = ", ".join(shown(name) for name in sorted(files)[:5]) or "nothing"
    raise NotebookError(
        f"there is no {book.file} in what was handed in",
        expected=book.file,
        next_step=f"hand in {book.file} (found: {found})",
    )


def _is_ours(book: NotebookStructure, notebook: Notebook) -> bool:
    """Whether it has a solution cell of ours (ids of tests and written answers recur between modules)."""
    ids = {cell.grade_id for cell in book.solutions if cell.grade_id} or set(book.by_id)
    return not ids.isdisjoint(notebook.grade_ids)


def _one_line(problem: NotebookError) -> str:
    text = problem.what if problem.where is None else f"{problem.where}: {problem.what}"
    return f"{text}; {problem.next_step}" if problem.next_step else text


# --- what the student wrote, in the course's structure ------------------------------------------------------


@dataclass(slots=True)
class _Filled:
    module: ModuleSource
    written: list[WrittenAnswer]
    untouched: list[str]
    deleted: list[str]


def _fill(book: NotebookStructure, notebook: Notebook, notes: list[str]) -> _Filled:
    name = book.file
    notes.extend(f"{name}, {note}" for note in notebook.notes)
    if notebook.language not in (None, "python") or (
        notebook.language is None and notebook.kernel not in (None, book.kernel, "python3", "python")
    ):
        other = shown(notebook.language or notebook.kernel or "", 40)
        notes.append(f"{name}: its kernel is {other!r}; it was graded as Python")
    own, extras = sort_cells(book, notebook)
    picked = {grade_id: pick(book.by_id[grade_id], alike) for grade_id, alike in own.items()}
    for grade_id, cell in picked.items():
        _note_duplicates(grade_id, own[grade_id], cell, name, notes)
        _note_changes(book.by_id[grade_id], cell, name, notes)
    cells: list[CellSource] = []
    written: list[WrittenAnswer] = []
    untouched: list[str] = []
    deleted: list[str] = []
    _add_extras(cells, extras.get(None, []), name, notes)
    for place in book.cells:
        if place.grade_id is None:
            continue
        mine = picked.get(place.grade_id)
        if place.role == "written":
            written.append(_answer(place, mine, name))
        if mine is None and place.role == "solution":
            deleted.append(place.grade_id)
            notes.append(f"{name}: the cell {place.grade_id!r} is missing, and with it the names that it defines")
        elif mine is None and place.exported:
            notes.append(f"{name}: the given cell {place.grade_id!r} was missing; the course's copy is used")
        if mine is not None and place.role == "solution" and same_text(mine.source, place.released):
            untouched.append(place.grade_id)
        _add_ours(cells, place, mine, name, notes)
        _add_extras(cells, extras.get(place.grade_id, []), name, notes)
    return _Filled(ModuleSource(book.module, tuple(cells)), written, untouched, deleted)


def sort_cells(
    book: NotebookStructure, notebook: Notebook
) -> tuple[dict[str, list[Cell]], dict[str | None, list[Cell]]]:
    """Part the student's cells: ours by grade_id, their own exported ones by the cell of ours before them."""
    own: dict[str, list[Cell]] = {}
    extras: dict[str | None, list[Cell]] = {}
    after: str | None = None
    for cell in notebook.cells:
        if cell.grade is not None and cell.grade.grade_id in book.by_id:
            after = cell.grade.grade_id
            own.setdefault(after, []).append(cell)
        elif cell.kind == "code" and is_exported(cell.source):
            extras.setdefault(after, []).append(cell)
    return own, extras


def pick(place: SourceCell, cells: list[Cell]) -> Cell:
    """Of the student's cells with one grade_id, the first that was worked on."""
    return next((cell for cell in cells if not same_text(cell.source, place.released)), cells[0])


def _note_duplicates(grade_id: str, cells: list[Cell], graded: Cell, name: str, notes: list[str]) -> None:
    if len(cells) > 1:
        numbers = ", ".join(str(cell.number) for cell in cells[:8])
        notes.append(f"{name}: cells {numbers} all are {grade_id!r}; only cell {graded.number} was graded")


def _note_changes(place: SourceCell, cell: Cell, name: str, notes: list[str]) -> None:
    where = f"{name}, cell {cell.number}"
    meta = cell.grade
    if place.points is not None and meta is not None and meta.points != place.points:
        notes.append(f"{where}: its points were changed; the course's {place.points} count")
    elif meta is not None and (meta.grade, meta.solution) != (
        place.role in ("test", "written"),
        place.role in ("solution", "written"),
    ):
        notes.append(f"{where}: its nbgrader metadata were changed; the course's count")
    if cell.kind != place.kind:
        notes.append(f"{where}: it was turned into a {cell.kind} cell; it was read as {place.kind}")
    if place.role in ("test", "locked") and not same_text(cell.source, place.released):
        notes.append(f"{where}: a locked cell was changed; the course's copy was used")


def _answer(place: SourceCell, cell: Cell | None, name: str) -> WrittenAnswer:
    text = "" if cell is None else cell.source
    return WrittenAnswer(
        grade_id=place.grade_id or "",
        points=place.points or Decimal(0),
        text=text,
        label=name if cell is None else f"{name}, cell {cell.number}",
        untouched=not text.strip() or same_text(text, place.released),
    )


def _add_ours(cells: list[CellSource], place: SourceCell, cell: Cell | None, name: str, notes: list[str]) -> None:
    label = f"{name}, cell {cell.number}" if cell is not None else f"{name}, given cell {place.grade_id!r}"
    if place.role == "locked":
        if place.exported:
            cells.append(CellSource(label, without_ipython(place.released).source))
    elif (
        place.kind == "code"
        and place.role in ("solution", "written")
        and cell is not None
        and (place.exported or is_exported(cell.source))
    ):
        cells.append(CellSource(label, _python(cell, label, notes)))


def _add_extras(cells: list[CellSource], extras: list[Cell], name: str, notes: list[str]) -> None:
    for cell in extras:
        label = f"{name}, cell {cell.number}"
        cells.append(CellSource(label, _python(cell, label, notes)))


def _python(cell: Cell, label: str, notes: list[str]) -> str:
    stripped = without_ipython(cell.source)
    if stripped.lines:
        lines = ", ".join(str(line) for line in stripped.lines[:5])
        notes.append(f"{label}: IPython commands (line {lines}) are no part of the package and were left out")
    return stripped.source
