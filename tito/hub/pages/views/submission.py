"""One submission: what each test said, the smallest counterexample, the code with marks, and what changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.results import Counterexample, Divergence, Frame, Outcome, Result
from tito.errors import TitoError
from tito.gradebook.errors import GradebookError
from tito.gradebook.handins import last_published
from tito.gradebook.models import PublishedGrade, Submission
from tito.gradebook.queries import Graded, faults_of, find_submission, results_of
from tito.gradebook.services.grading import load_result
from tito.grading.feedback import group_by_cell
from tito.grading.reveal import WITHHELD, put_off, reveal
from tito.hub.pages.asked import Asked, BadRequest, whole
from tito.hub.pages.viewer import Forbidden
from tito.hub.pages.views.answers import AnswerLine, answers
from tito.hub.pages.views.requests import Asking, asking
from tito.notebooks.assemble import assemble, released_modules, solution_modules
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import CellSource, ModuleSource

Against = Literal["", "previous", "release", "solution"]
AGAINST: Final[tuple[Against, ...]] = ("", "previous", "release", "solution")
MOST_LINES: Final = 2000
"""Lines of one notebook's code that are compared; the longest of the course's has 1,100. What a diff costs can grow
with the third power of them: of lines that are made for it, 2,000 take half a second and 3,000 two."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a test ended in one mode, and what there is to show of it."""

    title: str
    verdict: str
    explanation: str
    passed: bool
    earned: Decimal
    possible: Decimal
    hint: str
    detail: str
    counterexample: Counterexample | None
    diverged: Divergence | None
    frames: tuple[Frame, ...]
    output: str
    inherited_from: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A test in both modes; None where it was not run in one."""

    test: str
    anchor: str
    """Where it stands on the page: by its name, or by its place for whom the name is withheld from."""
    public: bool
    isolated: Verdict | None
    cumulative: Verdict | None

    @property
    def passed(self) -> bool:
        """Whether it passed in every mode it was run in."""
        return all(one is None or one.passed for one in (self.isolated, self.cumulative))

    @property
    def title(self) -> str:
        """What the test is about."""
        named = self.isolated or self.cumulative
        assert named is not None  # a line is made of one or both
        return named.title


@dataclass(frozen=True, slots=True)
class Part:
    """The tests of one part of the notebook; points of the mode that counts."""

    title: str
    earned: Decimal
    possible: Decimal
    lines: tuple[Line, ...]

    @property
    def missed(self) -> int:
        """How many of them did not pass in every mode."""
        return sum(not line.passed for line in self.lines)


class CodeLine(NamedTuple):
    """One line of a student's cell. `marks` are the titles of tests whose traceback ends or passes here."""

    number: int
    text: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A cell of the student's notebook that belongs to the package."""

    label: str
    lines: tuple[CodeLine, ...]


