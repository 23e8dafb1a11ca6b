"""What grading leaves in `autograded/<student>/<checkpoint>/`: the marked notebooks, the feedback page, the result.

All of it can be made again from the gradebook and the store, so it is written without ceremony but atomically: a
reader never sees half a file.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.course.results import Outcome, Result
from tito.grading.feedback import feedback_page
from tito.grading.reveal import put_off, reveal
from tito.notebooks.assemble import Handin
from tito.notebooks.files import cannot_write
from tito.notebooks.marked import marked_notebooks
from tito.notebooks.structure import AssignmentStructure


def write_artifacts(
    course: Course,
    checkpoint: Checkpoint,
    structure: AssignmentStructure,
    handin: Handin,
    result: Result,
    *,
    folder: str,
    student: str,
    due_at: datetime | None = None,
) -> Path:
    """Write the folder of one graded submission and return it. `folder` is relative to `autograded/`.

    `due_at` is the student's own due date where it is not the course's. `result.json` is the staff's and whole; the
    page and the notebooks hold only what the student may see now.
    Raises TitoError when the disk is full or the folder cannot be written.
    """
    path = course.paths.autograded / folder
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    assessment = course.assessment(checkpoint)
    shown = reveal(result.outcomes, assessment.reveal, datetime.now(UTC), put_off(assessment, due_at))
    _write(path / "result.json", _lines(result.to_json()).encode())
    page = feedback_page(course, checkpoint, result, shown, student=student)
    _write(path / "feedback.html", page.encode())
    counted = [outcome for outcome in shown if outcome.mode == result.counts]
    for name, content in marked_notebooks(structure, handin, by_cell(counted)).items():
        _write(path / name, content)
    return path


def _lines(result: dict[str, Any]) -> str:
    """A result as JSON with a line for each outcome: indented all through, it takes four times as long to write."""
    outcomes = ",\n".join(map(json.dumps, result["outcomes"]))
    rest = json.dumps({name: value for name, value in result.items() if name != "outcomes"})
    return f'{rest[:-1]}, "outcomes": [\n{outcomes}\n]}}\n'


def by_cell(outcomes: list[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes under the grade_id of the test cell they belong to."""
    cells: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.cell is not None:
            cells.setdefault(outcome.cell, []).append(outcome)
    return cells


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # on a full disk half a file would only be in the way
            draft.unlink()
        raise cannot_write(path, error) from error
