"""Who has fallen behind, by the rules that the instructor sets, each with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from tito.course.points import show
from tito.course.policies import RiskPolicy
from tito.course.verdicts import Verdict
from tito.gradebook.models import GradedAs, GraderTest, Intake, OutcomeRow, ResultRow, Submission
from tito.gradebook.standing import StudentRow

Rule = Literal["missing", "falling", "stuck"]


class Stuck(NamedTuple):
    """Tests that failed in each of the newest attempts at a checkpoint; `submission` is the last of those."""

    checkpoint: int
    tests: int
    """How many."""
    test: str
    """The first of them."""
    title: str
    attempts: int
    submission: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: a submission (None: the student's record at the checkpoint), and a test in it (empty: all)."""

    checkpoint: int
    submission: int | None = None
    test: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """One rule that holds for a student. `evidence` says what is there to see in `places`."""

    rule: Rule
    places: tuple[Place, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A student and every rule that holds for them."""

    row: StudentRow
    signs: tuple[Sign, ...]


def at_risk(rows: Iterable[StudentRow], stuck: Mapping[int, Sequence[Stuck]], policy: RiskPolicy) -> tuple[AtRisk, ...]:
    """Return the students for whom a rule holds, those with most signs first. `stuck` is by the student's row id."""
    found = [AtRisk(row, tuple(_signs(row, stuck.get(row.id, ()), policy))) for row in rows]
    return tuple(sorted((one for one in found if one.signs), key=lambda one: -len(one.signs)))


def stuck_tests(session: Session, attempts: int) -> dict[int, list[Stuck]]:
    """Return, by the student's row id, where tests failed in each of the newest `attempts` at a checkpoint.

    The isolated run decides: what is inherited from an earlier checkpoint is looked for there. Two queries.
    """
    place = (Submission.student_id, Submission.checkpoint)
    newest_result = (
        select(ResultRow.submission_id, func.max(ResultRow.id).label("result_id"))
        .group_by(ResultRow.submission_id)
        .subquery()
    )
    ranked = (
        select(
            *place,
            Submission.id.label("submission_id"),
            newest_result.c.result_id,
            func.row_number().over(partition_by=place, order_by=Submission.attempt.desc()).label("back"),
        )
        .join(newest_result, newest_result.c.submission_id == Submission.id)
        .where(Submission.status == Intake.ACCEPTED)
        .subquery()
    )
    last = func.max(case((ranked.c.back == 1, ranked.c.submission_id)))
    failed = (
        select(ranked.c.student_id, ranked.c.checkpoint, GraderTest.test, last.label("last"))
        .join(OutcomeRow, OutcomeRow.result_id == ranked.c.result_id)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .where(
            ranked.c.back <= attempts,
            OutcomeRow.mode == GradedAs.ISOLATED,
            OutcomeRow.verdict.not_in([Verdict.PASSED, Verdict.PLATFORM_FAULT]),
        )
        .group_by(ranked.c.student_id, ranked.c.checkpoint, GraderTest.test)
        .having(func.count() == attempts)
        .subquery()
    )
    there = (failed.c.student_id, failed.c.checkpoint)
    query = (
        select(*there, func.count(), func.min(failed.c.test), func.max(failed.c.last)).group_by(*there).order_by(*there)
    )
    titles = dict(session.execute(select(GraderTest.test, GraderTest.title).order_by(GraderTest.id)).all())
    found: dict[int, list[Stuck]] = defaultdict(list)
    for student, checkpoint, tests, first, submission in session.execute(query):
        found[student].append(Stuck(checkpoint, tests, first, titles[first], attempts, submission))
    return dict(found)


def _signs(row: StudentRow, stuck: Sequence[Stuck], policy: RiskPolicy) -> Iterable[Sign]:
    missing = tuple(cell.checkpoint for cell in row.cells if cell.overdue and cell.score is None)
    if policy.missing is not None and len(missing) >= policy.missing:
        names = ", ".join(f"{number:02}" for number in missing)
        told = f"{len(missing)} checkpoints are due and were not handed in: {names}"
        yield Sign("missing", tuple(map(Place, missing)), told)
    if policy.falling is not None:
        yield from _falling(row, policy.falling, policy)
    for one in stuck:
        more = f", and {one.tests - 1} more" if one.tests > 1 else ""
        told = f"the last {one.attempts} attempts at {one.checkpoint:02} all failed {one.title!r}{more}"
        yield Sign("stuck", (Place(one.checkpoint, one.submission, one.test),), told)


def _falling(row: StudentRow, count: int, policy: RiskPolicy) -> Iterable[Sign]:
    # A score with a written part still open is lower than it will be: it is no sign of anything.
    scores = [
        (Place(cell.checkpoint, cell.submission_id), cell.score.final)
        for cell in row.cells
        if cell.score is not None and cell.score.complete
    ][-count:]
    if len(scores) < count:
        return
    falls = all(later < earlier for (_, earlier), (_, later) in pairwise(scores))
    if falls and scores[0][1] - scores[-1][1] >= policy.falling_points:
        told = " → ".join(f"{show(score, 0)} ({place.checkpoint:02})" for place, score in scores)
        yield Sign("falling", tuple(place for place, _ in scores), f"scores fall: {told}")
