"""Where students stand: for each student and checkpoint, the attempt that counts and its score now.

The newest accepted attempt counts, with its result under the current graders. Everything is read in a fixed
number
of queries, however many students there are; the arithmetic is `tito.course.scoring`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, bindparam, select, true
from sqlalchemy.orm import Session

from tito.course.calendar import LateUse, effective_due, late_days, spend_free_days
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.points import from_milli, to_milli
from tito.course.policies import LatePolicy
from tito.course.scoring import CourseTotal, Points, Score, checkpoint_score, regraded
from tito.gradebook.collection import no_collection
from tito.gradebook.facts import Counted, Facts, Place, Shown, Who, among, load_facts, named
from tito.gradebook.models import Section, Student
from tito.gradebook.services.roster import unknown_student
from tito.gradebook.totals import Totals

NOTHING = Points(Decimal(0), Decimal(0))
Milli = tuple[int, int]
"""Points earned and possible, in thousandths: quick to look up by, where `Points` is not."""


class State(str, Enum):
    """How far a checkpoint has come for a student. The value is what tables show."""

    NOT_ASKED = "not asked"
    """The course's learning path leaves the checkpoint out: whatever is there of it does not count."""
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


def asked_columns(rows: Sequence[StudentRow]) -> list[Checkpoint]:
    """Return the checkpoints that the course of these lines asks for; all sixteen when there is no line."""
    return [
        checkpoint
        for checkpoint in CHECKPOINTS
        if not rows or rows[0].cells[checkpoint.number].state is not State.NOT_ASKED
    ]


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
    keeps = course.regrade_never_lowers if never_lowers is None else never_lowers
    with no_collection():
        people = session.execute(_people(some=who is not None, active_only=active_only), named(who)).all()
        scorer = _Scorer(course, load_facts(session, who), now, never_lowers=keeps)
        return [scorer.row(*person) for person in people]


def find_standing(session: Session, course: Course, now: datetime, student_id: str) -> StudentRow:
    """Return the line of one student, also of one who left. Ten queries. Raises GradebookError."""
    person = session.execute(_PERSON, {"student": student_id}).one_or_none()
    if person is None:
        raise unknown_student(session, student_id)
    scorer = _Scorer(course, load_facts(session, [person.id]), now, never_lowers=course.regrade_never_lowers)
    return scorer.row(*person)


_ROSTER: Final = select(
    Student.id, Student.student_id, Student.name, Student.email, Section.name, Student.active
).outerjoin(Section, Section.id == Student.section_id)
_PERSON: Final = _ROSTER.where(Student.student_id == bindparam("student"))


@cache
def _people(*, some: bool, active_only: bool) -> Select[*tuple[Any, ...]]:
    return _ROSTER.where(among(Student.id, some=some), Student.active.is_(True) if active_only else true()).order_by(
        Section.name, Student.name, Student.student_id
    )


