"""Grades one submission: assembles the programs, runs the suite in both modes, finds whom a failure comes from."""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.course.limits import Limits
from tito.course.results import Mode, Outcome, Receipt, Result
from tito.course.verdicts import Verdict
from tito.errors import TitoError
from tito.grading.cells import PRELUDE, TestCell
from tito.grading.confirm import with_causes
from tito.grading.deal import DEALS, Dealer, NumberedDealer
from tito.grading.deck import deck_folder
from tito.grading.defining import places
from tito.grading.graded import GradedTest
from tito.grading.judge import PATIENCE, SubmissionJudge
from tito.grading.reference import Reference
from tito.grading.show import cap
from tito.grading.suite import Suite
from tito.grading.trial import GraderError
from tito.grading.version import environment_digest, graded_checkpoints, grader_version, reference_digest
from tito.notebooks.assemble import solution_modules
from tito.notebooks.files import cannot_use
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import CellError, ModuleSource, Program
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier

Modules = tuple[ModuleSource, ...]

_REHEARSED = b"audits of the graders"


@dataclass(frozen=True)
class Plan:
    """What grading a checkpoint needs and every submission shares."""

    checkpoint: Checkpoint
    structure: AssignmentStructure
    version: str
    reference: str
    scenarios: str
    solutions: dict[int, Modules]
    dealer: Dealer
    limits: Limits
    counts: Mode


