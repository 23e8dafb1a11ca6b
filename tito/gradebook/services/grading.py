"""Results: which graders are current, what is still to grade, and what grading said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, Literal

from sqlalchemy import Row, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.results import Outcome, Result
from tito.course.verdicts import Verdict
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import (
    CurrentGrader,
    GradedAs,
    GraderTest,
    GraderVersion,
    GradingClaim,
    GradingFault,
    Intake,
    OutcomeRow,
    OutcomeText,
    ResultRow,
    Student,
    Submission,
)
from tito.gradebook.newest import is_current, replaced
from tito.gradebook.work import Work

TEXTS = ("hint", "detail", "counterexample", "frames", "output", "diverged")
"""The fields of an outcome that go to its texts."""


@dataclass(frozen=True, slots=True)
class Task:
    """A submission to grade. `files` maps names to digests in the store; `faults` counts our failed tries so far,
    the last of which was `failed_at`.
    """

    submission_id: int
    student_id: str
    checkpoint: int
    attempt: int
    digest: str
    files: dict[str, Any]
    grader_version_id: int
    faults: int
    failed_at: datetime | None = None


class Recording(Enum):
    """What became of a result that was handed to the gradebook."""

    RECORDED = "recorded"
    ALREADY = "already recorded"
    FAULT = "platform fault"


def register_graders(work: Work, checkpoint: Checkpoint, digest: str, *, note: str = "") -> int:
    """Make these graders the current ones of a checkpoint; return the grader version's id.

    New to the gradebook or not: going back to an earlier digest finds its results again.
    """
    work.alone_on(GraderVersion)
    version = work.session.scalar(
        select(GraderVersion).where(GraderVersion.checkpoint == checkpoint.number, GraderVersion.digest == digest)
    )
    if version is None:
        version = GraderVersion(
            checkpoint=checkpoint.number,
            digest=digest,
            note=note,
            registered_at=work.now,
            registered_by=work.actor,
        )
        work.session.add(version)
        work.session.flush()
    current = work.session.get(CurrentGrader, checkpoint.number)
    if current is not None and current.grader_version_id == version.id:
        work.unaudited()
        return version.id
    before = None if current is None else {"grader_version": current.grader_version_id}
    if current is None:
        work.session.add(CurrentGrader(checkpoint=checkpoint.number, grader_version_id=version.id))
    else:
        current.grader_version_id = version.id
    work.audit(
        "graders.register",
        checkpoint=checkpoint.number,
        reason=note,
        before=before,
        after={"grader_version": version.id, "digest": digest},
    )
    return version.id


def to_grade(
    session: Session,
    *,
    checkpoints: Collection[int] | None = None,
    students: Collection[str] | None = None,
    attempts: Literal["latest", "all"] = "latest",
    again: bool = False,
) -> list[Task]:
    """Return the accepted submissions that have no result under the current graders, oldest first.

    `attempts` "latest" leaves out attempts that a newer one replaced. `again` gives those with a result too
    (to
    compare a replay with what is stored; recording it again changes nothing). One query.
    """
    failed = (
        GradingFault.submission_id == Submission.id,
        GradingFault.grader_version_id == CurrentGrader.grader_version_id,
    )
    query = (
        select(
            Submission.id,
            Student.student_id,
            Submission.checkpoint,
            Submission.attempt,
            Submission.digest,
            Submission.files,
            CurrentGrader.grader_version_id,
            select(func.count(GradingFault.id)).where(*failed).scalar_subquery(),
            select(func.max(GradingFault.at)).where(*failed).scalar_subquery(),
        )
        .join(Student, Student.id == Submission.student_id)
        .join(CurrentGrader, CurrentGrader.checkpoint == Submission.checkpoint)
        .where(Submission.status == Intake.ACCEPTED)
        .order_by(Submission.received_at, Submission.id)
    )
    if not again:
        query = query.outerjoin(ResultRow, is_current()).where(ResultRow.id.is_(None))
    if attempts == "latest":
        query = query.where(~replaced())
    if checkpoints is not None:
        query = query.where(Submission.checkpoint.in_(checkpoints))
    if students is not None:
        query = query.where(Student.student_id.in_(students))
    return [
        Task(id_, student, checkpoint, attempt or 0, digest, files, version, faults or 0, failed_at)
        for id_, student, checkpoint, attempt, digest, files, version, faults, failed_at in session.execute(query)
    ]


def newest_digests(session: Session, students: Collection[str]) -> dict[str, dict[int, str]]:
    """Return, for each of these students, the digest of the newest accepted attempt at each checkpoint. One query."""
    query = (
        select(Student.student_id, Submission.checkpoint, Submission.digest)
        .join(Student, Student.id == Submission.student_id)
        .where(Submission.status == Intake.ACCEPTED, Student.student_id.in_(students), ~replaced())
    )
    newest: dict[str, dict[int, str]] = {student: {} for student in students}
    for student, checkpoint, digest in session.execute(query):
        newest[student][checkpoint] = digest
    return newest


def claim(work: Work, tasks: Iterable[Task], *, holder: str, lasts: timedelta) -> list[Task]:
    """Promise to grade these; return those that nobody else has promised at this moment.

    A promise lapses after `lasts` (a lane that was killed frees its work by itself); the same holder may
    renew it.
    """
    work.unaudited()
    work.alone_on(GradingClaim)
    taken = []
    for task in tasks:
        held = work.session.get(GradingClaim, (task.submission_id, task.grader_version_id))
        if held is not None and held.holder != holder and held.expires_at > work.now:
            continue
        if held is None:
            held = GradingClaim(submission_id=task.submission_id, grader_version_id=task.grader_version_id)
            work.session.add(held)
        held.holder, held.expires_at = holder, work.now + lasts
        taken.append(task)
    return taken


def release(work: Work, *, holder: str) -> None:
    """Give back all promises of this holder."""
    work.unaudited()
    work.session.execute(delete(GradingClaim).where(GradingClaim.holder == holder))


def record_result(work: Work, submission_id: int, result: Result) -> Recording:
    """Store a result under the grader version that its receipt names.

    Once per submission and grader version: who comes second changes nothing. A result with a platform fault
    becomes a
    recorded fault and no score, and the submission stays to be graded. Raises GradebookError when the result
    is not
    about this submission, or its graders were never registered.
    """
    # Locked on PostgreSQL (SQLite has one writer): two lanes with the same result come one after the other.
    submission = work.session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise GradebookError(f"there is no submission number {submission_id}")
    version = _version_for(work.session, submission, result)
    work.session.execute(
        delete(GradingClaim).where(
            GradingClaim.submission_id == submission_id, GradingClaim.grader_version_id == version.id
        )
    )
    about = {
        "student": submission.student_id,
        "checkpoint": submission.checkpoint,
        "submission": submission_id,
    }
    if result.faulted:
        detail = "\n".join(
            f"{outcome.test} ({outcome.mode}): {outcome.detail}"
            for outcome in result.outcomes
            if outcome.verdict is Verdict.PLATFORM_FAULT
        )
        record_fault(work, submission_id, version.id, detail)
        return Recording.FAULT
    known = work.session.scalar(
        select(ResultRow.id).where(ResultRow.submission_id == submission_id, ResultRow.grader_version_id == version.id)
    )
    if known is not None:
        work.unaudited()
        return Recording.ALREADY
    row = ResultRow(
        submission_id=submission_id,
        grader_version_id=version.id,
        earned=result.earned,
        possible=result.possible,
        counts=GradedAs(result.counts),
        receipt=result.receipt.to_json(),
        tier=result.receipt.tier,
        seconds=result.seconds,
        notes=list(result.notes),
        extra=result.extra,
        graded_at=work.now,
        graded_by=work.actor,
    )
    work.session.add(row)
    work.session.flush()
    _store_outcomes(work.session, row.id, version.id, result.outcomes)
    work.audit(
        "result.record",
        student=about["student"],
        checkpoint=about["checkpoint"],
        submission=about["submission"],
        after={"result": row.id, "graders": version.digest, "earned": row.earned, "possible": row.possible},
    )
    return Recording.RECORDED


def record_fault(work: Work, submission_id: int, grader_version_id: int, detail: str) -> None:
    """Record that we failed to grade a submission; it stays to be graded and costs the student nothing."""
    submission = work.session.get_one(Submission, submission_id)
    work.session.add(
        GradingFault(
            submission_id=submission_id,
            grader_version_id=grader_version_id,
            at=work.now,
            by=work.actor,
            detail=detail,
        )
    )
    work.audit(
        "result.fault",
        student=submission.student_id,
        checkpoint=submission.checkpoint,
        submission=submission_id,
        reason=detail[:500],
    )


def load_result(session: Session, result_id: int) -> Result:
    """Return a stored result as grading made it. Two queries. Raises GradebookError when there is none."""
    found = session.execute(_RESULT, {"result": result_id}).one_or_none()
    if found is None:
        raise GradebookError(f"there is no result number {result_id}")
    row, checkpoint = found
    outcomes = [_outcome_json(line) for line in session.execute(_OUTCOMES, {"result": result_id})]
    return Result.from_json(
        {
            "checkpoint": CHECKPOINTS[checkpoint].slug,
            "receipt": row.receipt,
            "outcomes": outcomes,
            "notes": row.notes,
            "seconds": row.seconds,
            "counts": row.counts.value,
            "extra": row.extra,
        }
    )


_RESULT: Final = (
    select(ResultRow, Submission.checkpoint)
    .join(Submission, Submission.id == ResultRow.submission_id)
    .where(ResultRow.id == bindparam("result"))
)
# Columns and no objects: a result has forty outcomes or more, and each would be two.
_OUTCOMES: Final = (
    select(
        GraderTest.test,
        GraderTest.title,
        GraderTest.public,
        GraderTest.cell,
        OutcomeRow.mode,
        OutcomeRow.verdict,
        OutcomeRow.possible,
        OutcomeRow.earned,
        OutcomeRow.inherited_from,
        OutcomeRow.seconds,
        OutcomeText.texts,
    )
    .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
    .outerjoin(
        OutcomeText,
        (OutcomeText.result_id == OutcomeRow.result_id) & (OutcomeText.position == OutcomeRow.position),
    )
    .where(OutcomeRow.result_id == bindparam("result"))
    .order_by(OutcomeRow.position)
)


def _version_for(session: Session, submission: Submission, result: Result) -> GraderVersion:
    slug = CHECKPOINTS[submission.checkpoint].slug
    if result.checkpoint != slug or result.receipt.submission != submission.digest:
        raise GradebookError(
            f"this result is about another submission than number {submission.id}",
            expected=f"{slug}, digest {submission.digest}",
            where=f"the receipt says {result.checkpoint}, digest {result.receipt.submission}",
        )
    version = session.scalar(
        select(GraderVersion).where(
            GraderVersion.checkpoint == submission.checkpoint, GraderVersion.digest == result.receipt.graders
        )
    )
    if version is None:
        raise GradebookError(
            f"graders {result.receipt.graders[:12]} of {slug} are not registered",
            next_step="run `tito grade` again: graders, notebooks or Tito itself were changed while it graded",
        )
    return version


def _store_outcomes(session: Session, result_id: int, version_id: int, outcomes: Sequence[Outcome]) -> None:
    known = select(GraderTest.test, GraderTest.title, GraderTest.public, GraderTest.cell, GraderTest.id)
    tests = {
        (name, title, public, cell): test_id
        for name, title, public, cell, test_id in session.execute(
            known.where(GraderTest.grader_version_id == version_id)
        )
    }
    rows, texts = [], []
    for position, outcome in enumerate(outcomes):
        plate = (outcome.test, outcome.title, outcome.public, outcome.cell or "")
        if plate not in tests:
            test = GraderTest(
                grader_version_id=version_id, test=plate[0], title=plate[1], public=plate[2], cell=plate[3]
            )
            session.add(test)
            session.flush()
            tests[plate] = test.id
        rows.append(
            {
                "result_id": result_id,
                "position": position,
                "grader_test_id": tests[plate],
                "mode": GradedAs(outcome.mode),
                "verdict": outcome.verdict,
                "possible": outcome.possible,
                "earned": outcome.earned,
                "inherited_from": outcome.inherited_from,
                "seconds": outcome.seconds,
            }
        )
        if any(getattr(outcome, name) for name in TEXTS):
            told = outcome.to_json()
            said = {name: told[name] for name in TEXTS if told[name]}
            texts.append({"result_id": result_id, "position": position, "texts": said})
    # By the connection: nobody will ask for these rows as objects, and the session's own way costs twice as much.
    connection = session.connection()
    if rows:
        connection.execute(insert(OutcomeRow), rows)
    if texts:
        connection.execute(insert(OutcomeText), texts)


def _outcome_json(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    texts = row.texts or {}
    return {
        "test": row.test,
        "title": row.title,
        "mode": row.mode.value,
        "public": row.public,
        "cell": row.cell or None,
        "verdict": row.verdict.value,
        "possible": str(row.possible),
        "earned": str(row.earned),
        "hint": texts.get("hint", ""),
        "detail": texts.get("detail", ""),
        "counterexample": texts.get("counterexample"),
        "frames": texts.get("frames", []),
        "output": texts.get("output", ""),
        "diverged": texts.get("diverged"),
        "inherited_from": row.inherited_from,
        "seconds": row.seconds,
    }
