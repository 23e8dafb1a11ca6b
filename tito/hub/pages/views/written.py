"""Written answers, question by question: how far each one is, and the queue of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tito.course.agreement import Agreement, agreement
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.answered import Question
from tito.gradebook.answers import (
    Holder,
    Queued,
    Reusable,
    asked_questions,
    claims,
    double_readings,
    in_sample,
    queue,
    saved_comments,
    shares,
)
from tito.gradebook.models import WrittenQuestion
from tito.grading.questions import question_alone
from tito.hub.pages.asked import Asked, BadRequest, whole
from tito.hub.pages.viewer import Viewer

PAGE: Final = 100
"""Answers in the list on one page."""
MOST_APART: Final = 20
"""How many answers that two people read are listed."""
STATES: Final = ("open", "empty", "scored", "carried over")


@dataclass(frozen=True, slots=True)
class Asks:
    """A question as a person reads it. `checkpoint` is a number, `title` the prompt's first line."""

    question: int
    checkpoint: int
    module: str
    grade_id: str
    title: str
    prompt: str
    possible: Decimal


@dataclass(frozen=True, slots=True)
class Progress:
    """How many answers have a score, and how many scores each person gave."""

    answers: int
    scored: int
    carried: int
    people: tuple[tuple[str, int], ...]
    """By how many they scored; what was carried over from an earlier attempt is nobody's work twice."""

    @property
    def open(self) -> int:
        """How many are still to be graded."""
        return self.answers - self.scored


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question in the list of all."""

    asks: Asks
    progress: Progress
    mine: int
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """All written questions of the course, as far as this person's sections go."""

    lines: tuple[QuestionLine, ...]
    people: tuple[tuple[str, int], ...]
    """How many answers each person scored, over all questions."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer in the queue. `number` is its place; names are there where the course does without anonymity."""

    number: int
    submission: int
    state: str
    """One of STATES: empty is open, with nothing written."""
    by: str
    holder: str
    until: datetime | None
    student: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Twice:
    """An answer that two people read; points of the counted reading as it was, and of the second one."""

    number: int
    submission: int
    first: Decimal
    first_by: str
    second: Decimal
    second_by: str


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """The queue of one question."""

    asks: Asks
    progress: Progress
    lines: tuple[AnswerLine, ...]
    """Those of one page that are in the state that was asked for."""
    state: str
    page: int
    pages: int
    anonymous: bool
    agreement: Agreement
    twice: tuple[Twice, ...]
    """Those that differ most."""
    second_open: int
    """Answers that this person could read as the second one."""
    comments: tuple[Reusable, ...]
    following: QuestionLine | None
    """Once this question has no open answer: the next one that has some."""


def view(asked: Asked) -> WrittenPage:
    """Return all questions with their progress. Four queries, one when nothing changed."""
    own = "all" if asked.viewer.sections is None else repr(sorted(asked.viewer.sections))
    name = f"written {asked.viewer.actor} {own}"  # how far two readers agree takes more than a page should, each time
    return asked.kept.get(asked.session, name, lambda: _overview(asked))


def _overview(asked: Asked) -> WrittenPage:
    questions = asked_questions(asked.session, [checkpoint.number for checkpoint in asked.course.checkpoints])
    counted, pairs = shares(asked.session), double_readings(asked.session)
    answers, scored, carried = Counter[int](), Counter[int](), Counter[int]()
    people: dict[int, Counter[str]] = {}
    for one in counted:
        if not asked.viewer.sees_section(one.section):
            continue
        answers[one.question_id] += one.answers
        if one.graded_by is not None:
            scored[one.question_id] += one.answers
            if one.carried:
                carried[one.question_id] += one.answers
            else:
                people.setdefault(one.question_id, Counter())[one.graded_by] += one.answers
    lines = []
    total = Counter[str]()
    for question in questions:
        number = question.id
        own = people.get(number, Counter())
        total += own
        mine = [(one, other) for section, one, other in pairs.get(number, ()) if asked.viewer.sees_section(section)]
        progress = Progress(answers[number], scored[number], carried[number], tuple(own.most_common()))
        lines.append(QuestionLine(asks(question), progress, own[asked.viewer.actor], agreement(mine)))
    return WrittenPage(tuple(lines), tuple(total.most_common()))


