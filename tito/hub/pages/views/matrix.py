"""The matrix: students down, the sixteen checkpoints across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.standing import Cell, State, StudentRow
from tito.hub.pages.asked import Asked

PAGE: Final = 100
"""Students on one page."""
SORTS: Final = ("name", "id", "section", "total", *(checkpoint.short for checkpoint in CHECKPOINTS))
STATES: Final = (*(state.value for state in State if state is not State.NOT_ASKED), "overdue")


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One checkpoint of one student. `late_days` are days after the due date, `score` is out of 100."""

    checkpoint: int
    state: str
    score: Fraction | None
    late_days: int
    attempts: int
    submission: int | None

    @property
    def mark(self) -> str:
        """The state as the style sheet calls it."""
        return self.state.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One student."""

    student: str
    name: str
    section: str | None
    total: Fraction | None
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of the matrix, and what it was asked to show."""

    lines: tuple[MatrixLine, ...]
    checkpoints: tuple[int, ...]
    """The checkpoints that the course asks for: the columns."""
    count: int
    page: int
    pages: int
    sections: tuple[str, ...]
    section: str
    state: str
    search: str
    sort: str
    descending: bool
    counts: dict[str, int]
    """How many cells of the shown students (all pages) are in each state."""


def view(asked: Asked) -> Matrix:
    """Return the students that fit section, search and state, in the order that was asked for."""
    sort, state = asked.choice("sort", SORTS, "name"), asked.choice("state", ("", *STATES), "")
    descending = asked.choice("order", ("up", "down"), "up") == "down"
    rows = [row for row in asked.standings(asked.session) if asked.viewer.sees_section(row.section)]
    sections = tuple(sorted({row.section for row in rows if row.section}))
    section, search = asked.text("section"), asked.text("search")
    chosen = [row for row in rows if _fits(row, section, search.casefold(), state)]
    chosen.sort(key=_KEYS.get(sort) or _by_checkpoint(sort), reverse=descending)
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(asked.number("page", 1), pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    counts = Counter(cell_state(cell) for row in chosen for cell in row.cells)
    columns = tuple(checkpoint.number for checkpoint in asked.course.checkpoints)
    return Matrix(
        tuple(_line(row, columns) for row in shown),
        columns,
        len(chosen),
        page,
        pages,
        sections,
        section,
        state,
        search,
        sort,
        descending,
        {name: counts[name] for name in STATES},
    )


def cell_state(cell: Cell) -> str:
    """The state in words; a missed deadline is one of its own here, because that is who needs a look."""
    return "overdue" if cell.overdue and cell.score is None else cell.state.value


def _fits(row: StudentRow, section: str, search: str, state: str) -> bool:
    return (
        (not section or row.section == section)
        and (not search or search in row.name.casefold() or search in row.student_id.casefold())
        and (not state or any(cell_state(cell) == state for cell in row.cells))
    )


def _line(row: StudentRow, columns: Sequence[int]) -> MatrixLine:
    cells = tuple(
        MatrixCell(
            cell.checkpoint,
            cell_state(cell),
            None if cell.score is None else cell.score.final,
            cell.days_late,
            cell.attempts,
            cell.submission_id,
        )
        for cell in (row.cells[number] for number in columns)
    )
    return MatrixLine(row.student_id, row.name, row.section, row.total.so_far, cells)


def _by_checkpoint(short: str) -> Callable[[StudentRow], float]:
    number = next(checkpoint.number for checkpoint in CHECKPOINTS if checkpoint.short == short)

    def key(row: StudentRow) -> float:
        score = row.cells[number].score
        return _order(None if score is None else score.final)

    return key


def _order(score: Fraction | None) -> float:
    """What to sort by: a float is near enough for an order, and a hundred times quicker to compare."""
    return -1.0 if score is None else float(score)


_KEYS: Final[dict[str, Callable[[StudentRow], Any]]] = {
    "name": lambda row: (row.name.casefold(), row.student_id),
    "id": lambda row: row.student_id,
    "section": lambda row: (row.section or "", row.name.casefold()),
    "total": lambda row: _order(row.total.so_far),
}
