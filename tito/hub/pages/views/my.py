"""My checkpoints: where a student stands, what comes next, until when, and how many attempts are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tito.course.calendar import closes_at
from tito.course.checkpoints import Checkpoint, Milestone
from tito.gradebook.handins import HandIn
from tito.gradebook.models import PublishedGrade, RequestStatus
from tito.gradebook.own import OwnRecord, own_record
from tito.gradebook.threads import Which, request_lines
from tito.grading.reveal import put_off
from tito.hub.pages.asked import Asked


@dataclass(frozen=True, slots=True)
class Attempt:
    """One hand-in; `state` is refused, waiting, graded (not published yet) or published. Points are automatic ones."""

    submission: int
    number: int | None
    received_at: datetime
    late: bool
    state: str
    reason: str
    earned: Decimal | None
    possible: Decimal | None
    counts: bool
    free: bool
    """Whether grading failed through a fault of ours: then it costs no attempt."""
    graded_from: datetime | None
    """When it is graded, where that waits until it is due."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the checkpoints. Scores are out of 100, and published ones."""

    checkpoint: int
    state: str
    """not started, missed, submitted, graded or published."""
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    extended: bool
    opened: bool
    closed: bool
    given_out: bool
    late_now: bool
    late_days: int
    charged_days: int
    score: Fraction | None
    pending: Fraction | None
    graded_from: datetime | None
    """When what is handed in now is graded, where that waits until it is due."""
    more_at: datetime | None
    """When more of the hidden tests is shown, if that is still to come."""
    limit: int | None
    left: int | None
    """Attempts that may be made now; None where they are not limited."""
    next_at: datetime | None
    """When there is one more."""
    attempts: tuple[Attempt, ...]
    """Newest first."""
    made: int
    """How many of them were taken as attempts."""


@dataclass(frozen=True, slots=True)
class Won:
    """A milestone of the course, and whether it is earned."""

    checkpoint: int
    name: str
    target: str
    earned: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A regrade request, by its number, that waits for the student's reply."""

    request: int
    checkpoint: int


@dataclass(frozen=True, slots=True)
class MyPage:
    """A student's own side. `next` is the number of the checkpoint to work on, `waits` of one that opens later."""

    student: str
    name: str
    section: str | None
    done: int
    next: int | None
    waits: int | None
    replies: tuple[Reply, ...]
    """The longest waiting first."""
    late_days_used: int
    late_days_left: int
    steps: tuple[Step, ...]
    milestones: tuple[Won, ...]
    pseudonym: str | None


def view(asked: Asked) -> MyPage:
    """Return the page of the student who asks. 18 queries at most, however much was handed in."""
    own = own_record(asked.session, asked.course, asked.now, asked.standings.of(asked.viewer.name))
    steps = tuple(_step(asked, own, checkpoint) for checkpoint in asked.course.checkpoints)
    open_ones = [one for one in steps if one.opened and not one.closed and not one.made]
    later = [one for one in steps if not one.opened]
    used = sum(cell.days_late - cell.charged_days for cell in own.row.cells)
    open_requests = request_lines(asked.session, Which(student_id=own.row.student_id, status=RequestStatus.OPEN))
    return MyPage(
        own.row.student_id,
        own.row.name,
        own.row.section,
        sum(bool(one.made) for one in steps),
        open_ones[0].checkpoint if open_ones else None,
        later[0].checkpoint if later else None,
        tuple(Reply(one.number, one.checkpoint) for one in open_requests if one.waits_for == "student"),
        used,
        max(0, asked.course.late.free_days + own.extra_late_days - used),
        steps,
        tuple(
            _won(checkpoint, checkpoint.milestone, own)
            for checkpoint in asked.course.checkpoints
            if checkpoint.milestone is not None
        ),
        own.pseudonym,
    )


def _step(asked: Asked, own: OwnRecord, checkpoint: Checkpoint) -> Step:
    number, now, course = checkpoint.number, asked.now, asked.course
    assessment, cell, left = course.assessment(checkpoint), own.row.cells[number], own.buckets[number]
    closing = None if cell.due_at is None else closes_at(cell.due_at, course.late, course.zone)
    graded_from = assessment.grading.waits_until(cell.due_at, now)
    attempts = tuple(
        _attempt(
            one, own.published.get(one.submission), counts=one.submission == cell.submission_id, graded_from=graded_from
        )
        for one in own.hand_ins[number]
    )
    shown, late = cell.published, cell.due_at is not None and now > cell.due_at
    closed = closing is not None and now > closing
    more_at, own_reveal = assessment.reveal.later_at, put_off(assessment, cell.due_at)
    if more_at is not None and own_reveal is not None:
        more_at = max(more_at, own_reveal)
    return Step(
        number,
        _state(attempts, shown_of=None if shown is None else shown.submission_id, closed=closed),
        assessment.opens_at,
        cell.due_at,
        closing,
        cell.extended,
        assessment.opens_at is None or now >= assessment.opens_at,
        closed,
        number in own.given_out,
        late,
        cell.days_late,
        cell.charged_days,
        None if shown is None else shown.score,
        None if shown is None else shown.pending,
        graded_from,
        more_at if more_at is not None and now < more_at else None,
        assessment.attempts.capacity,
        left.available,
        left.next_at,
        tuple(reversed(attempts)),
        sum(one.number is not None for one in attempts),
    )


def _attempt(one: HandIn, grade: PublishedGrade | None, *, counts: bool, graded_from: datetime | None) -> Attempt:
    state = "refused" if one.attempt is None else "graded" if one.graded else "waiting"
    if grade is not None:
        state = "published"
    graded = None if grade is None or grade.result_id is None else grade  # a score by hand needs no result
    return Attempt(
        one.submission,
        one.attempt,
        one.received_at,
        one.late_seconds > 0,
        state,
        one.message if one.attempt is None else "",
        None if graded is None else graded.earned,
        None if graded is None else graded.possible,
        counts,
        one.fault,
        graded_from if state == "waiting" and counts else None,
    )


def _state(attempts: tuple[Attempt, ...], *, shown_of: int | None, closed: bool) -> str:
    """The state of the attempt that counts: a score of an earlier one stays visible beside it."""
    counted = next((one for one in attempts if one.counts), None)
    if counted is None:
        return "missed" if closed else "not started"
    if counted.submission == shown_of:
        return "published"
    return "graded" if counted.state == "graded" else "submitted"


def _won(checkpoint: Checkpoint, milestone: Milestone, own: OwnRecord) -> Won:
    earned = any(one.number == checkpoint.number for one in own.milestones)
    return Won(checkpoint.number, milestone.name, milestone.target, earned)
