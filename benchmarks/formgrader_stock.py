"""A class of `gradebook_class` in a gradebook of nbgrader's, with its folders, for formgrader to show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from nbgrader import api
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from benchmarks.gradebook_class import DUE
from benchmarks.kept_class import KeptClass
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.gradebook import Gradebook
from tito.gradebook.models import (
    GradedAs,
    GraderTest,
    OutcomeRow,
    Reading,
    ResultRow,
    Student,
    Submission,
    WrittenQuestion,
    WrittenScore,
)
from tito.notebooks.release import programs_of_this_python
from tito.notebooks.store import Store

COURSE: Final = "bench"
_CONFIG: Final = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = {course!r}
c.Exchange.root = {exchange!r}
"""
_STAND_IN: Final = CHECKPOINTS[1]
"""Its notebook stands for those of the checkpoints that are not written yet."""


class FormgraderCourse:
    """The folder: one assignment of one notebook for each checkpoint, everything handed in and graded.

    `submissions` are the ids of nbgrader's submitted notebooks by the number of our submission.
    """

    def __init__(self, kept: KeptClass, folder: Path) -> None:
        self.folder = folder
        self.submissions: dict[int, str] = {}
        exchange = folder / "exchange"
        exchange.mkdir(parents=True)
        exchange.chmod(0o777)  # else nbgrader takes it for broken, and does less
        config = _CONFIG.format(root=str(folder), course=COURSE, exchange=str(exchange))
        (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
        with (
            Gradebook.open(kept.url) as book,
            book.read() as session,
            programs_of_this_python(),
            api.Gradebook(f"sqlite:///{folder / 'gradebook.db'}", COURSE) as theirs,
        ):
            self._people(session, theirs.db)
            for checkpoint in CHECKPOINTS:
                self._assignment(session, theirs.db, checkpoint, _notebook(session, kept, checkpoint))
            theirs.db.commit()

    @staticmethod
    def notebook(checkpoint: Checkpoint) -> str:
        """What the notebook of an assignment is called."""
        return checkpoint.modules[0].slug

    def _people(self, session: Session, theirs: Any) -> None:
        rows = session.execute(select(Student.student_id, Student.name, Student.email).order_by(Student.id))
        _add(theirs, api.Student, [{"id": id_, "last_name": name, "email": email} for id_, name, email in rows])

    def _assignment(self, session: Session, theirs: Any, checkpoint: Checkpoint, content: bytes) -> None:
        assignment, notebook = uuid4().hex, uuid4().hex
        due = DUE[checkpoint.number].replace(tzinfo=None)
        own = {"id": assignment, "name": checkpoint.slug, "duedate": due, "course_id": COURSE}
        _add(theirs, api.Assignment, [own])
        _add(theirs, api.Notebook, [{"id": notebook, "name": self.notebook(checkpoint), "assignment_id": assignment}])
        tests, answers = _cells(session, theirs, checkpoint, notebook)
        for place in ("source", "release"):
            self._file(self.folder / place / checkpoint.slug, checkpoint, content)
        model = self.folder / "source" / checkpoint.slug / f"{self.notebook(checkpoint)}.ipynb"
        submitted, notebooks = [], []
        for number, student, received in session.execute(
            select(Submission.id, Student.student_id, Submission.received_at)
            .join(Student, Student.id == Submission.student_id)
            .where(Submission.checkpoint == checkpoint.number)
        ):
            id_ = uuid4().hex
            at = received.replace(tzinfo=None, microsecond=0)
            submitted.append({"id": id_, "assignment_id": assignment, "student_id": student, "timestamp": at})
            self.submissions[number] = uuid4().hex
            notebooks.append(
                {"id": self.submissions[number], "assignment_id": id_, "notebook_id": notebook, "flagged": False}
            )
            self._folders(student, checkpoint, model, at)
        _add(theirs, api.SubmittedAssignment, submitted)
        _add(theirs, api.SubmittedNotebook, notebooks)
        self._grades(session, theirs, checkpoint, tests, answers)

    def _grades(
        self,
        session: Session,
        theirs: Any,
        checkpoint: Checkpoint,
        tests: Mapping[str, str],
        answers: Mapping[int, str],
    ) -> None:
        """A grade for each test and answer, as ours stand; an answer that nobody scored waits for a person."""
        grades: list[dict[str, Any]] = [
            {
                "id": uuid4().hex,
                "notebook_id": self.submissions[number],
                "cell_id": tests[test],
                "auto_score": float(earned),
                "manual_score": None,
                "needs_manual_grade": False,
            }
            for number, test, earned in session.execute(
                select(ResultRow.submission_id, GraderTest.test, OutcomeRow.earned)
                .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
                .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
                .where(
                    ResultRow.grader_version_id == checkpoint.number + 1,
                    OutcomeRow.mode == GradedAs.ISOLATED,
                )
            )
        ]
        scores: dict[tuple[int, int], float] = {
            (number, question): float(earned)
            for number, question, earned in session.execute(
                select(WrittenScore.submission_id, WrittenScore.question_id, WrittenScore.earned).where(
                    WrittenScore.reading == Reading.COUNTED, WrittenScore.question_id.in_(answers)
                )
            )
        }
        mine = session.scalars(select(Submission.id).where(Submission.checkpoint == checkpoint.number)).all()
        comments = []
        for number in mine:
            for question, cell in answers.items():
                score = scores.get((number, question))
                here = {"notebook_id": self.submissions[number], "cell_id": cell}
                grades.append(
                    {
                        "id": uuid4().hex,
                        **here,
                        "auto_score": None,
                        "manual_score": score,
                        "needs_manual_grade": score is None,
                    }
                )
                comments.append({"id": uuid4().hex, **here, "manual_comment": None if score is None else "Well seen."})
        _add(theirs, api.Grade, grades)
        _add(theirs, api.Comment, comments)

    def _folders(self, student: str, checkpoint: Checkpoint, model: Path, at: datetime) -> None:
        """What was handed in and what grading left: links to one file, for nbgrader asks only whether it is there."""
        for place in ("submitted", "autograded"):
            folder = self.folder / place / student / checkpoint.slug
            folder.mkdir(parents=True)
            os.link(model, folder / model.name)
            (folder / "timestamp.txt").write_text(f"{at} UTC", encoding="utf-8")

    def _file(self, folder: Path, checkpoint: Checkpoint, content: bytes) -> None:
        folder.mkdir(parents=True)
        (folder / f"{self.notebook(checkpoint)}.ipynb").write_bytes(content)


def _cells(
    session: Session, theirs: Any, checkpoint: Checkpoint, notebook: str
) -> tuple[dict[str, str], dict[int, str]]:
    """The cells that are graded: ids by the test's name, and by our question."""
    tests = session.scalars(select(GraderTest.test).where(GraderTest.grader_version_id == checkpoint.number + 1)).all()
    asked = session.execute(
        select(WrittenQuestion.id, WrittenQuestion.possible).where(WrittenQuestion.checkpoint == checkpoint.number)
    ).all()
    cells = {test: uuid4().hex for test in tests}
    answers = {question: uuid4().hex for question, _ in asked}
    points = {question: float(possible) for question, possible in asked}
    named = [(id_, test, 3.5, "code") for test, id_ in cells.items()]
    named += [(id_, f"reflect-{question}", points[question], "markdown") for question, id_ in answers.items()]
    base = [{"id": id_, "name": name, "notebook_id": notebook, "type": "GradeCell"} for id_, name, _, _ in named]
    _add(theirs, api.BaseCell, base)
    graded = [{"id": id_, "max_score": possible, "cell_type": kind} for id_, _, possible, kind in named]
    _add(theirs, api.GradeCell, graded)
    return cells, answers


def _notebook(session: Session, kept: KeptClass, checkpoint: Checkpoint) -> bytes:
    """A notebook as it was handed in, the largest of the assignment's."""
    written = checkpoint if (kept.course.paths.release / checkpoint.slug).is_dir() else _STAND_IN
    digest = session.scalar(select(Submission.digest).where(Submission.checkpoint == written.number).limit(1))
    assert digest is not None  # a class has hand-ins at every checkpoint
    return max(Store(kept.course.paths.store).get(digest).values(), key=len)


def _add(theirs: Any, model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        theirs.execute(insert(model.__table__), rows)
