"""Written answers as a queue: which there are for a question, what they have so far, and how the whole course stands.

The answers of the newest accepted attempt are asked for; what a student wrote before that is shown beside it, and an
answer that did not change brought its score along. Each function sends a fixed number of queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from tito.course.points import from_milli
from tito.gradebook.facts import revised
from tito.gradebook.models import (
    Reading,
    SavedComment,
    Section,
    Student,
    Submission,
    WrittenAnswer,
    WrittenClaim,
    WrittenQuestion,
    WrittenScore,
    WrittenScoreComment,
)
from tito.gradebook.newest import is_one_of, newest_attempts


class Given(NamedTuple):
    """A score as it holds."""

    revision: int
    earned: Decimal
    graded_by: str
    carried: bool


class Queued(NamedTuple):
    """One answer that is to be graded. `student` is a row id, `first` what counted when `second` was given."""

    submission_id: int
    attempt: int
    student: int
    student_id: str
    name: str
    section: str | None
    blank: bool
    score: Given | None
    second: Given | None
    first: Given | None


def queue(session: Session, question_id: int) -> list[Queued]:
    """Return the answers to a question, in an order that says nothing of who wrote them and stays. Two queries."""
    scores: dict[int, Given] = {}
    seconds: dict[int, Given] = {}
    firsts: dict[int, Given] = {}
    # Past the ORM, as in `facts`: a class of a thousand is read for one answer's page.
    rows, given = session.connection(), {"question": question_id}
    for submission, counts, revision, milli, graded_by, carried in rows.execute(_SCORES, given).all():
        score = Given(revision, _points(milli), graded_by, bool(carried))
        if counts:
            scores[submission] = score
        else:
            seconds[submission] = score
            if submission in scores:
                firsts[submission] = scores[submission]
    found = []
    for number, attempt, student, student_id, name, section, blank in rows.execute(_ANSWERS, given).all():
        readings = scores.get(number), seconds.get(number), firsts.get(number)
        found.append(Queued(number, attempt, student, student_id, name, section, bool(blank), *readings))
    return sorted(found, key=lambda one: _digest("order", question_id, one.student))


_points: Final = lru_cache(maxsize=1 << 12)(from_milli)
_SCORES: Final = (
    select(
        WrittenScore.submission_id,
        WrittenScore.reading == Reading.COUNTED,
        WrittenScore.revision,
        type_coerce(WrittenScore.earned, BigInteger),
        WrittenScore.graded_by,
        WrittenScore.carried_from.is_not(None),
    )
    .where(WrittenScore.question_id == bindparam("question"))
    .order_by(WrittenScore.id)
)
_OF_IT: Final = (
    Submission.checkpoint
    == select(WrittenQuestion.checkpoint).where(WrittenQuestion.id == bindparam("question")).scalar_subquery()
)
_NEWEST: Final = newest_attempts(_OF_IT)
_ANSWERS: Final = (
    select(
        Submission.id,
        _NEWEST.c.attempt,
        Student.id,
        Student.student_id,
        Student.name,
        Section.name,
        WrittenAnswer.text == "",
    )
    .join(_NEWEST, is_one_of(_NEWEST))
    .join(
        WrittenAnswer,
        (WrittenAnswer.submission_id == Submission.id) & (WrittenAnswer.question_id == bindparam("question")),
    )
    .join(Student, Student.id == Submission.student_id)
    .outerjoin(Section, Section.id == Student.section_id)
    .where(Student.active.is_(True), _OF_IT)
)


@lru_cache(maxsize=1 << 16)  # a page of a question asks it of the whole class
def in_sample(question_id: int, student: int, percent: Decimal) -> bool:
    """Whether a student's answer is among the `percent` that a second person reads: always the same ones."""
    return int.from_bytes(_digest("sample", question_id, student)[:4]) * 100 < percent * 2**32


class Holder(NamedTuple):
    """Who has an answer open, and until when."""

    name: str
    until: datetime


def claims(session: Session, question_id: int, now: datetime) -> dict[int, Holder]:
    """Return who has which answer to a question open, by submission. One query."""
    rows = session.execute(
        select(WrittenClaim.submission_id, WrittenClaim.holder, WrittenClaim.expires_at).where(
            WrittenClaim.question_id == question_id, WrittenClaim.expires_at > now
        )
    )
    return {submission: Holder(holder, until) for submission, holder, until in rows}


class Share(NamedTuple):
    """How many answers to a question by students of a section one person scored (None: nobody yet)."""

    question_id: int
    section: str | None
    graded_by: str | None
    carried: bool
    answers: int


def shares(session: Session) -> list[Share]:
    """Return how far all questions are, by section and by who scored. One query, one line each."""
    # From the newest attempts, not from all answers: five times as many, each of which would have to be asked.
    newest = newest_attempts()
    parts = (WrittenAnswer.question_id, Section.name, WrittenScore.graded_by, WrittenScore.carried_from.is_not(None))
    rows = session.execute(
        select(*parts, func.count())
        .select_from(newest)
        .join(Submission, is_one_of(newest))
        .join(WrittenAnswer, WrittenAnswer.submission_id == Submission.id)
        .join(Student, Student.id == Submission.student_id)
        .outerjoin(Section, Section.id == Student.section_id)
        .outerjoin(
            WrittenScore,
            (WrittenScore.submission_id == WrittenAnswer.submission_id)
            & (WrittenScore.question_id == WrittenAnswer.question_id)
            & (WrittenScore.reading == Reading.COUNTED)
            & ~revised(),
        )
        .where(Student.active.is_(True))
        .group_by(*parts)
    )
    return [Share(*row) for row in rows]


