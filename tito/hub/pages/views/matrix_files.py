"""The matrix as files: just the students, the order and the scores that the page was asked for, on all of its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from tito.course.checkpoints import CHECKPOINTS
from tito.course.points import rounded
from tito.gradebook.csvfiles import Cell as Field
from tito.gradebook.exports import Column, export_canvas, export_csv
from tito.gradebook.standing import StudentRow
from tito.hub.pages.asked import Asked, Download
from tito.hub.pages.views.matrix import Chosen, cell_state, choose

_CSV: Final = "text/csv; charset=utf-8"


def as_csv(asked: Asked) -> Download:
    """Return the matrix for people and scripts: scores, totals, states, late days and milestones. Raises BadRequest."""
    chosen = choose(asked)
    content = export_csv(chosen.rows, which=chosen.scores, total=chosen.lines.figures.total, more=_columns(chosen))
    return Download(_name(asked, "gradebook"), _CSV, content)


def as_canvas(asked: Asked) -> Download:
    """Return the same students and scores for Canvas's import. Raises BadRequest."""
    chosen = choose(asked)
    return Download(_name(asked, "canvas"), _CSV, export_canvas(chosen.rows, which=chosen.scores))


FILES: Final[Mapping[str, Callable[[Asked], Download]]] = {"csv": as_csv, "canvas": as_canvas}


def _columns(chosen: Chosen) -> tuple[Column, ...]:
    """What the page shows beside the scores."""
    return (
        *((f"{tier.name}_so_far", _tier(chosen, tier.name)) for tier in chosen.lines.tiers),
        ("milestones", chosen.lines.figures.milestones),
        *((f"{CHECKPOINTS[number].slug}_state", _state(number)) for number in chosen.lines.columns),
        *((f"{CHECKPOINTS[number].slug}_days_late", _days_late(number)) for number in chosen.lines.columns),
    )


def _tier(chosen: Chosen, name: str) -> Callable[[StudentRow], Field]:
    return lambda row: _percent(chosen.lines.figures.tier(row, name))


def _state(number: int) -> Callable[[StudentRow], Field]:
    return lambda row: cell_state(row.cells[number])


def _days_late(number: int) -> Callable[[StudentRow], Field]:
    return lambda row: row.cells[number].days_late


def _percent(score: Fraction | None) -> Field:
    return None if score is None else rounded(score)


def _name(asked: Asked, what: str) -> str:
    """A name that every file system takes; the day is the course's."""
    return f"{what}-{asked.now.astimezone(asked.course.zone):%Y-%m-%d}.csv"
