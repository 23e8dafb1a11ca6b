"""The matrix: students down, the sixteen checkpoints across."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from tito.course.checkpoints import CHECKPOINTS, TIERS
from tito.course.config import Course
from tito.gradebook.exports import Which
from tito.gradebook.queries import passed_milestones
from tito.gradebook.standing import Cell, State, StudentRow
from tito.gradebook.totals import Totals
from tito.hub.pages.asked import Asked

PAGE: Final = 100
"""Students on one page."""
SORTS: Final = (
    "name",
    "id",
    "section",
    "total",
    "milestones",
    *TIERS,
    *(checkpoint.short for checkpoint in CHECKPOINTS),
)
STATES: Final = (*(state.value for state in State if state is not State.NOT_ASKED), "overdue")
_MANY: Final = 10**9
"""More cells than any class has."""
_ONE: Final[dict[str, int]] = {state: _MANY**place for place, state in enumerate((*STATES, State.NOT_ASKED.value))}
"""What a cell in each state adds to a tally."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One checkpoint of one student. `late_days` are days after the due date, `score` is out of 100."""

    checkpoint: int
    state: str
    score: Fraction | None
    late_days: int
    attempts: int
    submission: int | None
    milestone: bool
    """Whether the checkpoint's milestone is earned."""

    @property
    def mark(self) -> str:
        """The state as the style sheet calls it."""
        return self.state.replace(" ", "-")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MatrixLine:
    """One student. A line is kept, and so is its HTML: it is the same line only if it is the same object."""

    student: str
    name: str
    section: str | None
    total: Fraction | None
    tiers: tuple[Fraction | None, ...]
    """The weighted percentage of what has been judged in each tier, None where nothing was."""
    milestones: int
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class TierColumn:
    """A tier of the course, and its share of the course in percent."""

    name: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of the matrix, and what it was asked to show."""

    lines: tuple[MatrixLine, ...]
    checkpoints: tuple[int, ...]
    """The checkpoints that the course asks for: the columns."""
    tiers: tuple[TierColumn, ...]
    milestones: int
    """How many the course has to earn."""
    count: int
    page: int
    pages: int
    sections: tuple[str, ...]
    section: str
    state: str
    search: str
    scores: Which
    sort: str
    descending: bool
    counts: dict[str, int]
    """How many cells of the shown students (all pages) are in each state."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The students that fit what was asked for, in its order, and how their lines are made."""

    rows: tuple[StudentRow, ...]
    scores: Which
    section: str
    state: str
    search: str
    sort: str
    descending: bool
    sections: tuple[str, ...]
    lines: Lines


class Figures:
    """What a line says beside its cells: scores as they count now or as students see them, added up, and milestones."""

    def __init__(self, course: Course, scores: Which, passed: frozenset[tuple[int, str]]) -> None:
        self._totals, self._published, self._passed = Totals(course), scores == "published", passed
        self._known: dict[tuple[int, str], Fraction | None] = {}
        self._of_tier: dict[str, tuple[int, ...]] = {
            tier: tuple(one.number for one in course.checkpoints if one.tier == tier and course.weights[one.number])
            for tier in TIERS
        }

    def score(self, cell: Cell) -> Fraction | None:
        """The score of a cell, out of 100."""
        if self._published:
            return None if cell.published is None else cell.published.score
        return None if cell.score is None else cell.score.final

    def total(self, row: StudentRow) -> Fraction | None:
        """The weighted percentage of what has been judged."""
        return self._sum(row, "", row.cells) if self._published else row.total.so_far

    def tier(self, row: StudentRow, tier: str) -> Fraction | None:
        """The same of one tier."""
        return self._sum(row, tier, [row.cells[number] for number in self._of_tier[tier]])

    def has_milestone(self, cell: Cell) -> bool:
        """Whether the milestone of a cell's checkpoint is earned by the result that counts, or was published."""
        milestone = CHECKPOINTS[cell.checkpoint].milestone
        if milestone is None:
            return False
        result = cell.result_id
        if self._published:
            result = None if cell.published is None else cell.published.result_id
        return result is not None and (result, milestone.test) in self._passed

    def milestones(self, row: StudentRow) -> int:
        """How many a student has earned."""
        return sum(map(self.has_milestone, row.cells))

    def _sum(self, row: StudentRow, what: str, cells: Sequence[Cell]) -> Fraction | None:
        """Worked out once: sorting a class asks for all of them."""
        key = (row.id, what)
        if key not in self._known:
            total = self._totals.published(cells) if self._published else self._totals.of(cells)
            self._known[key] = total.so_far
        return self._known[key]


