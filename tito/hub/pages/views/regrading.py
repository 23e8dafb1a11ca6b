"""Regrading: what publishing would change, by how much, and which test did it. Looking changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.course.points import show
from tito.errors import TitoError
from tito.gradebook.models import Publication, PublicationKind, Published, PublishedGrade, Student
from tito.gradebook.services.publication import GradeChange, TestChange, preview_of, unpublished
from tito.gradebook.standing import StudentRow, standing
from tito.hub.pages.asked import Asked, BadRequest, Submitted
from tito.hub.pages.charts import BarChart, Series
from tito.hub.pages.folders import Folders, FolderState
from tito.hub.pages.viewer import Role

NOBODY, ALLOWED = "nobody", "allowed"
"""Who may drop by a regrade: words of the address and of the form."""
PAGE: Final = 100
PUBLICATIONS: Final = 30
_BINS: Final = ("none", *(f"{low}-{low + 9}" for low in range(0, 90, 10)), "90-100")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A checkpoint with something that students do not see yet. `causes` counts changes by why they are."""

    checkpoint: int
    changes: int
    drops: int
    causes: dict[str, int]
    still_to_grade: int


@dataclass(frozen=True, slots=True)
class RegradingPage:
    """The checkpoints with something unpublished; `students` is how many of the viewer's students there are."""

    lines: tuple[Waiting, ...]
    students: int
    unwritten: tuple[int, ...]
    """The checkpoints whose folders in `autograded/` could not follow the last publication."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Change:
    """What publishing would do to one student's grade; scores are of 100, None is no grade yet.

    Changes are kept with their preview, and so is their HTML.
    """

    student: str
    name: str
    section: str | None
    submission: int | None
    before: Fraction | None
    after: Fraction
    pending: Fraction
    difference: Fraction
    cause: str
    tests: tuple[TestChange, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """A test whose points differ, over all these students: how many it lifts and lowers, by how many points in all."""

    test: str
    title: str
    up: int
    down: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class Act:
    """A publication, or its roll-back (`undoes`). `can_roll_back`: nobody rolled it back, nor published over it."""

    number: int
    at: datetime
    by: str
    note: str
    students: int
    never_lowers: bool
    undoes: int | None
    undone_by: int | None
    can_roll_back: bool


@dataclass(frozen=True, slots=True)
class RegradePage:
    """A checkpoint's preview, of one `student` alone where the address names one.

    `token` and `was` are what the form carries, so that what is published is what was seen: they are empty for who
    cannot publish.
    """

    checkpoint: int
    student: str
    drops: str
    policy: str
    changes: tuple[Change, ...]
    count: int
    up: int
    down: int
    first: int
    """Grades for those who see none yet; what is in none of the three is the same score from another result."""
    others: int
    """Students whose grade, or lack of one, stays as it is."""
    still_to_grade: tuple[str, ...]
    tests: tuple[Test, ...]
    distribution: BarChart
    page: int
    pages: int
    publications: tuple[Act, ...]
    folders: FolderState
    token: str
    was: str


def overview(asked: Asked) -> RegradingPage:
    """Return the checkpoints where publishing would change something. One query when nothing changed."""
    rows = asked.standings.rows
    counts = asked.kept.get(asked.session, "regrading", lambda: _count(rows))
    seen = [lines for section, lines in counts.items() if asked.viewer.sees_section(section)]
    merged: dict[int, _Tally] = {}
    for lines in seen:
        for number, tally in lines.items():
            merged.setdefault(number, _Tally()).add(tally)
    waiting = (
        Waiting(number, sum(tally.causes.values()), tally.drops, dict(tally.causes), tally.ungraded)
        for number, tally in sorted(merged.items())
        if tally.causes or tally.ungraded
    )
    folders = asked.kept.shared("folders", Folders)
    unwritten = (one.number for one in asked.course.checkpoints if folders.state(one).problem)
    students = sum(asked.viewer.sees_section(row.section) for row in rows)
    return RegradingPage(tuple(waiting), students, tuple(unwritten))


def view(asked: Asked) -> RegradePage:
    """Return the preview of `{checkpoint}`, those who drop first. Three queries when nothing changed.

    Raises BadRequest for a checkpoint or a student that there is not.
    """
    checkpoint = asked_checkpoint(asked)
    policy = NOBODY if asked.course.regrade_never_lowers else ALLOWED
    drops = asked.choice("drops", (NOBODY, ALLOWED), policy)
    student = asked.text("student")
    ready = _of_one(asked, checkpoint, drops, student) if student else _ready(asked, checkpoint, drops)
    sees = asked.viewer.sees_section
    changes = [change for change in ready.changes if sees(change.section)]
    page, pages = asked.leaf(len(changes), PAGE)
    publishes = asked.viewer.role is Role.INSTRUCTOR
    bins = [(before, after) for section, before, after in ready.bins if sees(section)]
    return RegradePage(
        checkpoint.number,
        student,
        drops,
        policy,
        tuple(changes[(page - 1) * PAGE : page * PAGE]),
        len(changes),
        sum(change.before is not None and change.difference > 0 for change in changes),
        sum(change.difference < 0 for change in changes),
        sum(change.before is None for change in changes),
        len(bins) - len(changes) - sum(sees(section) for section, _ in ready.still_to_grade),
        tuple(student for section, student in ready.still_to_grade if sees(section)),
        _tests(asked, f"{checkpoint.number} {drops}", changes) if not student else by_test(changes),
        _distribution(bins),
        page,
        pages,
        tuple(_publications(asked.session, checkpoint)),
        asked.kept.shared("folders", Folders).state(checkpoint),
        ready.token if publishes else "",
        ready.was if publishes else "",
    )


def asked_checkpoint(asked: Asked | Submitted) -> Checkpoint:
    """Read the checkpoint of an address. Raises BadRequest, also for one that the course asks for no longer."""
    try:
        checkpoint = find_checkpoint(asked.place["checkpoint"])
    except TitoError as error:
        raise BadRequest(error.what, expected=error.expected, next_step=error.next_step) from error
    if not asked.course.asks(checkpoint):
        raise BadRequest(
            f"{checkpoint.slug} is not on this course's learning path ({asked.course.path_name})",
            where="c.LearningPath in course_config.py",
            expected=f"one of {', '.join(one.short for one in asked.course.checkpoints)}",
            next_step="What was handed in for it is kept, and counts for nothing: students' pages lead to it.",
        )
    return checkpoint


def seen_lines(changes: Iterable[GradeChange]) -> str:
    """What a form carries of its preview, a line for each student: the id, and both scores as they were shown.

    The same score from another result is left out: a class of a thousand has many of them.
    """
    pairs = ((one.student_id, "none" if one.before is None else show(one.before), show(one.after)) for one in changes)
    return "\n".join(f"{student} {before} {after}" for student, before, after in pairs if before != after)


def _tests(asked: Asked, preview: str, changes: Sequence[Change]) -> tuple[Test, ...]:
    """The same for everybody who sees the same sections: adding points of a class takes a while."""
    sections = None if asked.viewer.sections is None else sorted(asked.viewer.sections)
    return asked.kept.get(asked.session, f"regrade tests {preview} {sections}", lambda: by_test(changes))


def by_test(changes: Iterable[Change]) -> tuple[Test, ...]:
    """Return what each test did over these changes, the one that moved most students first."""
    up: Counter[str] = Counter()
    down: Counter[str] = Counter()
    points: dict[str, Decimal] = {}
    titles: dict[str, str] = {}
    for change in changes:
        for one in change.tests:
            by = (one.after or Decimal(0)) - (one.before or Decimal(0))
            titles[one.test] = one.title
            points[one.test] = points.get(one.test, Decimal(0)) + by
            up[one.test] += by > 0
            down[one.test] += by < 0
    found = (Test(test, title, up[test], down[test], points[test]) for test, title in titles.items())
    return tuple(sorted(found, key=lambda one: (-(one.up + one.down), one.test)))


@dataclass
class _Tally:
    causes: Counter[str] = field(default_factory=Counter)
    drops: int = 0
    ungraded: int = 0

    def add(self, other: _Tally) -> None:
        self.causes += other.causes
        self.drops += other.drops
        self.ungraded += other.ungraded


def _count(rows: Iterable[StudentRow]) -> dict[str | None, dict[int, _Tally]]:
    """Count what is unpublished by section and checkpoint."""
    counts: dict[str | None, dict[int, _Tally]] = {}
    for row in rows:
        mine = counts.setdefault(row.section, {})
        for cell in row.cells:
            if cell.score is None and cell.submission_id is not None:
                mine.setdefault(cell.checkpoint, _Tally()).ungraded += 1
            cause = unpublished(cell)
            if cause is not None and cell.score is not None:
                tally = mine.setdefault(cell.checkpoint, _Tally())
                tally.causes[cause.value] += 1
                tally.drops += cell.published is not None and cell.score.final < cell.published.score
    return counts


@dataclass(frozen=True, slots=True)
class _Ready:
    """A checkpoint's preview over the whole class, as it is kept; the viewer's sections are taken out of it."""

    changes: tuple[Change, ...]
    still_to_grade: tuple[tuple[str | None, str], ...]
    bins: tuple[tuple[str | None, int, int], ...]
    """Of each student the section, and the bins of the score before and after."""
    token: str
    was: str


def _ready(asked: Asked, checkpoint: Checkpoint, drops: str) -> _Ready:
    keeps = drops == NOBODY

    def work_out() -> _Ready:
        usual = keeps == asked.course.regrade_never_lowers
        lines = asked.standings.rows if usual else standing(asked.session, asked.course, asked.now, never_lowers=keeps)
        return _prepare(asked.session, checkpoint, lines, keeps)

    return asked.kept.get(asked.session, f"regrade {checkpoint.number} {drops}", work_out)


def _of_one(asked: Asked, checkpoint: Checkpoint, drops: str, student: str) -> _Ready:
    """One student's: after a request was decided, their grade need not wait for everybody else's."""
    keeps = drops == NOBODY
    who = asked.session.scalars(select(Student.id).where(Student.student_id == student)).all()
    rows = standing(asked.session, asked.course, asked.now, who=who, never_lowers=keeps)
    if not rows or not asked.viewer.sees_section(rows[0].section):  # the same words for both
        raise BadRequest(f"you have no active student {student[:80]!r}", next_step="Look for them in the gradebook.")
    return _prepare(asked.session, checkpoint, rows, keeps)


def _prepare(session: Session, checkpoint: Checkpoint, rows: Sequence[StudentRow], keeps: bool) -> _Ready:
    preview = preview_of(session, checkpoint, rows, keeps)
    sections = {row.student_id: row.section for row in rows}
    after = {change.student_id: change.after for change in preview.changes}
    bins = []
    for row in rows:
        shown = row.cells[checkpoint.number].published
        before = None if shown is None else shown.score
        bins.append((row.section, _bin(before), _bin(after.get(row.student_id, before))))
    changes = (
        Change(
            change.student_id,
            change.name,
            sections[change.student_id],
            change.cell.submission_id,
            change.before,
            change.after,
            change.pending,
            change.difference,
            change.cause.value,
            change.tests,
        )
        for change in preview.changes
    )
    return _Ready(
        tuple(sorted(changes, key=_order)),
        tuple((sections[student], student) for student in preview.still_to_grade),
        tuple(bins),
        preview.token,
        seen_lines(preview.changes),
    )


def _order(change: Change) -> tuple[bool, bool, Fraction, str]:
    """Who drops most comes first, then who rises, who keeps the same score by another result, and first grades."""
    return change.before is None, not change.difference, change.difference, change.student


def _bin(score: Fraction | None) -> int:
    return 0 if score is None else 1 + min(9, max(0, int(score // 10)))


def _distribution(bins: Iterable[tuple[int, int]]) -> BarChart:
    before, after = Counter[int](), Counter[int]()
    for one, other in bins:
        before[one] += 1
        after[other] += 1
    numbers = range(len(_BINS))
    return BarChart(
        "Scores that students see",
        "score of 100",
        "students",
        _BINS,
        (
            Series("now", tuple(before[number] for number in numbers)),
            Series("once published", tuple(after[number] for number in numbers)),
        ),
    )


def _publications(session: Session, checkpoint: Checkpoint) -> Iterable[Act]:
    """The newest publications of a checkpoint, newest first. Two queries."""
    undone = aliased(Publication)
    given = (
        select(func.count(PublishedGrade.id))
        .where(PublishedGrade.publication_id == Publication.id)
        .correlate(Publication)
        .scalar_subquery()
    )
    held = (
        select(func.count(Published.grade_id))
        .join(PublishedGrade, PublishedGrade.id == Published.grade_id)
        .where(PublishedGrade.publication_id == Publication.id)
        .correlate(Publication)
        .scalar_subquery()
    )
    query = (
        select(Publication, undone.id, given, held)
        .outerjoin(undone, undone.undoes == Publication.id)
        .where(Publication.checkpoint == checkpoint.number)
        .order_by(Publication.id.desc())
        .limit(PUBLICATIONS)
    )
    lines = session.execute(query).all()
    counts = {one.id: students for one, _, students, _ in lines}
    for one, undone_by, students, holding in lines:
        forward = one.kind is PublicationKind.PUBLISH
        yield Act(
            one.id,
            one.at,
            one.by,
            one.note,
            students if forward else counts.get(one.undoes, 0),
            one.never_lowers,
            one.undoes,
            undone_by,
            forward and undone_by is None and holding == students,
        )