class Grader:
    """Holds the sandboxes and the deals of some checkpoints; a context manager, used inside `with_suite`."""

    def __init__(
        self,
        course: Course,
        suite: Suite,
        tier: Tier,
        *,
        deals: int = DEALS,
        search: bool = True,
        rehearsal: bool = False,
    ) -> None:
        """A `rehearsal` grades with a secret that is none, so that it meets the same inputs in every clone."""
        self._course = course
        self._suite = suite
        self._tier = tier
        self._deals = deals
        self._search = search
        self._reference = reference()
        self._secret = _REHEARSED if rehearsal else course_secret(course.paths.secret)
        self._kind = "rehearsals" if rehearsal else "deals"
        self._plans: dict[int, Plan] = {}
        self._sandboxes: dict[Limits, Sandbox] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restart()

    def restart(self) -> None:
        """Close all sandboxes; the next submission gets fresh ones."""
        while self._sandboxes:
            self._sandboxes.popitem()[1].__exit__(None, None, None)

    def plan(self, checkpoint: Checkpoint) -> Plan:
        """Return what all submissions of a checkpoint share. Raises TitoError for graders or notebooks in disorder."""
        if checkpoint.number not in self._plans:
            course = self._course
            assessment = course.assessment(checkpoint)
            version = grader_version(course, checkpoint)
            scenarios = (course.paths.graders / checkpoint.slug / "scenarios.py").read_text(encoding="utf-8")
            self._plans[checkpoint.number] = Plan(
                checkpoint=checkpoint,
                structure=AssignmentStructure.read(course, checkpoint),
                version=version,
                scenarios=scenarios,
                reference=reference_digest(course.root),
                solutions={cp.number: solution_modules(course, cp) for cp in graded_checkpoints(course, checkpoint)},
                dealer=Dealer(
                    self._reference,
                    self._secret,
                    version,
                    deals=self._deals,
                    folder=deck_folder(course, checkpoint, version, self._kind),
                ),
                limits=assessment.limits,
                counts=assessment.counts,
            )
        return self._plans[checkpoint.number]

    def prepare(self, checkpoint: Checkpoint, number: int) -> None:
        """Draw one deal of every test of a checkpoint, so that no submission waits for it. Raises GraderError."""
        self._suite.run(checkpoint.slug, _Preparation(self.plan(checkpoint).dealer, number))

    def grade(
        self,
        checkpoint: Checkpoint,
        submission: str,
        modules: Modules,
        earlier: Mapping[int, Modules],
        notes: Sequence[str] = (),
        *,
        public_only: bool = False,
    ) -> Result:
        """Grade a submission, named by its digest. `earlier` has the student's own modules of earlier checkpoints.

        With `public_only` the result holds the notebook's own test cells alone, which makes it no grade.
        Raises SandboxFault for a fault of the platform and GraderError for one of the graders; never for the student.
        """
        started = time.perf_counter()
        plan = self.plan(checkpoint)
        programs = {
            "isolated": self._program(plan, modules, {}),
            "cumulative": self._program(plan, modules, earlier),
        }
        only = self._suite.public_cells(checkpoint.slug) if public_only else None
        isolated, told = self._run(plan, submission, programs["isolated"], "isolated", only)
        if programs["cumulative"] == programs["isolated"]:
            cumulative = tuple(replace(outcome, mode="cumulative") for outcome in isolated)
        else:
            cumulative, _ = self._run(plan, submission, programs["cumulative"], "cumulative", only)
            cumulative = self._blame(plan, submission, modules, earlier, isolated, cumulative)
        return Result(
            checkpoint=checkpoint.slug,
            receipt=Receipt(
                submission=submission,
                graders=plan.version,
                reference=plan.reference,
                environment=environment_digest(self._tier.label),
                seed=plan.dealer.seed_of(submission),
                tier=self._tier.label,
            ),
            outcomes=isolated + cumulative,
            notes=(*notes, *told),
            seconds=round(time.perf_counter() - started, 6),
            counts=plan.counts,
        )

    def rehearse(
        self,
        checkpoint: Checkpoint,
        modules: Modules,
        number: int,
        *,
        until_refuted: bool = False,
        spare_lengthy: bool = False,
    ) -> tuple[Outcome, ...]:
        """Grade a program of the course's own under deal `number`, in isolation; for audits, which make no results.

        `until_refuted` stops after the first test that is not passed; `spare_lengthy` then leaves out only the tests
        that take seconds. Such a test has few deals of its own, which come again. Raises as `grade` does.
        """
        plan = self.plan(checkpoint)
        judge = SubmissionJudge(
            self._sandbox(plan.limits),
            self._program(plan, modules, {}),
            plan.scenarios,
            NumberedDealer(plan.dealer, number),
            "",
            "isolated",
            plan.limits,
            search=False,
        )
        # Those that take seconds come last, wherever they stand: most mistakes are refuted before.
        tests = sorted(self._suite.chosen(checkpoint.slug), key=lambda test: test[1].lengthy)
        refuted = False
        try:
            judge.expect(tests)
            for test in tests:
                if refuted and (until_refuted or (spare_lengthy and test[1].lengthy)):
                    break
                refuted |= judge.grade(*test).verdict is not Verdict.PASSED
        finally:
            judge.close()
        return tuple(judge.outcomes)

    def _program(self, plan: Plan, modules: Modules, earlier: Mapping[int, Modules]) -> Program:
        """The solutions of earlier checkpoints, replaced by the student's where given, then the student's modules."""
        before = [
            module
            for number, solution in plan.solutions.items()
            if number < plan.checkpoint.number
            for module in earlier.get(number, solution)
        ]
        return Program((*before, *modules), PRELUDE)

    def _run(
        self,
        plan: Plan,
        submission: str,
        program: Program,
        mode: Mode,
        only: frozenset[str] | None = None,
        *,
        search: bool | None = None,
    ) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
        """The outcomes, and what there is to say about loading the program."""
        judge = SubmissionJudge(
            self._sandbox(plan.limits),
            program,
            plan.scenarios,
            plan.dealer,
            submission,
            mode,
            plan.limits,
            search=self._search if search is None else search,
            places=places(plan.structure),
        )
        try:
            judge.expect(self._suite.chosen(plan.checkpoint.slug, only))
            self._suite.run(plan.checkpoint.slug, judge, only)
        finally:
            judge.close()
        notes = [_cell_note(error) for error in judge.load_errors]
        if judge.load_death is not None:
            notes.append(f"the notebook could not be loaded, so no test was run: {cap(judge.load_death.detail, 300)}")
        # Where some tests alone were run, nothing says whether the hidden ones would confirm the public ones.
        outcomes = judge.evidence.settled(judge.outcomes) if only is None else tuple(judge.outcomes)
        return outcomes, tuple(notes)

    def _sandbox(self, limits: Limits) -> Sandbox:
        if limits not in self._sandboxes:
            self._sandboxes[limits] = Sandbox(self._tier, limits).__enter__()
        return self._sandboxes[limits]

    def _blame(
        self,
        plan: Plan,
        submission: str,
        modules: Modules,
        earlier: Mapping[int, Modules],
        isolated: tuple[Outcome, ...],
        cumulative: tuple[Outcome, ...],
    ) -> tuple[Outcome, ...]:
        """Name, for each test that fails in the cumulative run only, the earlier checkpoint that makes it fail.

        That is the first one whose modules alone, with all others from the solutions, make the test fail; where it
        takes several together, the last one that was added.
        """
        passed = {outcome.test for outcome in isolated if outcome.verdict is Verdict.PASSED}
        open_ = {o.test for o in cumulative if o.verdict is not Verdict.PASSED and o.test in passed}
        cause: dict[str, int] = {}
        # As long again as both runs may take, and no longer: a program that hangs in each of these would hold the lane.
        until = time.monotonic() + 2 * PATIENCE * plan.limits.wall_seconds
        for number in sorted(earlier):
            if not open_ - cause.keys() or time.monotonic() > until:
                break
            only = frozenset(open_ - cause.keys())
            program = self._program(plan, modules, {number: earlier[number]})
            outcomes, _ = self._run(plan, submission, program, "cumulative", only, search=False)
            cause |= {o.test: number for o in outcomes if o.verdict is not Verdict.PASSED}
        last = max(earlier, default=None)
        blamed = (
            replace(outcome, inherited_from=cause.get(outcome.test, last)) if outcome.test in open_ else outcome
            for outcome in cumulative
        )
        return with_causes(blamed, isolated)


