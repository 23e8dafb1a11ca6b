"""What the sandbox adds to a submission: the judge with a worker against the same judge on the bare floor.

The floor is the same scenarios, deals and comparisons in one process, without pytest, processes or bytes (`bare.py`).
Isolated mode, deals that were drawn before, the solution. Its parts are measured beside it: what a worker costs that
answers nothing, and the judge when the answers are there already.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from benchmarks.bare import BareSandbox
from benchmarks.classes import CP01, bench_course
from benchmarks.figures import Figure, middle, more, spread
from benchmarks.registry import Size, say
from tito.course.verdicts import Verdict
from tito.grading.cells import PRELUDE
from tito.grading.graded import Test
from tito.grading.grader import Grader, Plan, reference, test_cells
from tito.grading.judge import SubmissionJudge
from tito.grading.suite import Suite, with_suite
from tito.notebooks.assemble import solution_modules
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import Program
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier

MOST = 25.0


def run(size: Size) -> list[Figure]:
    """Measure inside pytest's session, where the tests are."""
    course = bench_course()
    structure = AssignmentStructure.read(course, CP01)
    figures: list[Figure] = []

    def work(suite: Suite) -> None:
        with Grader(course, suite, Tier.NAMESPACES, deals=1 if size.small else 3) as grader:
            modules = solution_modules(course, CP01)
            figures.extend(_measure(grader, suite, modules, size))

    with_suite(course.root, {CP01.slug: test_cells(structure)}, reference().package, work)
    return figures


def _measure(grader: Grader, suite: Suite, modules: Any, size: Size) -> list[Figure]:
    plan = grader.plan(CP01)
    program = Program((*plan.solutions[0], *modules), PRELUDE)
    tests = suite.chosen(CP01.slug)
    digests = [hashlib.sha256(f"bench {number}".encode()).hexdigest() for number in range(2 if size.small else 6)]
    deals = [plan.dealer.deal(*test, digest) for digest in digests for test in tests]
    bare = BareSandbox(deals)
    with Sandbox(Tier.NAMESPACES, plan.limits) as sandbox:
        ways: dict[str, Callable[[str], None]] = {
            "sandbox": lambda digest: _graded(grader, modules, digest),
            "bare": lambda digest: _judged(bare, program, plan, tests, digest),
            "worker": lambda _: sandbox.start(program).close(),
        }
        for way in ways.values():
            for digest in digests:
                way(digest)
        found: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(4 if size.small else 120):
            for name, way in ways.items():
                begun = time.perf_counter()
                way(digests[turn % len(digests)])
                found[name].append((time.perf_counter() - begun) * 1000)
    calls = sum(deal.calls.count for deal in deals) / len(digests)
    say(f"{len(tests)} tests, {calls:.0f} calls; " + ", ".join(f"{n} {spread(v)} ms" for n, v in found.items()))
    name = f"one submission of {len(tests)} tests and {calls:.0f} calls, isolated"
    return [
        more(name, middle(found["sandbox"]), middle(found["bare"]), "ms", against="the bare floor", most=MOST),
        Figure("of that, a worker that loads the program and ends", (("ours", middle(found["worker"])),), "ms", ""),
    ]


def _graded(grader: Grader, modules: Any, digest: str) -> None:
    result = grader.grade(CP01, digest, modules, {})
    assert result.earned == result.possible, "the solution gets full marks"


def _judged(bare: Any, program: Program, plan: Plan, tests: list[Test], digest: str) -> None:
    """The judge as it is, with the stand-in below it and a plain loop above it."""
    judge = SubmissionJudge(bare, program, plan.scenarios, plan.dealer, digest, "isolated", plan.limits)
    for test in tests:
        outcome = judge.grade(*test)
        assert outcome.verdict is Verdict.PASSED, (outcome.test, outcome.detail)
    judge.close()