def double_readings(session: Session) -> dict[int, list[tuple[str | None, Decimal, Decimal]]]:
    """Return, by question, what first and second readers gave, each with the student's section. One query.

    The first reading is what counted when the second was given: a score that the two agreed on later is no evidence of
    how far they agree.
    """
    counted = aliased(WrittenScore)
    first = (
        select(counted.earned)
        .where(
            counted.submission_id == WrittenScore.submission_id,
            counted.question_id == WrittenScore.question_id,
            counted.reading == Reading.COUNTED,
            counted.id < WrittenScore.id,
        )
        .order_by(counted.revision.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(WrittenScore.question_id, WrittenScore.submission_id, Section.name, first, WrittenScore.earned)
        .join(Submission, Submission.id == WrittenScore.submission_id)
        .join(Student, Student.id == Submission.student_id)
        .outerjoin(Section, Section.id == Student.section_id)
        .where(WrittenScore.reading == Reading.SECOND)
        .order_by(WrittenScore.id)
    )
    pairs: dict[tuple[int, int], tuple[str | None, Decimal, Decimal]] = {}
    for question, number, section, one, other in rows:  # a second reading that was changed is the last of its rows
        before: Decimal | None = one
        if before is not None:
            pairs[question, number] = (section, before, other)
    found: dict[int, list[tuple[str | None, Decimal, Decimal]]] = {}
    for (question, _), pair in pairs.items():
        found.setdefault(question, []).append(pair)
    return found


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a student's earlier attempt got for the same question; None where nobody scored it."""

    attempt: int
    same: bool
    """Whether the answer was the same as now."""
    earned: Decimal | None
    graded_by: str | None
    comment: str


def earlier_answers(session: Session, submission_id: int, question_id: int) -> list[Earlier]:
    """Return a student's earlier answers to a question, newest first. Two queries."""
    mine, answer = aliased(Submission), aliased(WrittenAnswer)
    before = session.execute(
        select(Submission.id, Submission.attempt, WrittenAnswer.digest == answer.digest)
        .join(mine, (mine.student_id == Submission.student_id) & (mine.checkpoint == Submission.checkpoint))
        .join(
            WrittenAnswer, (WrittenAnswer.submission_id == Submission.id) & (WrittenAnswer.question_id == question_id)
        )
        .join(answer, (answer.submission_id == mine.id) & (answer.question_id == question_id))
        .where(mine.id == submission_id, Submission.attempt < mine.attempt)
        .order_by(Submission.attempt.desc())
    ).all()
    scores = {
        row.submission_id: row
        for row in session.scalars(
            select(WrittenScore)
            .where(
                WrittenScore.submission_id.in_([number for number, _, _ in before]),
                WrittenScore.question_id == question_id,
                WrittenScore.reading == Reading.COUNTED,
            )
            .order_by(WrittenScore.revision)
        )
    }
    found = []
    for number, attempt, same in before:
        assert attempt is not None  # it is lower than another one
        score = scores.get(number)
        found.append(
            Earlier(
                attempt,
                bool(same),
                None if score is None else score.earned,
                None if score is None else score.graded_by,
                "" if score is None else score.comment,
            )
        )
    return found


class Reusable(NamedTuple):
    """A comment that was kept, and how often it was used."""

    id: int
    text: str
    used: int


def saved_comments(session: Session, question_id: int) -> list[Reusable]:
    """Return the comments kept for a question in the order in which they were kept, so that keys stay. One query."""
    rows = session.execute(
        select(SavedComment.id, SavedComment.text, func.count(WrittenScoreComment.score_id))
        .outerjoin(WrittenScoreComment, WrittenScoreComment.saved_comment_id == SavedComment.id)
        .where(SavedComment.question_id == question_id, SavedComment.retired.is_(False))
        .group_by(SavedComment.id, SavedComment.text)
        .order_by(SavedComment.id)
    )
    return [Reusable(*row) for row in rows]


def asked_questions(session: Session, checkpoints: Iterable[int]) -> Sequence[WrittenQuestion]:
    """Return the questions that these checkpoints ask, in the order of the course. One query."""
    return session.scalars(_QUESTIONS, {"checkpoints": list(checkpoints)}).all()


_QUESTIONS: Final = (
    select(WrittenQuestion)
    .where(WrittenQuestion.retired.is_(False), WrittenQuestion.checkpoint.in_(bindparam("checkpoints", expanding=True)))
    .order_by(WrittenQuestion.checkpoint, WrittenQuestion.module, WrittenQuestion.grade_id)
)


def _digest(purpose: str, question_id: int, student: int) -> bytes:
    return hashlib.sha256(f"{purpose} {question_id} {student}".encode()).digest()
