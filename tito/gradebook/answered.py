"""What students wrote in some submissions, and what it got: for a submission's page and a student's record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from tito.gradebook.models import (
    Publication,
    PublishedGrade,
    Reading,
    WrittenAnswer,
    WrittenQuestion,
    WrittenScore,
)


class Answered(NamedTuple):
    """An answer with every score of both readings, oldest first."""

    question: WrittenQuestion
    text: str
    counted: tuple[WrittenScore, ...]
    second: tuple[WrittenScore, ...]


def answered(session: Session, submissions: Collection[int]) -> dict[int, list[Answered]]:
    """Return the written answers of these submissions, by submission and in the order of the notebooks. Two queries."""
    scores: dict[tuple[int, int, Reading], list[WrittenScore]] = {}
    given = {"submissions": list(submissions)}
    for row in session.scalars(_SCORES, given):
        scores.setdefault((row.submission_id, row.question_id, row.reading), []).append(row)
    found: dict[int, list[Answered]] = {number: [] for number in submissions}
    for number, question, text in session.execute(_ANSWERS, given):
        counted, second = (tuple(scores.get((number, question.id, one), ())) for one in Reading)
        found[number].append(Answered(question, text, counted, second))
    return found


def published_at(session: Session, submissions: Collection[int]) -> dict[int, datetime]:
    """Return when the written points of a submission were last published, for those of which they were. One query.

    A grade that was published while answers were still to be scored has none of their points in it.
    """
    rows = session.execute(_PUBLISHED, {"submissions": list(submissions)})
    newest = {number: (pending, at) for number, pending, at in rows if number is not None}
    return {number: at for number, (pending, at) in newest.items() if pending == 0}


# Made once, as those of `facts`.
_THESE: Final[BindParameter[int]] = bindparam("submissions", expanding=True)
_SCORES: Final = select(WrittenScore).where(WrittenScore.submission_id.in_(_THESE)).order_by(WrittenScore.id)
_ANSWERS: Final = (
    select(WrittenAnswer.submission_id, WrittenQuestion, WrittenAnswer.text)
    .join(WrittenQuestion, WrittenQuestion.id == WrittenAnswer.question_id)
    .where(WrittenAnswer.submission_id.in_(_THESE))
    .order_by(WrittenQuestion.module, WrittenQuestion.grade_id)
)
_PUBLISHED: Final = (
    select(PublishedGrade.submission_id, PublishedGrade.pending, Publication.at)
    .join(Publication, Publication.id == PublishedGrade.publication_id)
    .where(
        PublishedGrade.submission_id.in_(_THESE),
        Publication.id.not_in(select(Publication.undoes).where(Publication.undoes.is_not(None))),
    )
    .order_by(PublishedGrade.id)
)
