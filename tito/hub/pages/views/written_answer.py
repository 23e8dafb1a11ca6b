"""One written answer to grade: what was asked and answered, the model answer, the rubric, and what was given so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook.answers import (
    Earlier,
    Queued,
    Reusable,
    claims,
    earlier_answers,
    saved_comments,
)
from tito.gradebook.models import Reading, RubricItem, WrittenAnswer, WrittenQuestion, WrittenScoreItem
from tito.gradebook.services.written import newest_score
from tito.grading.questions import answer_alone, model_answer
from tito.hub.pages.asked import Asked, BadRequest, whole
from tito.hub.pages.viewer import Forbidden
from tito.hub.pages.views.written import Asks, asks, find_question, own_queue, second_readings
from tito.notebooks.structure import AssignmentStructure


@dataclass(frozen=True, slots=True)
class BandLine:
    """A band of the rubric. `suggests` are the points that it gives when none are typed: the most of it."""

    item: int
    label: str
    description: str
    lowest: Decimal
    suggests: Decimal


@dataclass(frozen=True, slots=True)
class Scored:
    """The score that holds. `item` is the band that was chosen."""

    earned: Decimal
    comment: str
    by: str
    at: datetime
    item: int | None
    carried: bool


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One answer. Names are there where the course does without anonymity; a second reader sees no first score."""

    asks: Asks
    submission: int
    number: int
    among: int
    open: int
    attempt: int
    student: str | None
    name: str | None
    answer: str
    model: str
    model_problem: str
    bands: tuple[BandLine, ...]
    comments: tuple[Reusable, ...]
    reading: str
    score: Scored | None
    """None also where it is held back."""
    held: bool
    """Whether somebody scored it, and this person may read it as the second one: then how is told when asked for."""
    second: Scored | None
    """What a second reader gave; it counts for nothing but the agreement."""
    earlier: tuple[Earlier, ...]
    holder: str
    """Who has it open; empty for nobody."""
    mine: bool
    """Whether that is the viewer: then the form is there."""
    until: datetime | None
    previous: int | None
    next: int | None
    seen: int
    """The revision that is shown: the form carries it, to notice what happens meanwhile."""


def view(asked: Asked) -> AnswerPage:
    """Return the answer of submission `{submission}` to question `{question}`. Raises BadRequest or Forbidden."""
    return _page(asked, Reading.COUNTED)


def view_second(asked: Asked) -> AnswerPage:
    """Return the same for a second reader: what the first one gave is not told. Raises as `view`."""
    return _page(asked, Reading.SECOND)


def _page(asked: Asked, reading: Reading) -> AnswerPage:
    question = find_question(asked)
    lines = own_queue(asked, question.id)
    index = find_line(lines, whole(asked.place["submission"], "submission", least=1))
    line = lines[index]
    second = reading is Reading.SECOND
    if second:
        require_second_reader(line, asked.viewer.actor)
    holder = claims(asked.session, question.id, asked.now).get(line.submission_id)
    text = asked.session.scalar(
        select(WrittenAnswer.text).where(
            WrittenAnswer.submission_id == line.submission_id, WrittenAnswer.question_id == question.id
        )
    )
    model, problem = _model(asked.course, question)
    score, revision = _score(asked, line.submission_id, question.id, reading)
    held = not second and asked.choice("show", ("", "score"), "") == "" and _is_for_second(asked, line, question.id)
    other = None
    if line.second is not None and not second:
        other, _ = _score(asked, line.submission_id, question.id, Reading.SECOND)
    bands = _bands(asked, question.id)
    anonymous = asked.course.written.anonymous
    return AnswerPage(
        asks(question),
        line.submission_id,
        index + 1,
        len(lines),
        sum(one.score is None for one in lines),
        line.attempt,
        None if anonymous else line.student_id,
        None if anonymous else line.name,
        answer_alone(text or "", question.prompt),
        model,
        problem,
        bands,
        tuple(saved_comments(asked.session, question.id)),
        reading.value,
        None if held else score,
        held,
        other,
        () if second else tuple(earlier_answers(asked.session, line.submission_id, question.id)),
        "" if holder is None else holder.name,
        holder is not None and holder.name == asked.viewer.actor,
        None if holder is None else holder.until,
        lines[index - 1].submission_id if index else None,
        lines[index + 1].submission_id if index + 1 < len(lines) else None,
        revision,
    )


def find_line(lines: list[Queued], submission: int) -> int:
    """Where in the queue an answer stands. Raises Forbidden: of what is not one's own to grade, nothing is told."""
    for index, one in enumerate(lines):
        if one.submission_id == submission:
            return index
    raise Forbidden(
        f"submission number {submission} is not among the answers that you grade",
        expected="the newest attempt of a student of one of your sections",
        next_step="Go back to the list of written answers: perhaps there is a newer attempt.",
    )


def require_second_reader(line: Queued, actor: str) -> None:
    """Raise BadRequest unless this person may read the answer as the second one."""
    if line.score is None or line.score.graded_by == actor:
        raise BadRequest(
            "a second reading is somebody else's than the first one",
            expected="an answer that another person scored",
            next_step="Take the next one from the page of the question.",
        )


def _score(asked: Asked, submission: int, question: int, reading: Reading) -> tuple[Scored | None, int]:
    found = newest_score(asked.session, submission, question, reading)
    if found is None:
        return None, 0
    item = asked.session.scalar(
        select(WrittenScoreItem.rubric_item_id).where(WrittenScoreItem.score_id == found.id).limit(1)
    )
    carried = found.carried_from is not None
    return Scored(found.earned, found.comment, found.graded_by, found.graded_at, item, carried), found.revision


def _is_for_second(asked: Asked, line: Queued, question: int) -> bool:
    percent = asked.course.written.second_percent
    return line.submission_id in second_readings([line], question, percent, asked.viewer)


def _bands(asked: Asked, question: int) -> tuple[BandLine, ...]:
    rows = asked.session.scalars(
        select(RubricItem)
        .where(RubricItem.question_id == question, RubricItem.retired.is_(False))
        .order_by(RubricItem.position)
    )
    return tuple(BandLine(row.id, row.label, row.description, row.lowest, row.highest) for row in rows)


def _model(course: Course, question: WrittenQuestion) -> tuple[str, str]:
    """The model answer from the instructor's notebook as it is now, or why there is none."""
    try:
        written = AssignmentStructure.read(course, CHECKPOINTS[question.checkpoint]).written
    except TitoError as error:
        return "", str(error)
    cell = written.get(question.grade_id)
    found = "" if cell is None else model_answer(cell.source)
    return found, "" if found else "The instructor's notebook has no model answer to this question."
