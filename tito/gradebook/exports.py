"""The gradebook as CSV: for people and scripts, and as Canvas imports it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.points import rounded
from tito.gradebook.csvfiles import Cell as Field
from tito.gradebook.csvfiles import write_rows
from tito.gradebook.standing import Cell, StudentRow, asked_columns

Which = Literal["now", "published"]
"""Scores as they count now, or as students see them."""

Column = tuple[str, Callable[[StudentRow], Field]]
"""A further column: its name, and what stands in it."""

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""In the order in which Canvas requires them. ID is Canvas's own number, which we do not know: left empty, so that
Canvas matches by the SIS columns. A number of ours there could be another student's."""


def export_csv(
    rows: Sequence[StudentRow],
    *,
    which: Which = "now",
    states: bool = False,
    total: Callable[[StudentRow], Fraction | None] | None = None,
    more: Sequence[Column] = (),
) -> bytes:
    """Return one line per student: id, name, e-mail, section, a score per checkpoint asked for, the total so far.

    Scores are percent with two decimals, empty where there is none. `states` adds a column with the state of each
    checkpoint, `more` any others. `total` None is that of the scores that count now, and none of published ones. With
    the mark that Excel needs for names that are not ASCII; `tito roster import` reads it again.
    """
    asked = asked_columns(rows)
    columns = [checkpoint.slug for checkpoint in asked]
    header = ["student_id", "name", "email", "section", *columns, "total_so_far"]
    if states:
        header += [f"{name}_state" for name in columns]
    lines: list[list[Field]] = [[*header, *(name for name, _ in more)]]
    for row in rows:
        so_far = total(row) if total is not None else row.total.so_far if which == "now" else None
        line: list[Field] = [row.student_id, row.name, row.email, row.section]
        line += [_score(row.cells[checkpoint.number], which) for checkpoint in asked]
        line.append(None if so_far is None else rounded(so_far))
        if states:
            line += [row.cells[checkpoint.number].state.value for checkpoint in asked]
        line += [what(row) for _, what in more]
        lines.append(line)
    return write_rows(lines).encode("utf-8-sig")


def export_canvas(
    rows: Sequence[StudentRow],
    *,
    which: Which = "published",
    checkpoints: Collection[Checkpoint] | None = None,
    assignment_ids: Mapping[int, int] | None = None,
) -> bytes:
    """Return a file for Canvas's Grades > Import, each checkpoint an assignment of 100 points.

    `checkpoints` None takes those for which anyone has a score: Canvas makes an assignment of each column it does not
    know. `assignment_ids` are Canvas's numbers by checkpoint, once it has them; then titles may be changed there.
    """
    chosen = [
        checkpoint
        for checkpoint in CHECKPOINTS
        if (
            any(_score(row.cells[checkpoint.number], which) is not None for row in rows)
            if checkpoints is None
            else checkpoint in checkpoints
        )
    ]
    titles = [_canvas_title(checkpoint, assignment_ids or {}) for checkpoint in chosen]
    lines: list[list[Field]] = [
        [*CANVAS_COLUMNS, *titles],
        # Canvas knows this row by its words, and writes them with four spaces itself.
        ["    Points Possible", None, None, None, None, *[100 for _ in chosen]],
    ]
    lines += [
        [
            row.name,
            None,
            row.student_id,
            row.student_id,
            row.section,
            *[_score(row.cells[checkpoint.number], which) for checkpoint in chosen],
        ]
        for row in rows
    ]
    return write_rows(lines).encode("utf-8")


def _canvas_title(checkpoint: Checkpoint, ids: Mapping[int, int]) -> str:
    number = ids.get(checkpoint.number)
    return checkpoint.title if number is None else f"{checkpoint.title} ({number})"


def _score(cell: Cell, which: Which) -> Decimal | None:
    exact: Fraction | None
    if which == "published":
        exact = cell.published.score if cell.published else None
    else:
        exact = cell.score.final if cell.score else None
    return None if exact is None else rounded(exact)