class _Preparation:
    """Stands where a submission's judge stands, and only has the deal drawn."""

    def __init__(self, dealer: Dealer, number: int) -> None:
        self._dealer = dealer
        self._number = number

    def grade(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any]) -> None:
        """Draw the deal, or find it drawn."""
        self._dealer.make(test_id, test, fixed, self._number)


def test_cells(structure: AssignmentStructure) -> list[TestCell]:
    """The test cells of an assignment as public tests; the title is the comment on the cell's first line.

    Raises GraderError for a cell that hides a part of itself from students: all of a public test is shown at once.
    """
    cells = []
    for book in structure.notebooks:
        for cell in book.tests:
            if cell.grade_id is None or cell.points is None:
                continue
            if cell.source != cell.released:
                raise GraderError(
                    "a region of hidden tests stands in a public test cell",
                    where=f"{structure.checkpoint}/{book.file}, cell {cell.grade_id!r}",
                    expected="hidden tests in graders/, which never reach the student's process",
                    next_step="Move them into a hidden grader with cell= this cell's grade_id; see docs/graders.md.",
                )
            title = _title(cell.grade_id)
            cells.append(TestCell(cell.grade_id, book.module, cell.source, title, cell.points))
    return cells


test_cells.__test__ = False  # type: ignore[attr-defined]  # the name is the course's word, not a pytest test


def reference() -> Reference:
    """The course's reference, `tinytorch_ref`."""
    return Reference(importlib.import_module("tinytorch_ref"))


def course_secret(path: Path) -> bytes:
    """Return the course's secret of 32 bytes; made on first use, readable by its owner only.

    Raises TitoError when it cannot be read or made, or is not what we made.
    """
    try:
        if not path.exists():
            _make_secret(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise cannot_use(path, error) from error
    except ValueError:  # neither ASCII nor hexadecimal
        secret = b""
    if len(secret) != 32:
        raise TitoError(
            "the course's secret is damaged",
            where=str(path),
            expected="32 bytes in hexadecimal",
            next_step="Restore the file from a backup; a new secret would change every student's inputs.",
        )
    return secret


def _make_secret(path: Path) -> None:
    """A link appears with its content or not at all, so that two processes at once agree on one secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _title(grade_id: str) -> str:
    return f"The notebook's checks of {grade_id.removeprefix('test-').replace('-', ' ')}"


def _cell_note(error: CellError) -> str:
    line = f", line {error.line}" if error.line else ""
    message = error.message.removesuffix(f" ({error.label}{line})")  # Python says it of a syntax error once more
    return f"{cap(error.label, 200)}{line} did not run: {cap(error.type, 100)}: {cap(message, 300)}"