def view_question(asked: Asked) -> QuestionPage:
    """Return the queue of question `{question}`. Raises BadRequest. Five queries, three when nothing changed.

    Once all are scored it takes the four of `view` too.
    """
    question = find_question(asked)
    lines = own_queue(asked, question.id)
    held = claims(asked.session, question.id, asked.now)
    anonymous = asked.course.written.anonymous
    state = asked.choice("state", ("", *STATES), "")
    fitting = [(number, one) for number, one in enumerate(lines, 1) if state in ("", answer_state(one))]
    page, pages = asked.leaf(len(fitting), PAGE)
    shown = tuple(
        _line(number, one, held, anonymous=anonymous) for number, one in fitting[(page - 1) * PAGE : page * PAGE]
    )
    twice = tuple(
        Twice(number, one.submission_id, one.first.earned, one.first.graded_by, one.second.earned, one.second.graded_by)
        for number, one in enumerate(lines, 1)
        if one.first is not None and one.second is not None
    )
    progress = _progress(lines)
    return QuestionPage(
        asks(question),
        progress,
        shown,
        state,
        page,
        pages,
        anonymous,
        agreement([(one.first, one.second) for one in twice]),
        tuple(sorted(twice, key=lambda one: -abs(one.first - one.second))[:MOST_APART]),
        len(second_readings(lines, question.id, asked.course.written.second_percent, asked.viewer)),
        tuple(saved_comments(asked.session, question.id)),
        None if progress.open else _following(view(asked).lines, question.id),
    )


def _following(lines: Sequence[QuestionLine], question: int) -> QuestionLine | None:
    """The first question with open answers after this one, or else before it."""
    places = [number for number, line in enumerate(lines) if line.asks.question == question]
    after = places[0] + 1 if places else 0
    return next((line for line in (*lines[after:], *lines[:after]) if line.progress.open), None)


def find_question(asked: Asked) -> WrittenQuestion:
    """Return the question that the address names. Raises BadRequest when the course asks no such one."""
    number = whole(asked.place["question"], "question", least=1)
    question = asked.session.get(WrittenQuestion, number)
    if question is None or question.retired or not asked.course.asks(question.checkpoint):
        raise BadRequest(
            f"the course asks no written question number {number}",
            next_step="Choose one from the list of written answers; a notebook may have changed.",
        )
    return question


def own_queue(asked: Asked, question: int) -> list[Queued]:
    """The answers of this person's sections, in the order of the queue. Three queries, one when nothing changed."""
    lines = asked.kept.get(asked.session, f"queue {question}", lambda: queue(asked.session, question))
    return [one for one in lines if asked.viewer.sees_section(one.section)]


def second_readings(lines: Sequence[Queued], question: int, percent: Decimal, viewer: Viewer) -> list[int]:
    """The submissions in the sample that somebody else scored and nobody has read a second time."""
    return [
        one.submission_id
        for one in lines
        if one.second is None
        and one.score is not None
        and second_reader(viewer, question, one.student, percent, by=one.score.graded_by, carried=one.score.carried)
    ]


def second_reader(viewer: Viewer, question: int, student: int, percent: Decimal, *, by: str, carried: bool) -> bool:
    """Whether this person may read an answer as the second one, `by` having scored it: until then no page shows how."""
    # The sample first: it leaves few of a class to ask the rest of.
    return in_sample(question, student, percent) and viewer.staff and not carried and by != viewer.actor


def asks(question: WrittenQuestion | Question) -> Asks:
    """A question with its first line as the title."""
    prompt = question_alone(question.prompt)
    first = prompt.partition("\n")[0].lstrip("# ")[:120]
    return Asks(
        question.id,
        question.checkpoint,
        question.module,
        question.grade_id,
        first or f"{CHECKPOINTS[question.checkpoint].title}, {question.grade_id}",
        prompt,
        question.possible,
    )


def _progress(lines: Sequence[Queued]) -> Progress:
    scores = [one.score for one in lines if one.score is not None]
    carried = sum(score.carried for score in scores)
    people = Counter(score.graded_by for score in scores if not score.carried)
    return Progress(len(lines), len(scores), carried, tuple(people.most_common()))


def answer_state(one: Queued) -> str:
    """One of STATES."""
    if one.score is not None:
        return "carried over" if one.score.carried else "scored"
    return "empty" if one.blank else "open"


def _line(number: int, one: Queued, held: dict[int, Holder], *, anonymous: bool) -> AnswerLine:
    holder = held.get(one.submission_id)
    return AnswerLine(
        number,
        one.submission_id,
        answer_state(one),
        "" if one.score is None else one.score.graded_by,
        "" if holder is None else holder.name,
        None if holder is None else holder.until,
        None if anonymous else one.student_id,
        None if anonymous else one.name,
    )
