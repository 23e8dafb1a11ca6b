"""Keeps `autograded/` in step with what students see: a folder shows the published result, never a newer one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import or_, select

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.models import Publication, Published, PublishedGrade, ResultRow, Student, Submission
from tito.gradebook.queries import extended_dues
from tito.gradebook.services.grading import load_result
from tito.grading.artifacts import write_artifacts
from tito.notebooks.assemble import assemble
from tito.notebooks.document import NotebookError
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure


class _Shown(NamedTuple):
    """The published result of one student."""

    student_id: str
    result_id: int
    receipt: dict[str, Any]
    digest: str


def published_submissions(gradebook: Gradebook) -> set[int]:
    """The ids of the submissions whose result students see now, or saw until somebody took it back.

    Grading one of them again is a regrade.
    """
    query = (
        select(PublishedGrade.submission_id)
        .outerjoin(Published, Published.grade_id == PublishedGrade.id)
        .outerjoin(Publication, Publication.undoes == PublishedGrade.publication_id)
        .where(or_(Published.grade_id.is_not(None), Publication.id.is_not(None)))
    )
    with gradebook.read() as session:
        return {id_ for id_ in session.scalars(query) if id_ is not None}


def refresh_folders(
    course: Course, gradebook: Gradebook, checkpoint: Checkpoint, *, students: Collection[str] | None = None
) -> int:
    """Write the folders of a checkpoint anew that do not show the published result; return how many.

    Those of these students, or of all: one file is read for each.

    After a publication or its roll-back, and whenever a run was stopped between the gradebook and the folders. Raises
    TitoError when a folder cannot be written; work that no longer fits the course's notebooks keeps its old folder and
    is named in the error, after everybody else's was written.
    """
    stale = [
        shown
        for shown in _published(gradebook, checkpoint, students)
        if _receipt(course.paths.autograded / shown.student_id / checkpoint.slug / "result.json") != shown.receipt
    ]
    if not stale:
        return 0
    structure, store = AssignmentStructure.read(course, checkpoint), Store(course.paths.store)
    with gradebook.read() as session:
        dues = extended_dues(session, course)
    unfit: list[str] = []
    for shown in stale:
        with gradebook.read() as session:
            result = load_result(session, shown.result_id)
        try:
            handin = assemble(structure, store.get(shown.digest))
        except NotebookError as error:
            unfit.append(f"{shown.student_id} ({error.what})")
            continue
        folder = f"{shown.student_id}/{checkpoint.slug}"
        due_at = dues.get((shown.student_id, checkpoint.number))
        write_artifacts(
            course, checkpoint, structure, handin, result, folder=folder, student=shown.student_id, due_at=due_at
        )
    if unfit:
        raise TitoError(
            f"{len(unfit)} of {len(stale)} folders were left as they are: {checkpoint.slug} has changed, "
            "and work handed in earlier no longer fits them",
            where="; ".join(unfit[:10]),
            expected="notebooks in source/ with the cells that this work was handed in for",
            next_step="Grades are published all the same. Put the cells back, or ask these students to hand in again.",
        )
    return len(stale)


def _published(gradebook: Gradebook, checkpoint: Checkpoint, students: Collection[str] | None) -> Iterator[_Shown]:
    query = (
        select(Student.student_id, ResultRow.id, ResultRow.receipt, Submission.digest)
        .join(PublishedGrade, PublishedGrade.student_id == Student.id)
        .join(Published, Published.grade_id == PublishedGrade.id)
        .join(ResultRow, ResultRow.id == PublishedGrade.result_id)
        .join(Submission, Submission.id == PublishedGrade.submission_id)
        .where(PublishedGrade.checkpoint == checkpoint.number)
        .order_by(Student.student_id)
    )
    if students is not None:
        query = query.where(Student.student_id.in_(students))
    with gradebook.read() as session:
        rows = session.execute(query).all()
    return (_Shown(*row) for row in rows)


def _receipt(path: Path) -> Any:
    """The receipt of the result that a folder shows; None where there is none that can be read."""
    try:
        return json.loads(path.read_bytes())["receipt"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
