"""Grades the graders: do they catch every named mistake, and leave every correct program alone?"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from tito.course.checkpoints import Checkpoint, find_module
from tito.course.config import Course
from tito.course.results import Outcome, Result
from tito.course.verdicts import Verdict
from tito.errors import TitoError
from tito.grading.authoring import Mutant, Variant
from tito.grading.grader import Grader, Modules, reference, test_cells
from tito.grading.suite import Suite, with_suite
from tito.grading.trial import GraderError
from tito.notebooks.assemble import released_modules, solution_modules
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import CellSource, ModuleSource
from tito.sandbox.tiers import Tier

ROUNDS = 3
"""Each program is graded under this many deals: a mutant must fall and a correct program must stand in all of them."""


@dataclass(frozen=True, slots=True)
class MutantReport:
    """A named mistake and the tests that caught it in every round in which they were asked.

    `survived` is the number of rounds it got through.
    """

    name: str
    mistake: str
    killed_by: tuple[str, ...]
    survived: int


@dataclass(frozen=True, slots=True)
class VariantReport:
    """A correct program and the tests that wrongly failed it."""

    name: str
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found. `solution` and `released` are points out of `possible`."""

    checkpoint: str
    tests: int
    possible: Decimal
    solution: Decimal
    released: Decimal
    mutants: tuple[MutantReport, ...]
    variants: tuple[VariantReport, ...]

    @property
    def survivors(self) -> tuple[MutantReport, ...]:
        """Mistakes that the graders would let through."""
        return tuple(mutant for mutant in self.mutants if mutant.survived)

    @property
    def false_alarms(self) -> tuple[VariantReport, ...]:
        """Correct programs that the graders would mark down."""
        return tuple(variant for variant in self.variants if variant.alarms)

    @property
    def passed(self) -> bool:
        """No survivor, no false alarm, full marks for the solution, nothing for an untouched release."""
        honest = self.solution == self.possible and self.released == 0
        return honest and not self.survivors and not self.false_alarms

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        points = {name: str(getattr(self, name)) for name in ("possible", "solution", "released")}
        return asdict(self) | points | {"passed": self.passed}


Progress = Callable[[str], None]


def audit(
    course: Course,
    checkpoint: Checkpoint,
    tier: Tier,
    *,
    rounds: int = ROUNDS,
    progress: Progress = lambda _: None,
) -> AuditReport:
    """Grade the solution, the release, every mutant and every variant of a checkpoint.

    `progress` is told each program's name before it runs. Raises GraderError for a catalogue that does not fit.
    """
    structure = AssignmentStructure.read(course, checkpoint)
    reports: list[AuditReport] = []

    def work(suite: Suite) -> None:
        with Grader(course, suite, tier, search=False, rehearsal=True) as grader:
            reports.append(_audit(course, checkpoint, grader, rounds, progress))

    with_suite(course.root, {checkpoint.slug: test_cells(structure)}, reference().package, work)
    return reports[0]


def load_catalogue(course: Course, checkpoint: Checkpoint) -> tuple[list[Mutant], list[Variant]]:
    """Return the checkpoint's MUTANTS and CORRECT lists. Raises GraderError when the file lacks them."""
    path = course.paths.graders / checkpoint.slug / "mutants.py"
    module = _load(path)
    try:
        return list(module.MUTANTS), list(module.CORRECT)
    except AttributeError as error:
        raise GraderError(
            f"the catalogue lacks a list: {error}",
            where=str(path),
            expected="MUTANTS = [Mutant(...), ...] and CORRECT = [Variant(...), ...]",
            next_step="See docs/graders.md, section on the audit.",
        ) from error


