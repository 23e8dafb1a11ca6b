"""Is grading free of chance? Every correct program of a checkpoint, under many deals of inputs, passes every test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.course.verdicts import Verdict
from tito.grading.audit import load_catalogue, variant_modules
from tito.grading.grader import Grader, reference, test_cells
from tito.grading.suite import Suite, with_suite
from tito.notebooks.assemble import solution_modules
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.tiers import Tier

SEEDS = 50


@dataclass(frozen=True, slots=True)
class Alarm:
    """A test that refused a correct program under one deal."""

    program: str
    seed: int
    test: str
    detail: str

    def __str__(self) -> str:
        return f"{self.program}, input set {self.seed}: {self.test}: {self.detail}"


@dataclass(frozen=True, slots=True)
class RepeatReport:
    """What the correct programs of one checkpoint met. A run is one program under one deal."""

    checkpoint: str
    tests: int
    programs: int
    seeds: int
    alarms: tuple[Alarm, ...]

    @property
    def runs(self) -> int:
        """How many times a program was graded."""
        return self.programs * self.seeds

    @property
    def passed(self) -> bool:
        """No correct program failed a test."""
        return not self.alarms

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self) | {"runs": self.runs, "passed": self.passed}


Progress = Callable[[str, int], None]
"""Told the name of what runs next, and how many runs are to come in all."""


def repeat(
    course: Course, checkpoint: Checkpoint, tier: Tier, *, seeds: int = SEEDS, progress: Progress = lambda _, __: None
) -> RepeatReport:
    """Grade the solution and the correct variants under `seeds` deals each, all of them different.

    Raises GraderError where the reference itself fails on drawn inputs, and SandboxFault where the platform failed.
    """
    solution = solution_modules(course, checkpoint)
    programs = {"the solution": solution} | {
        variant.name: variant_modules(course, checkpoint, variant, solution)
        for variant in load_catalogue(course, checkpoint)[1]
    }
    alarms: list[Alarm] = []
    tests: set[str] = set()

    def work(suite: Suite) -> None:
        with Grader(course, suite, tier, deals=seeds, search=False, rehearsal=True) as grader:
            for seed in range(seeds):
                for name, program in programs.items():
                    progress(name, seeds * len(programs))
                    for outcome in grader.rehearse(checkpoint, program, seed):
                        tests.add(outcome.test)
                        if outcome.verdict is not Verdict.PASSED:
                            alarms.append(Alarm(name, seed, outcome.test, outcome.detail))

    structure = AssignmentStructure.read(course, checkpoint)
    with_suite(course.root, {checkpoint.slug: test_cells(structure)}, reference().package, work)
    return RepeatReport(checkpoint.slug, len(tests), len(programs), seeds, tuple(alarms))
