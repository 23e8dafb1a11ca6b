"""Publishing grades: look first, then publish, and go back if it was wrong."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.course.scoring import Score
from tito.course.verdicts import Verdict
from tito.gradebook.errors import GradebookError
from tito.gradebook.facts import Shown
from tito.gradebook.models import (
    CheckpointRow,
    GraderTest,
    OutcomeRow,
    Publication,
    PublicationKind,
    Published,
    PublishedGrade,
    ResultRow,
    Student,
)
from tito.gradebook.standing import NOTHING, Cell, StudentRow, standing
from tito.gradebook.work import Work


class Cause(str, Enum):
    """Why a grade would change."""

    FIRST = "first publication"
    ATTEMPT = "new attempt"
    GRADERS = "graders"
    OVERRIDE = "override"
    OTHER = "written answers, lateness or policy"


@dataclass(frozen=True, slots=True)
class TestChange:
    """A test whose points differ between two results. None: the test was not there."""

    test: str
    title: str
    before: Decimal | None
    after: Decimal | None
    verdict_before: Verdict | None
    verdict_after: Verdict | None


@dataclass(frozen=True, slots=True)
class GradeChange:
    """What publishing would do to one student's grade. Scores are exact fractions of 100; None is
    no grade yet.
    """

    student_id: str
    name: str
    before: Fraction | None
    after: Fraction
    pending: Fraction
    cause: Cause
    tests: tuple[TestChange, ...]
    student: int
    cell: Cell

    @property
    def difference(self) -> Fraction:
        """By how much the score goes up (or down, negative); from nothing counts as from 0."""
        return self.after - (self.before or Fraction(0))


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a checkpoint would change. `token` stands for exactly these changes."""

    checkpoint: Checkpoint
    never_lowers: bool
    changes: tuple[GradeChange, ...]
    unchanged: int
    still_to_grade: tuple[str, ...]
    """Students whose newest attempt has no result under the current graders; their grade stays as it is."""
    token: str


