"""What students wrote in some submissions, and what it got: for a submission's page and a student's record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from tito.gradebook.models import (
    Publication,
    PublishedGrade,
    Reading,
    WrittenAnswer,
    WrittenQuestion,
    WrittenScore,
)


class Question(NamedTuple):
    """What is there of a `WrittenQuestion` on a page."""

    id: int
    checkpoint: int
    module: str
    grade_id: str
    prompt: str
    possible: Decimal


class Scored(NamedTuple):
    """What a reader gave; `carried_from` is the score of an earlier attempt with the same answer."""

    earned: Decimal
    comment: str
    graded_by: str
    graded_at: datetime
    carried_from: int | None


class Answered(NamedTuple):
    """An answer with every score of both readings, oldest first."""

    question: Question
    text: str
    counted: tuple[Scored, ...]
    second: tuple[Scored, ...]


def answered(session: Session, submissions: Collection[int]) -> dict[int, list[Answered]]:
    """Return the written answers of these submissions, by submission and in the order of the notebooks. Two queries."""
    # Past the ORM, as in `facts`: a student's record has a hundred of them.
    rows, given = session.connection(), {"submissions": list(submissions)}
    scores: dict[tuple[int, int, Reading], list[Scored]] = {}
    for number, asked, reading, *scored in rows.execute(_SCORES, given):
        scores.setdefault((number, asked, reading), []).append(Scored(*scored))
    found: dict[int, list[Answered]] = {number: [] for number in submissions}
    for number, text, *its_question in rows.execute(_ANSWERS, given):
        question = Question(*its_question)
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
_SCORES: Final[Select[*tuple[Any, ...]]] = (
    select(
        WrittenScore.submission_id,
        WrittenScore.question_id,
        WrittenScore.reading,
        WrittenScore.earned,
        WrittenScore.comment,
        WrittenScore.graded_by,
        WrittenScore.graded_at,
        WrittenScore.carried_from,
    )
    .where(WrittenScore.submission_id.in_(_THESE))
    .order_by(WrittenScore.id)
)
_ANSWERS: Final[Select[*tuple[Any, ...]]] = (
    select(
        WrittenAnswer.submission_id,
        WrittenAnswer.text,
        WrittenQuestion.id,
        WrittenQuestion.checkpoint,
        WrittenQuestion.module,
        WrittenQuestion.grade_id,
        WrittenQuestion.prompt,
        WrittenQuestion.possible,
    )
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
