"""Grading written answers: taking the next one, giving points, keeping comments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from tito.course.points import show
from tito.gradebook.answers import Queued, Reusable, claims, queue, saved_comments
from tito.gradebook.models import AuditEvent, Reading, RubricItem, WrittenQuestion
from tito.gradebook.services import written
from tito.hub.pages.asked import BadRequest, Onward, Submitted, decimal_of, whole
from tito.hub.pages.stale import Stale
from tito.hub.pages.views.written import second_readings
from tito.hub.pages.views.written_answer import find_line, require_second_reader

_PAGES = {Reading.COUNTED: "written_answer", Reading.SECOND: "written_second"}


def take(sent: Submitted) -> Onward:
    """Reserve the next answer for this person and go there; what they had open before is put back."""
    question = _question(sent)
    reading = _reading(sent.text("reading"))
    lines = _lines(sent, question)
    after = 0
    if left := sent.text("after"):
        after = find_line(lines, whole(left, "after", least=1))
        written.release_answer(sent.work, submission_id=lines[after].submission_id, question_id=question.id)
        after += 1
    return _next(sent, question, reading, [*lines[after:], *lines[:after]], "")


def claim(sent: Submitted) -> Onward:
    """Reserve one answer, to grade it or to change what it has."""
    question, lines, index = _answer(sent)
    reading = _reading(sent.text("reading"))
    submission = lines[index].submission_id
    if reading is Reading.SECOND:
        require_second_reader(lines[index], sent.viewer.actor)
    if not written.claim_answer(sent.work, submission_id=submission, question_id=question.id):
        raise BadRequest("somebody else is grading this answer", next_step="Go on with another one.")
    # Who asks to change points wants to see them, also where they could read the answer as the second one.
    query = {"show": "score"} if reading is Reading.COUNTED else {}
    return Onward("", _PAGES[reading], {"question": question.id, "submission": submission}, query)


def score(sent: Submitted) -> Onward:
    """Give an answer its points. Raises TitoError; Stale when somebody else did meanwhile."""
    return _score(sent, Reading.COUNTED)


def score_second(sent: Submitted) -> Onward:
    """Give the points of a second reading; they count for the agreement of readers alone. Raises as `score`."""
    return _score(sent, Reading.SECOND)


def retire_comment(sent: Submitted) -> str:
    """Offer a saved comment no longer."""
    question = _question(sent)
    number = whole(sent.text("comment"), "comment", least=1)
    written.retire_comment(sent.work, question_id=question.id, comment_id=number)
    return "The comment is no longer offered. Scores that used it keep it."


def _score(sent: Submitted, reading: Reading) -> Onward:
    question, lines, index = _answer(sent)
    submission = lines[index].submission_id
    if reading is Reading.SECOND:
        require_second_reader(lines[index], sent.viewer.actor)
    seen = whole(sent.text("seen"), "seen")
    _require_fresh(sent, submission, question, reading, seen)
    typed = sent.text("comment")
    chosen = [one for one in saved_comments(sent.work.session, question.id) if f"saved-{one.id}" in sent.form]
    earned, item = _points(sent, question)
    written.score_answer(
        sent.work,
        submission_id=submission,
        question_id=question.id,
        earned=earned,
        comment=_comment(typed, chosen),
        rubric_items=() if item is None else (item,),
        saved_comments=[one.id for one in chosen],
        reading=reading,
        expected_revision=seen,
    )
    if "keep" in sent.form and typed:
        written.save_comment(sent.work, question_id=question.id, text=typed)
    said = f"{show(earned)} points for answer {index + 1}."
    if sent.text("go") == "stay":
        return Onward(said, _PAGES[reading], {"question": question.id, "submission": submission})
    rest = [*lines[index + 1 :], *lines[:index]]
    return _next(sent, question, reading, rest, said)


def _next(sent: Submitted, question: WrittenQuestion, reading: Reading, turned: Sequence[Queued], said: str) -> Onward:
    """Reserve the first of these answers that is to be read and is free, and go there."""
    if reading is Reading.COUNTED:
        wanted = [one.submission_id for one in turned if one.score is None]
    else:
        wanted = second_readings(turned, question.id, sent.course.written.second_percent, sent.viewer)
    held = claims(sent.work.session, question.id, sent.work.now)
    free = [number for number in wanted if number not in held or held[number].name == sent.viewer.actor]
    found = written.claim_next(sent.work, question_id=question.id, candidates=free, reading=reading)
    if found is None:
        others = len(wanted) - len(free)
        rest = f"{others} more are open at others'." if others else "There is none left for you to read."
        return Onward(f"{said} {rest}".strip(), "written_question", {"question": question.id})
    return Onward(said, _PAGES[reading], {"question": question.id, "submission": found})


def _question(sent: Submitted) -> WrittenQuestion:
    number = whole(sent.place["question"], "question", least=1)
    question = sent.work.session.get(WrittenQuestion, number)
    if question is None or question.retired:
        raise BadRequest(f"the course asks no written question number {number}")
    return question


def _lines(sent: Submitted, question: WrittenQuestion) -> list[Queued]:
    return [one for one in queue(sent.work.session, question.id) if sent.viewer.sees_section(one.section)]


def _answer(sent: Submitted) -> tuple[WrittenQuestion, list[Queued], int]:
    """The question, its queue, and the place of the answer in it. Raises Forbidden for another section's."""
    question = _question(sent)
    lines = _lines(sent, question)
    return question, lines, find_line(lines, whole(sent.place["submission"], "submission", least=1))