class PreviewChanged(GradebookError):
    """Grades have changed since the preview that was to be published. `preview` is what there is to publish now."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        super().__init__(
            f"grades of {preview.checkpoint.slug} have changed since the preview; nothing was published",
            next_step="look at the new preview, then publish",
        )


def preview_publication(
    session: Session,
    course: Course,
    checkpoint: Checkpoint,
    now: datetime,
    *,
    students: Collection[str] | None = None,
    never_lowers: bool | None = None,
) -> Preview:
    """Return whose grade publishing would change, by how much, and which tests did it. Changes nothing.

    `students` are roster ids (None: all active). `never_lowers` None leaves it to the course's policy.
    """
    who = None
    if students is not None:
        who = session.scalars(select(Student.id).where(Student.student_id.in_(students))).all()
    keeps = course.regrade_never_lowers if never_lowers is None else never_lowers
    return preview_of(session, checkpoint, standing(session, course, now, who=who, never_lowers=keeps), keeps)


def preview_of(session: Session, checkpoint: Checkpoint, rows: Iterable[StudentRow], never_lowers: bool) -> Preview:
    """Return the preview for lines that were read with `standing(..., never_lowers=...)` before. One query."""
    moved: list[tuple[StudentRow, Cell, Score]] = []
    waiting: list[str] = []
    unchanged = 0
    for row in rows:
        cell = row.cells[checkpoint.number]
        score = cell.score
        if score is None:
            if cell.submission_id is not None:
                waiting.append(row.student_id)
        elif cell.published is not None and _same(cell.published, cell, score):
            unchanged += 1
        else:
            moved.append((row, cell, score))
    tests = _test_changes(session, [(cell.published, cell.result_id) for _, cell, _ in moved])
    changes = tuple(
        GradeChange(
            row.student_id,
            row.name,
            cell.published.score if cell.published else None,
            score.final,
            score.pending,
            _cause(cell, score),
            tests.get((cell.published.result_id if cell.published else None, cell.result_id), ()),
            row.id,
            cell,
        )
        for row, cell, score in moved
    )
    token = _token(checkpoint, never_lowers, changes)
    return Preview(checkpoint, never_lowers, changes, unchanged, tuple(waiting), token)


def unpublished(cell: Cell) -> Cause | None:
    """Return why publishing would change what the student sees of a checkpoint; None where it would not."""
    if cell.score is None or (cell.published is not None and _same(cell.published, cell, cell.score)):
        return None
    return _cause(cell, cell.score)


def publish(
    work: Work,
    course: Course,
    checkpoint: Checkpoint,
    *,
    students: Collection[str] | None = None,
    never_lowers: bool | None = None,
    note: str = "",
    token: str | None = None,
    unseen: bool = False,
) -> tuple[int | None, Preview]:
    """Publish what `preview_publication` shows; return the publication's number (None when nothing changes).

    With the `token` of a preview, publishes exactly that: raises PreviewChanged if grades have changed since. `unseen`
    publishes only submissions that were never published before: no regrades, and nothing that a person took back.
    """
    # A writer holds the lock from its first statement on SQLite; this row keeps two publishers apart on PostgreSQL, and
    # nobody else: whoever hands in or sets a score only needs it to be there.
    work.session.scalar(
        select(CheckpointRow.number).where(CheckpointRow.number == checkpoint.number).with_for_update(key_share=True)
    )
    preview = preview_publication(
        work.session, course, checkpoint, work.now, students=students, never_lowers=never_lowers
    )
    if token is not None and token != preview.token:
        raise PreviewChanged(preview)
    if unseen:
        hidden = taken_back(work.session, checkpoint)
        preview = _restricted(preview, lambda change: _is_unseen(change, hidden))
    if not preview.changes:
        work.unaudited()
        return None, preview
    publication = Publication(
        checkpoint=checkpoint.number,
        kind=PublicationKind.PUBLISH,
        never_lowers=preview.never_lowers,
        note=note,
        at=work.now,
        by=work.actor,
    )
    work.session.add(publication)
    work.session.flush()
    for change in preview.changes:
        _publish_one(work, publication, change)
    work.audit(
        "grades.publish",
        checkpoint=checkpoint.number,
        reason=note,
        after={"publication": publication.id, "students": len(preview.changes)},
    )
    return publication.id, preview


def roll_back(work: Work, publication_id: int, *, reason: str) -> int:
    """Show students again what they saw before a publication; return the number of the roll-back.

    Raises GradebookError without a reason, when a later publication has changed one of its grades (roll that one back
    first), and when it was rolled back already.
    """
    if not reason.strip():
        raise GradebookError("a reason is required: the audit will say it", expected="why it is taken back")
    publication = work.session.get(Publication, publication_id)
    if publication is None or publication.kind is not PublicationKind.PUBLISH:
        raise GradebookError(f"there is no publication number {publication_id} that could be rolled back")
    checkpoint = publication.checkpoint
    work.session.scalar(
        select(CheckpointRow.number).where(CheckpointRow.number == checkpoint).with_for_update(key_share=True)
    )
    if work.session.scalar(select(Publication.id).where(Publication.undoes == publication_id)) is not None:
        raise GradebookError(f"publication number {publication_id} was rolled back already")
    grades = work.session.scalars(select(PublishedGrade).where(PublishedGrade.publication_id == publication_id)).all()
    pointers = {
        pointer.student_id: pointer
        for pointer in work.session.scalars(select(Published).where(Published.checkpoint == checkpoint))
    }
    changed = [
        grade.student_id
        for grade in grades
        if grade.student_id not in pointers or pointers[grade.student_id].grade_id != grade.id
    ]
    if changed:
        raise GradebookError(
            f"a later publication changed {len(changed)} of these grades; nothing was rolled back",
            next_step="roll the later publication back first, or publish again",
        )
    undone = Publication(
        checkpoint=checkpoint,
        kind=PublicationKind.ROLL_BACK,
        undoes=publication_id,
        note=reason,
        at=work.now,
        by=work.actor,
    )
    work.session.add(undone)
    before = {
        grade.id: grade
        for grade in work.session.scalars(
            select(PublishedGrade).where(
                PublishedGrade.id.in_(
                    select(PublishedGrade.replaces).where(PublishedGrade.publication_id == publication_id)
                )
            )
        )
    }
    for grade in grades:
        pointer = pointers[grade.student_id]
        old = None if grade.replaces is None else before[grade.replaces]
        if old is None:
            work.session.delete(pointer)
        else:
            pointer.grade_id = old.id
        work.audit(
            "grade.roll_back",
            student=grade.student_id,
            checkpoint=checkpoint,
            submission=grade.submission_id,
            reason=reason,
            before={"score": str(grade.score)},
            after={"score": str(old.score) if old else None},
        )
    work.session.flush()
    work.audit(
        "grades.roll_back",
        checkpoint=checkpoint,
        reason=reason,
        before={"publication": publication_id},
        after={"publication": undone.id, "students": len(grades)},
    )
    return undone.id


def taken_back(session: Session, checkpoint: Checkpoint) -> set[tuple[int, int | None]]:
    """Return the students' submissions (by their numbers) that a publication showed and a roll-back hid.

    Somebody took them back for a reason, which a machine does not know: only a person publishes them again. A grade
    that was set by hand may have no submission.
    """
    query = (
        select(PublishedGrade.student_id, PublishedGrade.submission_id)
        .join(Publication, Publication.undoes == PublishedGrade.publication_id)
        .where(PublishedGrade.checkpoint == checkpoint.number)
    )
    return {(student, submission) for student, submission in session.execute(query)}


def _is_unseen(change: GradeChange, hidden: Collection[tuple[int, int | None]]) -> bool:
    new = change.cause in (Cause.FIRST, Cause.ATTEMPT)
    return new and (change.student, change.cell.submission_id) not in hidden


def _restricted(preview: Preview, wanted: Callable[[GradeChange], bool]) -> Preview:
    """Return the preview of only those changes."""
    changes = tuple(filter(wanted, preview.changes))
    return replace(preview, changes=changes, token=_token(preview.checkpoint, preview.never_lowers, changes))


def _publish_one(work: Work, publication: Publication, change: GradeChange) -> None:
    cell, before = change.cell, change.cell.published
    automatic = cell.automatic or NOTHING
    grade = PublishedGrade(
        publication_id=publication.id,
        student_id=change.student,
        checkpoint=publication.checkpoint,
        submission_id=cell.submission_id,
        result_id=cell.result_id,
        earned=automatic.earned,
        possible=automatic.possible,
        score=change.after,
        pending=change.pending,
        replaces=before.grade_id if before else None,
    )
    work.session.add(grade)
    work.session.flush()
    pointer = work.session.get(Published, (change.student, publication.checkpoint))
    if pointer is None:
        work.session.add(Published(student_id=change.student, checkpoint=publication.checkpoint, grade_id=grade.id))
    else:
        pointer.grade_id = grade.id
    work.audit(
        "grade.publish",
        student=change.student,
        checkpoint=publication.checkpoint,
        submission=cell.submission_id,
        reason=change.cause.value,
        before={"score": str(before.score) if before else None},
        after={"score": str(change.after), "result": cell.result_id},
    )


def _same(shown: Shown, cell: Cell, score: Score) -> bool:
    """Whether the student would see no difference: the same score, from the same attempt and result."""
    here = (cell.submission_id, cell.result_id)
    return (shown.submission_id, shown.result_id) == here and shown.says(score.final, score.pending)


def _cause(cell: Cell, score: Score) -> Cause:
    if cell.published is None:
        return Cause.FIRST
    if score.overridden:
        return Cause.OVERRIDE
    if cell.published.submission_id != cell.submission_id:
        return Cause.ATTEMPT
    if cell.published.result_id != cell.result_id:
        return Cause.GRADERS
    return Cause.OTHER


_Pair = tuple[int | None, int | None]
_Earned = tuple[Decimal, Verdict]


def _test_changes(
    session: Session, pairs: Iterable[tuple[Shown | None, int | None]]
) -> dict[_Pair, tuple[TestChange, ...]]:
    """Return the tests that differ between the results of each pair, in the graders' order. One query."""
    wanted: set[_Pair] = {
        (shown.result_id, after)
        for shown, after in pairs
        if shown is not None and shown.result_id is not None and after is not None and shown.result_id != after
    }
    ids = {id_ for pair in wanted for id_ in pair}
    outcomes: dict[int | None, dict[str, _Earned]] = defaultdict(dict)
    titles: dict[str, str] = {}
    for result, test, title, earned, verdict in session.execute(
        select(OutcomeRow.result_id, GraderTest.test, GraderTest.title, OutcomeRow.earned, OutcomeRow.verdict)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .join(ResultRow, (ResultRow.id == OutcomeRow.result_id) & (ResultRow.counts == OutcomeRow.mode))
        .where(OutcomeRow.result_id.in_(ids))
        .order_by(OutcomeRow.result_id, OutcomeRow.position)
    ):
        outcomes[result][test] = (earned, verdict)
        titles[test] = title
    return {(old, new): tuple(_differences(outcomes[old], outcomes[new], titles)) for old, new in wanted}


def _differences(
    old: Mapping[str, _Earned], new: Mapping[str, _Earned], titles: Mapping[str, str]
) -> Iterator[TestChange]:
    for test in [*new, *(name for name in old if name not in new)]:
        before, before_verdict = old.get(test, (None, None))
        after, after_verdict = new.get(test, (None, None))
        if before != after:
            yield TestChange(test, titles[test], before, after, before_verdict, after_verdict)


def _token(checkpoint: Checkpoint, never_lowers: bool, changes: Iterable[GradeChange]) -> str:
    facts = [
        f"{change.student} {change.cell.submission_id} {change.cell.result_id} {change.before} {change.after} "
        f"{change.pending}"
        for change in changes
    ]
    return hashlib.sha256("\n".join([checkpoint.slug, str(never_lowers), *sorted(facts)]).encode()).hexdigest()
