"""The foundation tier: finished work on checkpoints 00 to 07, all tests but the milestone, isolated and cumulative.

The processor time of all of it, on both sides of the sandbox, and the wall time of a checkpoint without training. Deals
that were drawn before; the solution as the submission, which passes every test.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.classes import bench_course
from benchmarks.figures import Figure, middle, most, spread
from benchmarks.registry import Size, say
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.results import Mode
from tito.course.verdicts import Verdict
from tito.grading.cells import PRELUDE
from tito.grading.grader import Grader, reference, test_cells
from tito.grading.judge import SubmissionJudge
from tito.grading.suite import Suite, with_suite
from tito.grading.version import graded_checkpoints
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import Program
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier

LAST = CHECKPOINTS[7]
MOST_CPU = 12.0
MOST_WALL = 1.5
_MODES: tuple[Mode, ...] = ("isolated", "cumulative")


@dataclass(frozen=True, slots=True)
class Graded:
    """One checkpoint once: seconds of wall time, and of processor time here and in the workers."""

    tests: int
    wall: float
    cpu: float


class CountingSandbox(Sandbox):
    """Adds up the processor time of its workers: each one's is known for certain when it has ended."""

    cpu = 0.0

    def forget(self, serial: int) -> None:
        """Wait until the worker, which is being killed, has ended."""
        self.cpu += self.end_of(serial)["cpu"]
        super().forget(serial)


def run(size: Size) -> list[Figure]:
    """Grade every checkpoint some times, one after the other, inside pytest's session."""
    course = bench_course()
    checkpoints = graded_checkpoints(course, LAST)
    cells = {each.slug: test_cells(AssignmentStructure.read(course, each)) for each in checkpoints}
    figures: list[Figure] = []

    def work(suite: Suite) -> None:
        figures.extend(_measure(course, suite, checkpoints, size))

    with_suite(course.root, cells, reference().package, work)
    return figures


def _measure(course: Course, suite: Suite, checkpoints: list[Checkpoint], size: Size) -> list[Figure]:
    found: dict[str, list[Graded]] = {each.slug: [] for each in checkpoints}
    with Grader(course, suite, Tier.NAMESPACES, deals=1) as grader:
        for turn in range(size.repeats + 1):
            for checkpoint in checkpoints:
                graded = _graded(grader, suite, checkpoint)
                if turn:  # the first one draws the deals
                    found[checkpoint.slug].append(graded)
    for slug, times in found.items():
        wall, cpu = (middle([getattr(each, name) for each in times]) for name in ("wall", "cpu"))
        say(f"{slug}: {times[0].tests} tests, {wall:.2f} s of wall time, {cpu:.2f} s of processor time")
    totals = [sum(each.cpu for each in turn) for turn in zip(*found.values(), strict=True)]
    walls = [each.wall for slug, times in found.items() if slug != LAST.slug for each in times]
    names = f"{len(checkpoints)} checkpoints, {sum(times[0].tests for times in found.values())} tests, both modes"
    return [
        most(f"processor time of {names} ({spread(totals)})", middle(totals), "s", bound=MOST_CPU),
        most(f"wall time of a checkpoint without training, median ({spread(walls)})", middle(walls), "s",
             bound=MOST_WALL),
    ]  # fmt: skip


def _graded(grader: Grader, suite: Suite, checkpoint: Checkpoint) -> Graded:
    plan = grader.plan(checkpoint)
    tests = [test for test in suite.chosen(checkpoint.slug) if "milestone" not in test[0]]
    program = Program(tuple(module for modules in plan.solutions.values() for module in modules), PRELUDE)
    with CountingSandbox(Tier.NAMESPACES, plan.limits) as sandbox:
        own, begun = time.process_time(), time.perf_counter()
        for mode in _MODES:
            judge = SubmissionJudge(sandbox, program, plan.scenarios, plan.dealer, "bench", mode, plan.limits)
            judge.expect(tests)
            for test in tests:
                outcome = judge.grade(*test)
                assert outcome.verdict is Verdict.PASSED, (outcome.test, outcome.detail)
            judge.close()
        wall = time.perf_counter() - begun
        cpu = time.process_time() - own + sandbox.cpu
    return Graded(len(tests), wall, cpu)
