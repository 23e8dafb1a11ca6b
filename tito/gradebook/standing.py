"""Where students stand: for each student and checkpoint, the attempt that counts and its score now.

The newest accepted attempt counts, with its result under the current graders. Everything is read in a fixed
number
of queries, however many students there are; the arithmetic is `tito.course.scoring`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tito.course.calendar import LateUse, effective_due, late_days, spend_free_days
from tito.course.config import Course
from tito.course.points import from_milli
from tito.course.scoring import CourseTotal, Points, Score, checkpoint_score, course_total, regraded
from tito.gradebook.facts import Counted, Facts, Shown, Who, load_facts
from tito.gradebook.models import Section, Student

NOTHING = Points(Decimal(0), Decimal(0))


class State(str, Enum):
    """How far a checkpoint has come for a student. The value is what tables show."""

    NOT_STARTED = "not started"
    SUBMITTED = "submitted"
    LATE = "late"
    """Handed in late, and not graded yet."""
    NEEDS_REVIEW = "needs review"
    """A person has to do something: grade a written answer, answer a request, or look at a fault of ours."""
    GRADED = "graded"
    PUBLISHED = "published"


class Cell(NamedTuple):
    """One student at one checkpoint. `score` is what counts now, `published` what the student sees."""

    checkpoint: int
    state: State
    attempts: int
    submission_id: int | None
    result_id: int | None
    automatic: Points | None
    score: Score | None
    published: Shown | None
    days_late: int
    charged_days: int
    due_at: datetime | None
    extended: bool
    overdue: bool
    """Nothing was handed in, and the deadline has passed: it counts as zero in the total."""


class StudentRow(NamedTuple):
    """One student's line of the matrix. `id` is the database's, `student_id` the roster's."""

    id: int
    student_id: str
    name: str
    email: str | None
    section: str | None
    active: bool
    cells: tuple[Cell, ...]
    total: CourseTotal


def standing(
    session: Session,
    course: Course,
    now: datetime,
    *,
    who: Who | None = None,
    active_only: bool = True,
    never_lowers: bool | None = None,
) -> list[StudentRow]:
    """Return the line of each student (of `who`; else of all), by section, name and id. Ten queries.

    `never_lowers` says whether a regrade may lower a published grade; None leaves it to the course's policy.
    """
    students = (
        select(Student.id, Student.student_id, Student.name, Student.email, Section.name, Student.active)
        .outerjoin(Section, Section.id == Student.section_id)
        .order_by(Section.name, Student.name, Student.student_id)
    )
    if who is not None:
        students = students.where(Student.id.in_(who))
    if active_only:
        students = students.where(Student.active.is_(True))
    people = session.execute(students).all()
    keeps = course.regrade_never_lowers if never_lowers is None else never_lowers
    scorer = _Scorer(course, load_facts(session, who), now, never_lowers=keeps)
    weights = course.weights
    rows = []
    for id_, student_id, name, email, section, active in people:
        cells = scorer.cells(id_)
        scores = {
            cell.checkpoint: cell.score.final if cell.score else Fraction(0)
            for cell in cells
            if cell.score is not None or cell.overdue
        }
        total = course_total(scores, weights)
        rows.append(StudentRow(id_, student_id, name, email, section, active, cells, total))
    return rows