class _Scorer:
    """Puts the facts of one student after the other together.

    Exact fractions are slow, and a class of a thousand has sixteen thousand scores. So the two parts of a score are
    worked out once for each number of points, and added: a score is linear in both (`test_standing` holds it).
    """

    def __init__(self, course: Course, facts: Facts, now: datetime, *, never_lowers: bool) -> None:
        self.course = course
        self.facts = facts
        self.now = now
        self.never_lowers = never_lowers
        self._parts: dict[tuple[Decimal, Milli, Milli | None, int], Score] = {}
        self._scores: dict[tuple[Decimal, Milli, Milli | None, int], Score] = {}
        self._numbers = range(len(course.assessments))
        self._left_out = [number for number in self._numbers if not course.asks(number)]
        self._dues = [assessment.due_at for assessment in course.assessments]
        self._extended = {student for student, _ in facts.extensions}
        self._totals = Totals(course)
        self._shares = [assessment.auto_share for assessment in course.assessments]

    def row(
        self, id_: int, student_id: str, name: str, email: str | None, section: str | None, active: bool
    ) -> StudentRow:
        """Return the line of a student."""
        cells = self.cells(id_)
        return StudentRow(id_, student_id, name, email, section, active, cells, self._totals.of(cells))

    def cells(self, student: int) -> tuple[Cell, ...]:
        """Return the sixteen cells of a student."""
        handed_in, published = self.facts.counted.get(student, {}), self.facts.published.get(student, {})
        counted = [handed_in.get(number) for number in self._numbers]
        for number in self._left_out:
            counted[number] = None
        dues = self._dues
        if student in self._extended:
            dues = [self._due(student, number) for number in self._numbers]
        days = [
            0 if work is None or due is None or work.received_at <= due else self._days_late(work, due)
            for work, due in zip(counted, dues, strict=True)
        ]
        charged = self._charges(student, counted, days)
        cells = [
            self._cell(
                (student, number),
                counted[number],
                published.get(number),
                dues[number],
                days[number],
                charged.get(number, 0),
            )
            for number in self._numbers
        ]
        for number in self._left_out:
            cells[number] = Cell(number, State.NOT_ASKED, 0, None, None, None, None, None, 0, 0, None, False, False)
        return tuple(cells)

    def _due(self, student: int, number: int) -> datetime | None:
        due = self._dues[number]
        until = self.facts.extensions.get((student, number))
        return due if until is None else effective_due(due, [until])

    def _days_late(self, counted: Counted, due: datetime) -> int:
        return late_days(due, counted.received_at, self.course.zone, self.course.late.grace)

    def _charges(self, student: int, counted: list[Counted | None], days: list[int]) -> Mapping[int, int]:
        """Return the late days of each checkpoint that no free day pays for."""
        if not any(days):
            return {}
        free = max(0, self.course.late.free_days + self.facts.extra_days.get(student, 0))
        uses = (
            LateUse(number, count, work.received_at)
            for number, (work, count) in enumerate(zip(counted, days, strict=True))
            if work is not None and count
        )
        return {number: charge.charged for number, charge in spend_free_days(uses, free).items()}

    def _cell(
        self,
        place: Place,
        counted: Counted | None,
        shown: Shown | None,
        due: datetime | None,
        days: int,
        charged: int,
    ) -> Cell:
        number = place[1]
        automatic = self._automatic(counted, shown)
        score = self._score(number, counted, automatic, charged, self.facts.overrides.get(place))
        state = self._state(counted, shown, score, days)
        extended = self.facts.extensions.get(place) is not None
        if counted is None:
            overdue = due is not None and self.now > due
            return Cell(number, state, 0, None, None, None, score, shown, 0, 0, due, extended, overdue)
        return Cell(
            number,
            state,
            counted.attempt,
            counted.submission_id,
            counted.result_id,
            None if automatic is None else _points(automatic),
            score,
            shown,
            days,
            charged,
            due,
            extended,
            False,
        )

    def _automatic(self, counted: Counted | None, shown: Shown | None) -> Milli | None:
        if counted is None or counted.earned is None or counted.possible is None:
            return None
        points = (counted.earned, counted.possible)
        if not self.never_lowers or shown is None or shown.submission_id != counted.submission_id:
            return points
        old = (shown.earned, shown.possible)
        if old == points:
            return points
        kept = regraded(_points(old), _points(points), never_lowers=True)
        return to_milli(kept.earned), to_milli(kept.possible)

    def _score(
        self,
        number: int,
        counted: Counted | None,
        automatic: Milli | None,
        charged: int,
        override: Decimal | None,
    ) -> Score | None:
        if automatic is None and override is None:
            return None
        share = self._shares[number]
        written = self._written(number, counted)
        if automatic is None or override is not None:
            return checkpoint_score(
                _points(automatic or (0, 0)),
                None if written is None else _points(written),
                auto_share=share,
                late=self.course.late,
                override=override,
            )
        if written is None:
            return self._part(share, automatic, None, charged)
        key = (share, automatic, written, charged)
        score = self._scores.get(key)
        if score is None:
            tests = self._part(share, automatic, (0, written[1]), charged)
            answers = self._part(share, (0, automatic[1]), written, charged)
            raw = tests.raw + answers.raw
            score = (
                Score(raw, tests.lost + answers.lost, tests.final + answers.final)
                if charged
                else Score(raw, tests.lost, raw)
            )
            self._scores[key] = score
        return score

    def _part(self, share: Decimal, automatic: Milli, written: Milli | None, charged: int) -> Score:
        key = (share, automatic, written, charged)
        score = self._parts.get(key)
        if score is None:
            score = self._parts[key] = _part_of(share, automatic, written, charged, self.course.late)
        return score

    def _written(self, number: int, counted: Counted | None) -> Milli | None:
        """Return the points of the written answers, or None while some have none."""
        asked = self.facts.questions.get(number)
        if asked is None or counted is None:
            return None
        possible, questions = asked
        earned, answered = self.facts.written.get(counted.submission_id, (0, 0))
        return (earned, possible) if answered == questions else None

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
        up_to_date = shown is not None and shown.says(score.final, score.pending)
        return State.PUBLISHED if up_to_date else State.GRADED


@lru_cache(maxsize=1 << 14)
def _part_of(share: Decimal, automatic: Milli, written: Milli | None, charged: int, late: LatePolicy) -> Score:
    """Kept over all classes and requests: who reads one student alone would work out the same few fractions again."""
    points = None if written is None else _points(written)
    return checkpoint_score(_points(automatic), points, auto_share=share, late=late, charged_days=charged)


@lru_cache(maxsize=1 << 14)
def _points(milli: Milli) -> Points:
    return Points(from_milli(milli[0]), from_milli(milli[1]))