class Lines:
    """The lines of a class as they are shown, each made at first sight and kept. May be shared by threads."""

    def __init__(self, course: Course, figures: Figures) -> None:
        self.columns = tuple(checkpoint.number for checkpoint in course.checkpoints)
        self.tiers = _tiers(course)
        self.figures = figures
        self._lines: dict[int, MatrixLine] = {}
        self._tallies: dict[int, int] = {}

    def of(self, row: StudentRow) -> MatrixLine:
        """The line of a student."""
        line = self._lines.get(row.id)
        if line is None:
            line = self._lines[row.id] = self._make(row)
        return line

    def tally(self, row: StudentRow) -> int:
        """How many cells are in which state: a number in which each state has its digits, so that adding is quick."""
        tally = self._tallies.get(row.id)
        if tally is None:
            tally = self._tallies[row.id] = sum(map(_ONE.__getitem__, map(cell_state, row.cells)))
        return tally

    def _make(self, row: StudentRow) -> MatrixLine:
        figures = self.figures
        cells = tuple(
            MatrixCell(
                cell.checkpoint,
                cell_state(cell),
                figures.score(cell),
                cell.days_late,
                cell.attempts,
                cell.submission_id,
                figures.has_milestone(cell),
            )
            for cell in (row.cells[number] for number in self.columns)
        )
        tiers = tuple(figures.tier(row, tier.name) for tier in self.tiers)
        earned = sum(cell.milestone for cell in cells)
        return MatrixLine(row.student_id, row.name, row.section, figures.total(row), tiers, earned, cells)


def view(asked: Asked) -> Matrix:
    """Return the students that fit section, search and state, in the order that was asked for."""
    chosen = choose(asked)
    page, pages = asked.leaf(len(chosen.rows), PAGE)
    shown = chosen.rows[(page - 1) * PAGE : page * PAGE]
    lines = chosen.lines
    tally = sum(map(lines.tally, chosen.rows))
    return Matrix(
        tuple(map(lines.of, shown)),
        lines.columns,
        lines.tiers,
        sum(CHECKPOINTS[number].milestone is not None for number in lines.columns),
        len(chosen.rows),
        page,
        pages,
        chosen.sections,
        chosen.section,
        chosen.state,
        chosen.search,
        chosen.scores,
        chosen.sort,
        chosen.descending,
        {name: _counted(tally, name) for name in STATES},
    )


def choose(asked: Asked) -> Chosen:
    """Return who fits, on whatever page they stand. Raises BadRequest. Two queries when nothing changed."""
    sort, state = asked.choice("sort", SORTS, "name"), asked.choice("state", ("", *STATES), "")
    descending = asked.choice("order", ("up", "down"), "up") == "down"
    scores: Which = "published" if asked.choice("scores", ("now", "published"), "now") == "published" else "now"
    rows = [row for row in asked.standings.rows if asked.viewer.sees_section(row.section)]
    sections = tuple(sorted({row.section for row in rows if row.section}))
    section, search = asked.text("section"), asked.text("search")
    lines = asked.standings.beside(f"matrix {scores}", lambda: _lines(asked, scores))
    fitting = [row for row in rows if _fits(row, section, search.casefold()) and _has(state, row, lines)]
    fitting.sort(key=_key(sort, lines.figures), reverse=descending)
    return Chosen(
        tuple(fitting),
        scores,
        section,
        state,
        search,
        sort,
        descending,
        sections,
        lines,
    )


def _lines(asked: Asked, scores: Which) -> Lines:
    passed = asked.kept.get(asked.session, "milestones", lambda: passed_milestones(asked.session))
    return Lines(asked.course, Figures(asked.course, scores, passed))


def _tiers(course: Course) -> tuple[TierColumn, ...]:
    """The tiers that count for something, with their shares."""
    shares = {
        tier: sum((course.share(one) for one in course.checkpoints if one.tier == tier), Fraction(0)) for tier in TIERS
    }
    return tuple(TierColumn(name, share) for name, share in shares.items() if share)


def cell_state(cell: Cell) -> str:
    """The state in words; a missed deadline is one of its own here, because that is who needs a look."""
    return "overdue" if cell.overdue and cell.score is None else cell.state.value


def _fits(row: StudentRow, section: str, search: str) -> bool:
    return (not section or row.section == section) and (
        not search or search in row.name.casefold() or search in row.student_id.casefold()
    )


def _has(state: str, row: StudentRow, lines: Lines) -> bool:
    return not state or _counted(lines.tally(row), state) > 0


def _counted(tally: int, state: str) -> int:
    """How many of a tally are in this state."""
    return tally // _ONE[state] % _MANY


def _key(sort: str, figures: Figures) -> Callable[[StudentRow], Any]:
    """What to sort by: a float is near enough for an order, and a hundred times quicker to compare."""
    if sort in _KEYS:
        return _KEYS[sort]
    if sort == "total":
        return lambda row: _order(figures.total(row))
    if sort == "milestones":
        return figures.milestones
    if sort in TIERS:
        return lambda row: _order(figures.tier(row, sort))
    number = next(checkpoint.number for checkpoint in CHECKPOINTS if checkpoint.short == sort)
    return lambda row: _order(figures.score(row.cells[number]))


def _order(score: Fraction | None) -> float:
    return -1.0 if score is None else float(score)


_KEYS: Final[dict[str, Callable[[StudentRow], Any]]] = {
    "name": lambda row: (row.name.casefold(), row.student_id),
    "id": lambda row: row.student_id,
    "section": lambda row: (row.section or "", row.name.casefold()),
}
