"""The marked copy of a student's notebook: every test's outcome at its cell, points as nbgrader reads them.

Source of solution cells and answers is the student's; locked cells, metadata and the kernel are the course's; what a
student's notebook could make a browser do is taken out (see `outputs`).
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tito.course.points import show
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.notebooks.assemble import Handin, pick, sort_cells
from tito.notebooks.cells import same_text
from tito.notebooks.document import Cell, Notebook
from tito.notebooks.files import dump_notebook
from tito.notebooks.outputs import Json, printable, tame_attachments, tame_markdown, tame_outputs
from tito.notebooks.structure import AssignmentStructure, NotebookStructure, SourceCell

Outcomes = Mapping[str, Sequence[Outcome]]
"""Outcomes by the grade_id of their test cell; they hold only what the reader of the copy may see."""

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def marked_notebooks(structure: AssignmentStructure, handin: Handin, outcomes: Outcomes) -> dict[str, bytes]:
    """Return the marked copies (nbformat 4.5) by the course's file names."""
    return {
        book.file: dump_notebook(marked_notebook(book, handin.notebooks[book.file], outcomes))
        for book in structure.notebooks
        if book.file in handin.notebooks
    }


def marked_notebook(book: NotebookStructure, notebook: Notebook, outcomes: Outcomes) -> Json:
    """Return one marked copy as JSON."""
    own, _ = sort_cells(book, notebook)
    picked = {pick(book.by_id[grade_id], cells).index: grade_id for grade_id, cells in own.items()}
    cells: list[Json] = []
    places: dict[str, int] = {}
    for cell in notebook.cells:
        grade_id = picked.get(cell.index)
        raw = notebook.raw["cells"][cell.index]
        if grade_id is None:
            cells.append(_students(cell, raw))
        else:
            places[grade_id] = len(cells)
            cells.append(_ours(book.by_id[grade_id], cell, raw, outcomes))
    _put_back(book, cells, places, outcomes)
    _name_cells(cells, book.file)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def checksum(place: SourceCell, source: str) -> str:
    """The checksum by which nbgrader knows an unchanged cell, for a cell of ours with this source."""
    meta = _meta(place)
    digest = hashlib.md5(usedforsecurity=False)  # nbgrader's choice, for equality only
    locked = not meta["solution"] and (meta["grade"] or meta["locked"])
    for part in (source, place.kind, str(meta["grade"]), str(meta["solution"]), str(locked), place.grade_id or ""):
        digest.update(part.encode())
    if meta["grade"]:
        digest.update(str(float(place.points or 0)).encode())
    return digest.hexdigest()


def _meta(place: SourceCell) -> Json:
    return {
        "cell_type": place.kind,
        "grade": place.role in ("test", "written"),
        "grade_id": place.grade_id,
        "locked": place.role in ("test", "locked"),
        "schema_version": 3,
        "solution": place.role in ("solution", "written"),
        "task": False,
    }


def _ours(place: SourceCell, cell: Cell | None, raw: Json, outcomes: Outcomes) -> Json:
    """One of the course's cells, with the student's text where it is theirs to write."""
    mine = cell is not None and place.role in ("solution", "written")
    source = cell.source if cell is not None and mine else place.released
    mine = mine and not same_text(source, place.released)
    source = source if mine else place.released
    meta = _meta(place)
    meta["checksum"] = checksum(place, place.released)
    if place.points is not None:
        meta["points"] = _number(place.points)
    metadata: Json = {"deletable": False, "nbgrader": meta}
    if meta["locked"]:
        metadata["editable"] = False
    if place.kind == "markdown":
        markdown: Json = {
            "cell_type": "markdown",
            "metadata": metadata,
            "source": tame_markdown(source) if mine else source,
        }
        attachments = tame_attachments(raw.get("attachments"))
        return {**markdown, "attachments": attachments} if attachments else markdown
    if place.kind == "raw":
        return {"cell_type": "raw", "metadata": metadata, "source": source}
    if place.role == "test":
        shown = outcome_outputs(place, outcomes.get(place.grade_id or "", ()))
    else:
        shown = tame_outputs(raw.get("outputs")) if mine else []
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": shown,
        "source": source,
    }


def _students(cell: Cell, raw: Json) -> Json:
    """A cell of the student's own: text and bitmaps."""
    if cell.kind == "code":
        return {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": tame_outputs(raw.get("outputs")),
            "source": cell.source,
        }
    kept: Json = {"cell_type": cell.kind, "metadata": {}, "source": tame_markdown(cell.source)}
    if cell.kind == "raw":
        kept["metadata"] = {"raw_mimetype": "text/plain"}  # without one nbconvert takes it as HTML
        return kept
    attachments = tame_attachments(raw.get("attachments"))
    return {**kept, "attachments": attachments} if attachments else kept


