"""Nbgrader's side of the comparison of pages is the real one, and holds the same class as ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader import api
from sqlalchemy import func, select

from benchmarks import formgrader
from benchmarks.formgrader_stock import COURSE, FormgraderCourse
from benchmarks.gradebook_class import NOW, Extent
from benchmarks.gradebook_work import OWN
from benchmarks.kept_class import a_class
from benchmarks.registry import Size
from tito.gradebook import Gradebook
from tito.gradebook.models import GradedAs, OutcomeRow, ResultRow, Submission
from tito.gradebook.queries import matrix

SMALL = Size(small=True)


def test_both_gradebooks_hold_the_same_scores(tmp_path: Path) -> None:
    with a_class(SMALL, Extent(attempts=1)) as kept:
        course = FormgraderCourse(kept, tmp_path / "course")
        with Gradebook.open(kept.url) as book, book.read() as session:
            rows = matrix(session, kept.course, NOW)
            handed_in = session.scalar(select(func.count(Submission.id)))
            points = session.scalar(
                select(func.sum(OutcomeRow.earned))
                .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
                .join(Submission, Submission.id == ResultRow.submission_id)
                .where(
                    Submission.checkpoint == OWN.number,
                    OutcomeRow.mode == GradedAs.ISOLATED,
                    ResultRow.grader_version_id == OWN.number + 1,
                )
            )
    assert len(course.submissions) == handed_in
    with api.Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}", COURSE) as theirs:
        assert len(theirs.students) == len(rows)
        found = theirs.db.execute(
            select(func.sum(api.Grade.auto_score))
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
            .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
            .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
            .where(api.Assignment.name == OWN.slug)
        ).scalar()
    assert found == pytest.approx(float(points))
    assert len(list(course.folder.glob("autograded/*/*/*.ipynb"))) == handed_in


@pytest.mark.slow
def test_every_view_is_asked_for_on_both_sides() -> None:
    figures = formgrader.run(SMALL)
    assert len(figures) == 9
    for figure in figures:
        assert [whose for whose, _ in figure.sides] == ["ours", "formgrader"]
        assert all(value > 0 for _, value in figure.sides)
