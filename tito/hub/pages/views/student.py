"""One student: the sixteen checkpoints, every hand-in, every change with who, when and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tito.gradebook.handins import HandIn, hand_ins, last_published_to
from tito.gradebook.models import AuditEvent, PublishedGrade
from tito.gradebook.own import published_since
from tito.gradebook.queries import audit_events, earned_milestones
from tito.gradebook.services.adjustments import extra_late_days
from tito.gradebook.standing import Cell
from tito.gradebook.threads import Which, request_lines
from tito.hub.pages.asked import Asked
from tito.hub.pages.stale import mark
from tito.hub.pages.views import requests
from tito.hub.pages.views.answers import AnswerLine, answers
from tito.hub.pages.views.matrix import cell_state

_OVERRIDE: Final = "grade.override"
_SCORED: Final = "answer.score"
_AT_ONCE: Final = frozenset({"deadline.extend", "latedays.change"})
"""Changes that hold for a student from the moment in which they are made."""

HISTORY: Final = 50
"""Changes on one page: a term leaves several hundred."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One hand-in. Points are automatic ones, None while it is not graded."""

    submission: int
    checkpoint: int
    number: int | None
    received_at: datetime
    accepted: bool
    reason: str
    earned: Decimal | None
    possible: Decimal | None
    published: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A checkpoint on the student's way. Scores are out of 100."""

    checkpoint: int
    state: str
    score: Fraction | None
    pending: Fraction | None
    published: Fraction | None
    by_hand: bool
    """Whether staff set what counts now."""
    due_at: datetime | None
    extended: bool
    late_days: int
    charged_days: int
    attempts: tuple[Attempt, ...]
    answers: tuple[AnswerLine, ...]
    """The written answers of the attempt that counts."""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the audit log."""

    at: datetime
    actor: str
    action: str
    checkpoint: int | None
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StudentPage:
    """Everything about one student. `total` is the percentage of what has been judged so far."""

    student: str
    name: str
    email: str | None
    section: str | None
    active: bool
    total: Fraction | None
    late_days: int
    late_days_used: int
    """Free ones: of the days late, those that were not charged."""
    free_late_days: int
    """How many are free in all, with those that were given to this student alone."""
    extra_late_days: int
    milestones: tuple[int, ...]
    """The checkpoints whose milestone the results that count have earned. Staff alone see it here."""
    steps: tuple[Step, ...]
    history: tuple[Change, ...]
    """Newest first, a page of them. Students see the exceptions made for them, all, without who made them."""
    older: int | None
    """What the address of the next page says (`before`); None at the end."""
    seen: int
    """The newest change about this student: forms carry it, to notice what happens meanwhile."""
    requests: tuple[requests.Line, ...]
    """Open ones first."""


def view(asked: Asked) -> StudentPage:
    """Return a student's record. Raises GradebookError for an unknown one, Forbidden for somebody else's."""
    student, staff = asked.place["student"], asked.viewer.staff
    if not staff:  # before looking: whether another student exists is nobody's business
        asked.viewer.require_student(student, None)
    row = asked.standings.of(student)
    asked.viewer.require_student(row.student_id, row.section)
    grades = {} if staff else last_published_to(asked.session, row.id)
    attempts = [
        _attempt(one, row.cells[one.checkpoint], one if staff else grades.get(one.submission))
        for one in hand_ins(asked.session, row.id)
    ]
    newest = audit_events(
        asked.session,
        student=row.id,
        actions=() if staff else {_OVERRIDE, *_AT_ONCE},
        before_id=asked.number("before", 10**9),
        limit=HISTORY + 1 if staff else None,
    )
    cells = [row.cells[checkpoint.number] for checkpoint in asked.course.checkpoints]
    written = answers(asked, row, [cell.submission_id for cell in cells if cell.submission_id is not None])
    steps = tuple(
        _step(
            cell,
            tuple(one for one in attempts if one.checkpoint == cell.checkpoint),
            written.get(cell.submission_id or 0, ()),
            staff=staff,
        )
        for cell in cells
    )
    history = newest[:HISTORY] if staff else _exceptions(asked, row.id, newest)
    held = {(number, one.asks.grade_id) for number, lines in written.items() for one in lines if one.held}
    extra = extra_late_days(asked.session, row.id)
    return StudentPage(
        row.student_id,
        row.name,
        row.email,
        row.section,
        row.active,
        row.total.so_far if staff else None,
        sum(cell.days_late for cell in row.cells),
        sum(cell.days_late - cell.charged_days for cell in row.cells),
        max(0, asked.course.late.free_days + extra),
        extra,
        tuple(one.number for one in earned_milestones(asked.session, row)) if staff else (),
        steps,
        tuple(_change(event, held, staff=staff) for event in history),
        history[-1].id if staff and len(newest) > HISTORY else None,
        mark(asked.session, row.id),
        requests.shown(asked, request_lines(asked.session, Which(student_id=row.student_id))),
    )


def _exceptions(asked: Asked, student: int, history: Iterable[AuditEvent]) -> list[AuditEvent]:
    """What was changed for the student alone; a score that was set by hand from its publication on."""
    since = published_since(asked.session, student)

    def shown(event: AuditEvent) -> bool:
        if event.action != _OVERRIDE:
            return event.action in _AT_ONCE
        published = since.get(-1 if event.checkpoint is None else event.checkpoint)
        return published is not None and event.at <= published

    return [event for event in history if shown(event)]


def _change(event: AuditEvent, held: Collection[tuple[int, str]], *, staff: bool) -> Change:
    """A line of the history. Of an answer that this person may read as the second one, it tells no points."""
    actor, after = event.actor if staff else "", event.after
    if event.action == _SCORED and after is not None and (event.submission_id, after["question"]) in held:
        return Change(event.at, actor, event.action, event.checkpoint, "", None, {"question": after["question"]})
    return Change(event.at, actor, event.action, event.checkpoint, event.reason, event.before, after)


def _attempt(one: HandIn, cell: Cell, points: HandIn | PublishedGrade | None) -> Attempt:
    """A hand-in with the points of its newest result for staff, and of what was published for the student."""
    published = cell.published is not None and cell.published.submission_id == one.submission
    if isinstance(points, PublishedGrade) and points.result_id is None:  # a score by hand needs no result
        points = None
    return Attempt(
        one.submission,
        one.checkpoint,
        one.attempt,
        one.received_at,
        one.attempt is not None,
        one.message,
        None if points is None else points.earned,
        None if points is None else points.possible,
        published,
        cell.submission_id == one.submission,
    )


def _step(cell: Cell, attempts: tuple[Attempt, ...], written: tuple[AnswerLine, ...], *, staff: bool) -> Step:
    seen = cell.score if staff else None  # what counts now is no student's to see before it is published
    return Step(
        cell.checkpoint,
        cell_state(cell),
        None if seen is None else seen.final,
        None if seen is None else seen.pending,
        None if cell.published is None else cell.published.score,
        seen is not None and seen.overridden,
        cell.due_at,
        cell.extended,
        cell.days_late,
        cell.charged_days,
        attempts,
        written,
    )