def _put_back(book: NotebookStructure, cells: list[Json], places: dict[str, int], outcomes: Outcomes) -> None:
    """Insert missing graded and locked cells after the cell of ours that goes before them."""
    before = -1
    for place in book.cells:
        grade_id = place.grade_id
        if grade_id is None:
            continue
        if grade_id not in places:
            if place.role == "solution":
                continue  # its text is the student's, and there is none
            for other, index in places.items():
                if index > before:
                    places[other] = index + 1
            places[grade_id] = before + 1
            cells.insert(before + 1, _ours(place, None, {}, outcomes))
        before = places[grade_id]


def _name_cells(cells: list[Json], file: str) -> None:
    """Give each cell the id that nbformat 4.5 asks for: the same for the same notebook."""
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        name = hashlib.sha256(f"{file}/{number}".encode()).hexdigest()[:8]
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if isinstance(grade_id, str) and _CELL_ID.match(grade_id):
            name = grade_id
        while name in seen:
            name = f"{name[:56]}-{number}"
        seen.add(name)
        cell["id"] = name


# --- the outputs of a test cell -----------------------------------------------------------------------------


def outcome_outputs(place: SourceCell, outcomes: Sequence[Outcome]) -> list[Json]:
    """The outputs that show a test cell's outcomes and carry its points to nbgrader.

    nbgrader gives all points to a cell without an error or a result, none to an error, and the number to a result.
    """
    possible = place.points or Decimal(0)
    earned = min(sum((outcome.earned for outcome in outcomes), Decimal(0)), possible)
    title = f"{show(earned)} of {show(possible)} points"
    faulted = any(not outcome.verdict.is_students for outcome in outcomes)
    if not outcomes or faulted:
        title = "Not graded: the platform failed, which costs no points. It will be graded again."
    text = "\n".join([title, *(line for outcome in outcomes for line in _lines(outcome))])
    data = {"text/plain": text, "text/html": _page(title, outcomes)}
    outputs: list[Json] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    if not outcomes or faulted or earned <= 0 < possible:
        outputs.append({"output_type": "error", "ename": "Tests", "evalue": title, "traceback": [title]})
    elif earned < possible:
        number = {"text/plain": str(earned)}
        outputs.append({"output_type": "execute_result", "data": number, "execution_count": None, "metadata": {}})
    return outputs


def _lines(outcome: Outcome) -> list[str]:
    """One outcome as text: a line, and what may be shown of it, indented."""
    head = f"{outcome.verdict.title}: {printable(outcome.title, 200)} ({show(outcome.earned)}/{show(outcome.possible)})"
    if outcome.verdict is Verdict.PASSED and not outcome.detail:
        return [head]
    lines: list[str] = [outcome.verdict.explanation]
    if outcome.inherited_from is not None:
        lines.append(f"inherited from checkpoint {outcome.inherited_from:02}")
    lines += [outcome.detail] if outcome.detail else []
    example = outcome.counterexample
    if example is not None:
        lines += [f"{name} = {value}" for name, value in example.inputs]
        lines += [f"expected: {example.expected}", f"got:      {example.got}"]
        lines += [example.difference] if example.difference else []
    found = outcome.diverged
    if found is not None:
        lines += [found.said, *(f"{name} = {value}" for name, value in found.inputs)]
        lines += [f"expected: {found.expected}"] if found.expected else []
        lines += [f"got:      {found.got}"] if found.got else []
    lines += [f"{frame.where}, line {frame.line}, in {frame.function}: {frame.text}" for frame in outcome.frames]
    lines += [f"printed: {outcome.output}"] if outcome.output else []
    lines += [f"hint: {outcome.hint}"] if outcome.hint else []
    return [head, *(f"    {row}" for line in lines for row in printable(line, 4000).split("\n"))]


def _page(title: str, outcomes: Sequence[Outcome]) -> str:
    """The same as HTML: a list of escaped text, without style or script."""
    items = "".join(
        f"<li><strong>{html.escape(rows[0])}</strong>"
        + (f"<pre>{html.escape(_join(rows[1:]))}</pre>" if rows[1:] else "")
        + "</li>"
        for rows in map(_lines, outcomes)
    )
    return f'<div class="tex2jax_ignore mathjax_ignore"><p>{html.escape(title)}</p><ul>{items}</ul></div>'


def _join(rows: list[str]) -> str:
    return "\n".join(row[4:] for row in rows)


def _number(points: Decimal) -> Any:
    """Points as JSON: a whole number where they are one, so that released and marked copies agree."""
    return int(points) if points == int(points) else float(points)