def _reading(text: str) -> Reading:
    return Reading.SECOND if text == Reading.SECOND.value else Reading.COUNTED


def _require_fresh(sent: Submitted, submission: int, question: WrittenQuestion, reading: Reading, seen: int) -> None:
    """Raise Stale when the answer has another score than the one the form was made for.

    Not by the student's whole record, as elsewhere: people grade a student's other answers at the same time.
    """
    found = written.newest_score(sent.work.session, submission, question.id, reading)
    revision = 0 if found is None else found.revision
    if revision == seen:
        return
    events = sent.work.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.action == "answer.score", AuditEvent.submission_id == submission)
        .order_by(AuditEvent.id.desc())
    )
    about = {"question": question.grade_id, "reading": reading.value}
    newer = [one for one in events if one.after is not None and about.items() <= one.after.items()]
    raise Stale(newer[:20], mark=revision, what="somebody scored this answer since you opened the form")


def _points(sent: Submitted, question: WrittenQuestion) -> tuple[Decimal, int | None]:
    """The points and the band: those typed, or else the most that the chosen band gives. Raises BadRequest."""
    items = {
        item.id: item
        for item in sent.work.session.scalars(
            select(RubricItem).where(RubricItem.question_id == question.id, RubricItem.retired.is_(False))
        )
    }
    typed, chosen = sent.text("points"), sent.text("band")
    band = items.get(whole(chosen, "band", least=1)) if chosen else None
    if chosen and band is None:
        raise BadRequest("the rubric changed: it has no such band any more", next_step="Choose another band.")
    if not typed and band is None:
        raise BadRequest("no points were given", expected=f"a band, or points from 0 to {show(question.possible)}")
    if not typed:
        assert band is not None  # one of the two is there
        return band.highest, band.id
    earned = decimal_of(typed, f"points from 0 to {show(question.possible)}, such as 7.5")
    if band is None:
        band = next((item for item in items.values() if item.lowest <= earned <= item.highest), None)
    elif not band.lowest <= earned <= band.highest:
        raise BadRequest(
            f"{show(earned)} points are not in the band {band.label}",
            expected="points of that band, or another band",
        )
    return earned, None if band is None else band.id


def _comment(typed: str, chosen: Sequence[Reusable]) -> str:
    """Saved comments first, then what was typed; what stands there already is not said twice."""
    return "\n\n".join([*(one.text for one in chosen if one.text not in typed), *([typed] if typed else [])])
