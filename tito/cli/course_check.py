"""Every problem of a course's files at once: config, notebooks and their text, release, graders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import check_config, load_course
from tito.course.course import Course
from tito.course.problems import Problem
from tito.errors import TitoError
from tito.grading.check import check_graders
from tito.notebooks import pairing
from tito.notebooks.cells import same_text
from tito.notebooks.document import NotebookError, read_notebook
from tito.notebooks.structure import AssignmentStructure, NotebookStructure


def course_problems(root: Path) -> list[Problem]:
    """Return every problem. With an error in the config, the rest cannot be looked at, and only its problems come."""
    problems = check_config(root)
    if any(problem.severity == "error" for problem in problems):
        return problems
    course = load_course(root)
    for checkpoint in CHECKPOINTS:
        problems += [problem.relative_to(root) for problem in _notebooks(course, checkpoint)]
    told = {problem.what for problem in problems}
    return problems + [problem for problem in check_graders(course) if problem.what not in told]


def _notebooks(course: Course, checkpoint: Checkpoint) -> Iterator[Problem]:
    try:
        for synced in pairing.sync(course, [checkpoint], check_only=True):
            if synced.written:
                yield Problem(
                    str(synced.written[0]),
                    None,
                    "the notebook and its text are not the same",
                    next_step="run `tito assignment sync`",
                    severity="warning",
                )
        if (course.paths.source / checkpoint.slug).is_dir():
            for book in AssignmentStructure.read(course, checkpoint).notebooks:
                yield from _release(course.paths.release / checkpoint.slug / book.file, book)
    except TitoError as error:
        yield Problem(error.where or checkpoint.slug, None, error.what, error.expected, error.next_step)


def _release(path: Path, book: NotebookStructure) -> Iterator[Problem]:
    """Whether the release is what students should have; `tito assignment release --check` looks at every byte."""
    step = "run `tito assignment release`"
    if not path.is_file():
        yield Problem(str(path), None, "this notebook is not released", next_step=step, severity="warning")
        return
    try:
        cells = read_notebook(path.read_bytes(), path.name).cells
    except NotebookError as error:
        yield Problem(str(path), None, error.what, error.expected, step)
        return
    alike = len(cells) == len(book.cells) and all(
        same_text(cell.source, place.released) for cell, place in zip(cells, book.cells, strict=True)
    )
    if not alike:
        yield Problem(str(path), None, "the release is older than the notebook", next_step=step, severity="warning")
