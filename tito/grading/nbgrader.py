"""Stock `nbgrader autograde` with our grading: two preprocessors that `course_config.py` puts in place of nbgrader's.

nbgrader would run a student's notebook in a kernel beside its database and the other students' work. Here its first
pass puts the course's structure in place of what was handed in, and its second takes the outcomes of the sandbox in
place of the kernel's outputs; nbgrader's own SaveAutoGrades then reads the points from them, so that formgrader shows
them. What a student wrote is read from `submitted/` each time: nbgrader's copies are never graded.
"""

from __future__ import annotations

import atexit
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.course.checkpoints import CHECKPOINTS, Checkpoint, find_checkpoint
from tito.course.config import Course, load_course
from tito.course.results import Outcome, Result
from tito.errors import TitoError
from tito.grading.artifacts import by_cell
from tito.grading.engine import choose_tier
from tito.grading.jobs import Job
from tito.grading.lanes import Lane
from tito.grading.reveal import reveal
from tito.grading.version import grader_version, has_graders
from tito.notebooks.assemble import Handin, assemble
from tito.notebooks.collect import read_submission
from tito.notebooks.document import NotebookError, shown
from tito.notebooks.marked import marked_notebooks
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure

Resources = dict[str, Any]


@dataclass(frozen=True)
class _Submission:
    """One student's work on one checkpoint, as nbgrader's resources name it."""

    course: Course
    checkpoint: Checkpoint
    student: str
    structure: AssignmentStructure
    handin: Handin
    digest: str


class CourseStructure(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """In place of nbgrader's sanitising steps: locked cells, points and metadata are the course's again."""

    def preprocess(self, nb: Any, resources: Resources) -> tuple[Any, Resources]:
        """Return the student's text in the course's structure, without outcomes yet. Raises TitoError."""
        return _marked(_submission(self, resources), resources, ()), resources


class SandboxedGrading(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """In place of Execute: each test cell gets the outcomes of its tests, graded in the sandbox."""

    def preprocess(self, nb: Any, resources: Resources) -> tuple[Any, Resources]:
        """Return the marked copy. Raises TitoError for a fault of the platform, so that nbgrader saves no score."""
        submission = _submission(self, resources)
        result = _grade(submission)
        # nbgrader's feedback goes to the student, and it knows no extension of Tito's: it never shows what comes later.
        policy = replace(submission.course.assessment(submission.checkpoint).reveal, later_at=None)
        outcomes = reveal(result.counted(), policy, datetime.now(UTC))
        return _marked(submission, resources, outcomes), resources


def _submission(preprocessor: NbGraderPreprocessor, resources: Resources) -> _Submission:
    """Read what was handed in. Raises NotebookError when nothing of it can be graded."""
    converter = preprocessor.parent.parent  # the exporter's parent
    names = resources["nbgrader"]
    course = _course(Path(converter.coursedir.root).resolve())
    checkpoint = find_checkpoint(names["assignment"])
    structure = AssignmentStructure.read(course, checkpoint)
    files = _submitted(course, names["student"], checkpoint)
    handin = assemble(structure, files)
    digest = Store(course.paths.store).put(files)
    return _Submission(course, checkpoint, names["student"], structure, handin, digest)


def _submitted(course: Course, student: str, checkpoint: Checkpoint) -> dict[str, bytes]:
    folder = course.paths.submitted / student / checkpoint.slug
    return read_submission(folder, student, checkpoint.slug).files


def _marked(submission: _Submission, resources: Resources, outcomes: tuple[Outcome, ...]) -> Any:
    name = f"{resources['nbgrader']['notebook']}.ipynb"
    marked = marked_notebooks(submission.structure, submission.handin, by_cell(list(outcomes)))
    if name not in marked:
        raise NotebookError(
            f"{shown(name)} is not what was graded",
            where=f"submitted/{shown(submission.student)}/{submission.checkpoint.slug}",
            expected=", ".join(marked),
            next_step=f"rename the student's notebook to {', '.join(marked)} and autograde again",
        )
    return nbformat.reads(marked[name].decode(), as_version=4)  # type: ignore[no-untyped-call]


def _grade(submission: _Submission) -> Result:
    """Grade in a lane of our own; the notebooks of one submission are graded together, once."""
    course, checkpoint = submission.course, submission.checkpoint
    earlier = tuple(sorted(_earlier(course, submission.student, checkpoint).items()))
    version = grader_version(course, checkpoint)
    return _answer(course.root, checkpoint.slug, version, submission.digest, earlier)


def _earlier(course: Course, student: str, checkpoint: Checkpoint) -> dict[int, str]:
    """The digests of what the student handed in for earlier checkpoints, for the cumulative run."""
    digests: dict[int, str] = {}
    for before in CHECKPOINTS[: checkpoint.number]:
        files = _submitted(course, student, before) if has_graders(course, before) else {}
        if files:
            digests[before.number] = Store(course.paths.store).put(files)
    return digests


@lru_cache(maxsize=16)
def _answer(root: Path, slug: str, version: str, digest: str, earlier: tuple[tuple[int, str], ...]) -> Result:
    lane = _lane(root, slug, version)
    lane.send(Job(0, slug, digest, dict(earlier)))
    answers = None
    while not answers:
        answers = lane.receive()
        if answers is None:
            _lane.cache_clear()  # the next submission gets a fresh one
            raise TitoError(
                "the grading process ended by itself",
                where=slug,
                next_step="autograde this student again; if it happens again, run `tito doctor`",
            )
    if answers[0].result is None or answers[0].result.faulted:
        raise TitoError(
            f"the platform could not grade this submission: {answers[0].fault or 'a test ended in a platform fault'}",
            where=slug,
            next_step="run `tito doctor`, then autograde this student again; no score was saved",
        )
    return answers[0].result


@lru_cache(maxsize=1)
def _lane(root: Path, slug: str, version: str) -> Lane:  # noqa: ARG001 (changed graders get another lane)
    """The lane at work. It ends with its input, so with this process in any case; `atexit` only waits for it."""
    course = _course(root)
    lane = Lane(root, choose_tier(course).label, [slug])
    try:
        lane.wait_ready()
    except BaseException:
        lane.kill()
        raise
    atexit.register(lane.close)
    return lane


@lru_cache(maxsize=4)
def _course(root: Path) -> Course:
    return load_course(root)