def mutated(mutant: Mutant, modules: Modules) -> Modules:
    """Return the solution with one mistake in it. Raises GraderError unless `old` is found exactly once."""
    name = find_module(mutant.module).export
    found = sum(cell.source.count(mutant.old) for module in modules if module.name == name for cell in module.cells)
    if found != 1:
        raise GraderError(
            f"mutant {mutant.name!r}: its old text is found {found} times in {name}",
            where="mutants.py",
            expected="a text that stands exactly once in the exported cells of the solution",
            next_step="Copy the text anew from reference_impl.",
        )
    return tuple(
        replace(module, cells=tuple(_replaced(cell, mutant) for cell in module.cells))
        if module.name == name
        else module
        for module in modules
    )


def variant_modules(course: Course, checkpoint: Checkpoint, variant: Variant, modules: Modules) -> Modules:
    """Return the solution with one module replaced by a correct program that is built differently."""
    path = course.paths.graders / checkpoint.slug / "correct" / variant.path
    name = find_module(variant.module).export
    other = ModuleSource(name, (CellSource(variant.path, path.read_text(encoding="utf-8")),))
    return tuple(other if module.name == name else module for module in modules)


def _audit(course: Course, checkpoint: Checkpoint, grader: Grader, rounds: int, progress: Progress) -> AuditReport:
    mutants, variants = load_catalogue(course, checkpoint)
    solution = solution_modules(course, checkpoint)

    def results(name: str, modules: Modules) -> Iterator[Result]:
        progress(name)
        for number in range(rounds):
            # The digest chooses the deals: every program meets the same ones, so that they are drawn once.
            digest = hashlib.sha256(f"audit {checkpoint.slug} {number}".encode()).hexdigest()
            result = grader.grade(checkpoint, digest, modules, {})
            if result.faulted:
                raise TitoError(f"the platform failed while it graded {name}", next_step="Run `tito doctor`.")
            yield result

    def rehearsals(mutant: Mutant) -> Iterator[Sequence[Outcome]]:
        progress(mutant.name)
        for number in range(rounds):
            outcomes = grader.rehearse(checkpoint, mutated(mutant, solution), number, spare_lengthy=True)
            if any(outcome.verdict is Verdict.PLATFORM_FAULT for outcome in outcomes):
                raise TitoError(f"the platform failed while it graded {mutant.name}", next_step="Run `tito doctor`.")
            yield outcomes

    perfect = list(results("the solution", solution))
    untouched = list(results("the untouched release", released_modules(course, checkpoint)))
    return AuditReport(
        checkpoint=checkpoint.slug,
        tests=len(perfect[0].counted()),
        possible=perfect[0].possible,
        solution=min(result.earned for result in perfect),
        released=max(result.earned for result in untouched),
        mutants=tuple(_mutant_report(mutant, list(rehearsals(mutant))) for mutant in mutants),
        variants=tuple(
            VariantReport(variant.name, _failing(list(results(
                variant.name, variant_modules(course, checkpoint, variant, solution)
            ))))
            for variant in variants
        ),
    )  # fmt: skip


def _mutant_report(mutant: Mutant, rounds: Sequence[Sequence[Outcome]]) -> MutantReport:
    told = [outcome for outcomes in rounds for outcome in outcomes]
    missed = {outcome.test for outcome in told if not _failed(outcome)}
    always = dict.fromkeys(outcome.test for outcome in told if outcome.test not in missed)
    survived = sum(not any(map(_failed, outcomes)) for outcomes in rounds)
    return MutantReport(mutant.name, mutant.mistake, tuple(always), survived)


def _failing(results: Sequence[Result]) -> tuple[str, ...]:
    lines = [f"{o.test}: {o.detail}" for result in results for o in result.counted() if _failed(o)]
    return tuple(dict.fromkeys(lines))


def _failed(outcome: Outcome) -> bool:
    return outcome.verdict is not Verdict.PASSED


def _replaced(cell: CellSource, mutant: Mutant) -> CellSource:
    return replace(cell, source=cell.source.replace(mutant.old, mutant.new))


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tito_catalogue_{path.parent.name}", path)
    if spec is None or spec.loader is None or not path.exists():
        raise GraderError(
            "there is no catalogue of mistakes", where=str(path), next_step="Write one; see docs/graders.md."
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
