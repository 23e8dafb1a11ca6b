"""The gradebook on a terminal: students down, the sixteen checkpoints across, in 80 columns or more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tito.cli.screen import Screen, clean, words
from tito.course.points import show
from tito.gradebook.standing import Cell, State, StudentRow, asked_columns

_CELL: Final = 4
_TOTAL: Final = 7
_STYLES: Final = {
    State.NOT_ASKED: "dim",
    State.NOT_STARTED: "dim",
    State.SUBMITTED: "cyan",
    State.LATE: "red",
    State.NEEDS_REVIEW: "yellow",
    State.GRADED: "bold",
    State.PUBLISHED: "green",
}


def matrix(screen: Screen, rows: Sequence[StudentRow]) -> list[Text]:
    """Return the lines of the matrix. Names are cut to what the width leaves; the total comes where it fits."""
    asked = asked_columns(rows)
    room = screen.width - len(asked) * _CELL - 1
    with_total = room >= 14 + _TOTAL
    names = [f"{row.name} ({row.student_id})" if room >= 44 else row.name for row in rows]
    wide = max([7, *(cell_len(clean(name)) for name in names)])
    name_width = min(wide, room - (_TOTAL if with_total else 0))
    head = words(("student".ljust(name_width), "dim"))
    for checkpoint in asked:
        head.append(f"{checkpoint.number:02}".rjust(_CELL - 1) + " ", style="dim")
    if with_total:
        head.append("so far".rjust(_TOTAL), style="dim")
    return [head, *(_line(screen, row, name, name_width, with_total) for row, name in zip(rows, names, strict=True))]


def legend(screen: Screen) -> Text:
    """Return what the marks of the matrix mean; points are of 100."""
    return words(
        ("95 ", _STYLES[State.PUBLISHED]),
        ("published ", "dim"),
        ("95*", _STYLES[State.GRADED]),
        (" not published ", "dim"),
        ("66?", _STYLES[State.NEEDS_REVIEW]),
        (" written part open ", "dim"),
        (screen.symbol("part"), _STYLES[State.SUBMITTED]),
        (" to grade ", "dim"),
        ("!", _STYLES[State.LATE]),
        (" overdue", "dim"),
    )


def plain(row: StudentRow) -> dict[str, Any]:
    """Return a student's line as JSON types; scores are strings with two decimals."""
    return {
        "student_id": row.student_id,
        "name": row.name,
        "section": row.section,
        "active": row.active,
        "total_so_far": None if row.total.so_far is None else show(row.total.so_far),
        "checkpoints": [plain_cell(cell) for cell in row.cells if cell.state is not State.NOT_ASKED],
    }


def plain_cell(cell: Cell) -> dict[str, Any]:
    """Return one cell as JSON types."""
    score, published = cell.score, cell.published
    return {
        "checkpoint": cell.checkpoint,
        "state": cell.state.value,
        "attempts": cell.attempts,
        "score": None if score is None else show(score.final),
        "pending": None if score is None else show(score.pending),
        "published": None if published is None else show(published.score),
        "days_late": cell.days_late,
        "due_at": None if cell.due_at is None else cell.due_at.isoformat(),
        "overdue": cell.overdue,
    }


def mark(screen: Screen, cell: Cell) -> tuple[str, str]:
    """Return a cell's text (at most four columns) and its style."""
    style = _STYLES[cell.state]
    if cell.score is not None:
        flag = {State.NEEDS_REVIEW: "?", State.GRADED: "*"}.get(cell.state, " ")
        return f"{show(cell.score.final, 0)}{flag}", style
    if cell.submission_id is not None:
        return f"{screen.symbol('part')} ", style
    return ("! ", _STYLES[State.LATE]) if cell.overdue else (f"{screen.symbol('dot')} ", "dim")


def _line(screen: Screen, row: StudentRow, name: str, width: int, with_total: bool) -> Text:
    shown = clean(name)
    if cell_len(shown) > width:
        shown = set_cell_size(shown, width - 1) + ("…" if "utf" in screen.out.encoding.lower() else "~")
    line = Text(set_cell_size(shown, width), style="" if row.active else "dim")
    for cell in row.cells:
        if cell.state is State.NOT_ASKED:
            continue
        text, style = mark(screen, cell)
        line.append(text.rjust(_CELL), style=style)
    if with_total:
        so_far = row.total.so_far
        line.append(("" if so_far is None else show(so_far, 1)).rjust(_TOTAL), style="bold")
    line.rstrip()
    return line