class DiffLine(NamedTuple):
    """A line of a comparison: kept, added by this submission, or taken away."""

    kind: Literal["same", "added", "removed", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Diff:
    """The comparison of one module's code; empty where nothing differs."""

    module: str
    lines: tuple[DiffLine, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class OtherResult:
    """A result under other graders."""

    result: int
    graders: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """Everything there is to see of one submission. Points are automatic ones, of the mode that counts."""

    submission: int
    student: str
    name: str
    checkpoint: int
    attempt: int | None
    received_at: datetime
    late_seconds: int
    digest: str
    message: str
    asked: bool
    """Whether the course asks for the checkpoint: one that left the learning path counts for nothing."""
    counts: bool
    score: Fraction | None
    published: Fraction | None
    """The score out of 100 that the student sees, where it comes from this submission."""
    earned: Decimal | None
    possible: Decimal | None
    kept: bool
    """Whether these are an earlier grading's: a regrade lowers nobody by the course's policy."""
    mode: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    receipt: Mapping[str, str]
    results: tuple[OtherResult, ...]
    result: int | None
    faults: tuple[str, ...]
    code: tuple[CodeCell, ...]
    """Empty where a comparison is asked for."""
    code_problem: str
    against: str
    diffs: tuple[Diff, ...]
    answers: tuple[AnswerLine, ...]
    asking: Asking


def view(asked: Asked) -> SubmissionPage:
    """Return the page of submission `{submission}`. Raises GradebookError, BadRequest or Forbidden."""
    number = whole(asked.place["submission"], "submission", least=1)
    against = _against(asked)
    submission, owner = _find(asked, number)
    row = asked.standings.of(owner)
    asked.viewer.require_student(row.student_id, row.section)
    staff = asked.viewer.staff
    checkpoint = CHECKPOINTS[submission.checkpoint]
    results = results_of(asked.session, number) if staff else []
    chosen, published = _chosen_result(asked, number, results)
    result = None if chosen is None else load_result(asked.session, chosen)
    cell = row.cells[checkpoint.number]
    outcomes = () if result is None else _seen(asked, result, checkpoint, cell.due_at)
    modules, problem = _modules(asked.course, checkpoint, submission.digest)
    counts = cell.submission_id == number
    is_shown = cell.published is not None and cell.published.submission_id == number
    own = None if result is None else (result.earned, result.possible)
    points = own
    if published is not None and result is not None:
        points = (published.earned, published.possible)
    elif cell.automatic is not None and chosen == cell.result_id:
        points = (cell.automatic.earned, cell.automatic.possible)
    return SubmissionPage(
        number,
        row.student_id,
        row.name,
        checkpoint.number,
        submission.attempt,
        submission.received_at,
        submission.late_seconds,
        submission.digest,
        submission.message,
        asked.course.asks(checkpoint),
        counts,
        cell.score.final if staff and counts and cell.score is not None else None,
        cell.published.score if cell.published is not None and is_shown else None,
        None if points is None else points[0],
        None if points is None else points[1],
        points != own,
        "isolated" if result is None else result.counts,
        () if result is None else _parts(outcomes, result.counts),
        () if result is None else result.notes,
        {} if result is None else result.receipt.to_json(),
        tuple(OtherResult(*one) for one in results),
        chosen,
        tuple(faults_of(asked.session, number)) if staff else (),
        () if against else _code(modules, outcomes),
        problem,
        against,
        _diffs(asked, submission, checkpoint, modules, against),
        answers(asked, row, [number])[number],
        asking(asked, submission, outcomes, "" if result is None else result.counts, published=is_shown),
    )


def _against(asked: Asked) -> str:
    against = asked.choice("against", AGAINST, "")
    if against == "solution" and not asked.viewer.staff:
        raise Forbidden("the solution is for staff", expected="a comparison with your previous attempt or the release")
    return against


def _find(asked: Asked, number: int) -> tuple[Submission, str]:
    """The submission and its student's id. A student learns nothing of others': not even whether there are any."""
    refused = Forbidden("this submission is not yours to see", expected="one of your own submissions")
    try:
        submission, owner = find_submission(asked.session, number)
    except GradebookError as error:
        raise error if asked.viewer.staff else refused from None
    if not asked.viewer.staff and owner != asked.viewer.name:
        raise refused
    return submission, owner


def _chosen_result(asked: Asked, number: int, results: Sequence[Graded]) -> tuple[int | None, PublishedGrade | None]:
    """The result to show: for a student the published one and its grade, for staff the one asked for or the newest."""
    if not asked.viewer.staff:
        grade = last_published(asked.session, [number]).get(number)
        return (None if grade is None else grade.result_id), grade
    known = [one.result for one in results]
    if not known:
        return None, None
    wanted = asked.number("result", known[-1])
    if wanted not in known:
        raise BadRequest(f"this submission has no result {wanted}", expected=", ".join(map(str, known)))
    return wanted, None


def _seen(asked: Asked, result: Result, checkpoint: Checkpoint, due_at: datetime | None) -> tuple[Outcome, ...]:
    if asked.viewer.staff:
        return result.outcomes
    assessment = asked.course.assessment(checkpoint)
    return reveal(result.outcomes, assessment.reveal, asked.now, put_off(assessment, due_at))


def _parts(outcomes: Sequence[Outcome], counts: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    for group in group_by_cell(outcomes):
        # Both modes list their tests in the same order; a student sees no names of hidden ones to pair them by.
        isolated = [one for one in group.outcomes if one.mode == "isolated"]
        cumulative = [one for one in group.outcomes if one.mode == "cumulative"]
        counted = isolated if counts == "isolated" else cumulative
        parts.append(
            Part(
                group.title,
                sum((one.earned for one in counted), Decimal(0)),
                sum((one.possible for one in counted), Decimal(0)),
                tuple(_lines(isolated, cumulative, len(parts))),
            )
        )
    return tuple(parts)


def _lines(isolated: Sequence[Outcome], cumulative: Sequence[Outcome], part: int) -> Iterable[Line]:
    for number in range(max(len(isolated), len(cumulative))):
        one = isolated[number] if number < len(isolated) else None
        other = cumulative[number] if number < len(cumulative) else None
        named = one or other
        assert named is not None  # the range ends with the longer of the two
        anchor = f"test-{part}-{number}" if named.test == WITHHELD else f"test-{named.test}"
        yield Line(named.test, anchor, named.public, _verdict(one), _verdict(other))


def _verdict(outcome: Outcome | None) -> Verdict | None:
    if outcome is None:
        return None
    return Verdict(
        outcome.title,
        outcome.verdict.title,
        outcome.verdict.explanation,
        outcome.verdict.value == "passed",
        outcome.earned,
        outcome.possible,
        outcome.hint,
        outcome.detail,
        outcome.counterexample,
        outcome.diverged,
        outcome.frames,
        outcome.output,
        outcome.inherited_from,
    )


def _modules(course: Course, checkpoint: Checkpoint, digest: str) -> tuple[tuple[ModuleSource, ...], str]:
    """The student's code, or why there is none: a hand-in that was refused may hold anything."""
    try:
        structure = AssignmentStructure.read(course, checkpoint)
        return assemble(structure, Store(course.paths.store).get(digest)).modules, ""
    except TitoError as error:
        return (), str(error)


def _code(modules: Sequence[ModuleSource], outcomes: Sequence[Outcome]) -> tuple[CodeCell, ...]:
    marks: dict[str, dict[int, dict[str, None]]] = {}
    for outcome in outcomes:
        for frame in outcome.frames:
            marks.setdefault(frame.where, {}).setdefault(frame.line, {})[outcome.title] = None
    return tuple(_code_cell(cell, marks.get(cell.label, {})) for module in modules for cell in module.cells)


def _code_cell(cell: CellSource, marks: Mapping[int, Iterable[str]]) -> CodeCell:
    texts = enumerate(cell.source.split("\n"), 1)
    return CodeCell(cell.label, tuple(CodeLine(number, text, tuple(marks.get(number, ()))) for number, text in texts))


def _diffs(
    asked: Asked, submission: Submission, checkpoint: Checkpoint, modules: Sequence[ModuleSource], against: str
) -> tuple[Diff, ...]:
    if not against:
        return ()
    others = _other(asked.session, asked.course, submission, checkpoint, against)
    by_name = {module.name: module for module in others}
    return tuple(
        _diff(module.name, by_name[module.name].cells if module.name in by_name else (), module.cells)
        for module in modules
    )


def _other(
    session: Session, course: Course, submission: Submission, checkpoint: Checkpoint, against: str
) -> tuple[ModuleSource, ...]:
    if against == "release":
        return released_modules(course, checkpoint)
    if against == "solution":
        return solution_modules(course, checkpoint)
    if submission.attempt is None or submission.attempt == 1:
        raise BadRequest("there is no attempt before this one", expected="against=release")
    place = {"student": submission.student_id, "checkpoint": submission.checkpoint, "attempt": submission.attempt - 1}
    previous = session.scalar(_DIGEST, place)
    modules, problem = _modules(course, checkpoint, previous or "")
    if problem:
        raise BadRequest(f"the attempt before this one cannot be read: {problem}")
    return modules


_DIGEST: Final = select(Submission.digest).where(
    Submission.student_id == bindparam("student"),
    Submission.checkpoint == bindparam("checkpoint"),
    Submission.attempt == bindparam("attempt"),
)


def _diff(name: str, old: Sequence[CellSource], new: Sequence[CellSource]) -> Diff:
    before, after = _text(old), _text(new)
    if max(len(before), len(after)) > MOST_LINES:
        return Diff(name, (), f"more than {MOST_LINES} lines are not compared")
    return Diff(name, _compared(tuple(before), tuple(after)))


@lru_cache(maxsize=32)  # all pages wait for it: who looks again, and again, has it for nothing
def _compared(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[DiffLine, ...]:
    lines = []
    for line in list(difflib.unified_diff(before, after, n=3, lineterm=""))[2:]:
        kind: Literal["same", "added", "removed", "gap"] = "same"
        if line.startswith("@@"):
            kind, line = "gap", " "
        elif line.startswith("+"):
            kind = "added"
        elif line.startswith("-"):
            kind = "removed"
        lines.append(DiffLine(kind, line[1:]))
    return tuple(lines)


def _text(cells: Sequence[CellSource]) -> list[str]:
    """The lines of a module, cells apart by an empty line: their numbers differ between the notebooks compared."""
    lines: list[str] = []
    for cell in cells:
        lines += [*cell.source.rstrip("\n").split("\n"), ""]
    return lines