class _Scorer:
    """Puts the facts of one student after the other together."""

    def __init__(self, course: Course, facts: Facts, now: datetime, *, never_lowers: bool) -> None:
        self.course = course
        self.facts = facts
        self.now = now
        self.never_lowers = never_lowers
        # In a class of a thousand most scores occur many times, and exact fractions are slow to work out.
        self._known: dict[tuple[object, ...], Score] = {}

    def cells(self, student: int) -> tuple[Cell, ...]:
        numbers = range(len(self.course.assessments))
        dues = {number: self._due(student, number) for number in numbers}
        days = {number: self._days_late(student, number, dues[number]) for number in numbers}
        charged = self._charges(student, days)
        return tuple(
            self._cell(student, number, dues[number], days[number], charged.get(number, 0)) for number in numbers
        )

    def _due(self, student: int, number: int) -> datetime | None:
        due = self.course.assessments[number].due_at
        until = self.facts.extensions.get((student, number))
        return due if until is None else effective_due(due, [until])

    def _days_late(self, student: int, number: int, due: datetime | None) -> int:
        counted = self.facts.counted.get((student, number))
        if counted is None or due is None or counted.received_at <= due:
            return 0
        return late_days(due, counted.received_at, self.course.zone, self.course.late.grace)

    def _charges(self, student: int, days: dict[int, int]) -> dict[int, int]:
        """Return the late days of each checkpoint that no free day pays for."""
        if not any(days.values()):
            return {}
        free = max(0, self.course.late.free_days + self.facts.extra_days.get(student, 0))
        uses: Iterable[LateUse] = (
            LateUse(number, count, self.facts.counted[student, number].received_at)
            for number, count in days.items()
            if count
        )
        return {number: charge.charged for number, charge in spend_free_days(uses, free).items()}

    def _cell(self, student: int, number: int, due: datetime | None, days: int, charged: int) -> Cell:
        counted = self.facts.counted.get((student, number))
        shown = self.facts.published.get((student, number))
        override = self.facts.overrides.get((student, number))
        automatic = self._automatic(counted, shown)
        score = self._score(number, counted, automatic, charged, override)
        return Cell(
            number,
            self._state(counted, shown, score, days),
            counted.attempt if counted else 0,
            counted.submission_id if counted else None,
            counted.result_id if counted else None,
            automatic,
            score,
            shown,
            days,
            charged,
            due,
            self.facts.extensions.get((student, number)) is not None,
            counted is None and due is not None and self.now > due,
        )

    def _automatic(self, counted: Counted | None, shown: Shown | None) -> Points | None:
        if counted is None or counted.earned is None or counted.possible is None:
            return None
        points = Points(from_milli(counted.earned), from_milli(counted.possible))
        if self.never_lowers and shown is not None and shown.submission_id == counted.submission_id:
            return regraded(Points(shown.earned, shown.possible), points, never_lowers=True)
        return points

    def _score(
        self,
        number: int,
        counted: Counted | None,
        automatic: Points | None,
        charged: int,
        override: Decimal | None,
    ) -> Score | None:
        if automatic is None and override is None:
            return None
        key = (
            number,
            automatic and (automatic.earned, automatic.possible),
            counted and self.facts.written.get(counted.submission_id),
            charged,
            override,
        )
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = checkpoint_score(
                automatic or NOTHING,
                self._written(number, counted),
                auto_share=self.course.assessments[number].auto_share,
                late=self.course.late,
                charged_days=charged,
                override=override,
            )
        return known

    def _written(self, number: int, counted: Counted | None) -> Points | None:
        """Return the points of the written answers, or None while some have none."""
        asked = self.facts.questions.get(number)
        if asked is None or counted is None:
            return None
        possible, questions = asked
        earned, answered = self.facts.written.get(counted.submission_id, (0, 0))
        return Points(from_milli(earned), from_milli(possible)) if answered == questions else None

    def _state(self, counted: Counted | None, shown: Shown | None, score: Score | None, days: int) -> State:
        if counted is not None and (
            counted.submission_id in self.facts.requests or counted.submission_id in self.facts.faults
        ):
            return State.NEEDS_REVIEW
        if score is None:
            if counted is None:
                return State.NOT_STARTED
            if shown is not None and shown.submission_id == counted.submission_id:
                return State.PUBLISHED  # the graders changed since; until it is graded anew, this grade holds
            return State.LATE if days else State.SUBMITTED
        if not score.complete:
            return State.NEEDS_REVIEW
        up_to_date = shown is not None and shown.score == score.final and shown.pending == score.pending
        return State.PUBLISHED if up_to_date else State.GRADED
