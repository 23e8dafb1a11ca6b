"""Written answers on a student's own pages: what was asked and said, and the points and comments as far as they go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tito.gradebook.answered import Answered, Scored, answered, published_at
from tito.gradebook.standing import StudentRow
from tito.grading.questions import answer_alone
from tito.hub.pages.asked import Asked
from tito.hub.pages.views.written import Asks, asks, second_reader


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader gave. Students are not told who it was."""

    earned: Decimal
    comment: str
    by: str
    at: datetime
    carried: bool


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer. `score` is None where there is none, or none that this viewer may see."""

    asks: Asks
    text: str
    score: Mark | None
    held: bool
    """Whether staff have a score held back, because they may be the second to read it."""
    second: Mark | None
    """What a second reader gave, for staff; it changes no grade."""


def answers(asked: Asked, row: StudentRow, submissions: Collection[int]) -> dict[int, tuple[AnswerLine, ...]]:
    """Return the answers of these submissions of one student, by submission.

    Students see the points and comments that were there when their grade was published. Two queries for staff, three
    for students.
    """
    found = answered(asked.session, submissions)
    if asked.viewer.staff:
        return {number: tuple(_for_staff(asked, row, one) for one in lines) for number, lines in found.items()}
    times = published_at(asked.session, submissions)
    return {number: tuple(_for_student(one, times.get(number)) for one in lines) for number, lines in found.items()}


def _for_staff(asked: Asked, row: StudentRow, one: Answered) -> AnswerLine:
    score, second = _newest(one.counted), _newest(one.second)
    percent, held = asked.course.written.second_percent, False
    if score is not None and second is None:
        by, carried = score.graded_by, score.carried_from is not None
        held = second_reader(asked.viewer, one.question.id, row.id, percent, by=by, carried=carried)
    return _line(one, None if held else score, held=held, second=second, by=True)


def _for_student(one: Answered, published: datetime | None) -> AnswerLine:
    seen = [score for score in one.counted if published is not None and score.graded_at <= published]
    return _line(one, _newest(seen), held=False, second=None, by=False)


def _newest(scores: Sequence[Scored]) -> Scored | None:
    return scores[-1] if scores else None


def _line(one: Answered, score: Scored | None, *, held: bool, second: Scored | None, by: bool) -> AnswerLine:
    marks = (None if given is None else _mark(given, by=by) for given in (score, second))
    text = answer_alone(one.text, one.question.prompt)
    return AnswerLine(asks(one.question), text, next(marks), held, next(marks))


def _mark(given: Scored, *, by: bool) -> Mark:
    who = given.graded_by if by else ""
    return Mark(given.earned, given.comment, who, given.graded_at, given.carried_from is not None)
