"""Grades the graders with automatic mistakes: which of them does no test notice, and why?

A mistake that no test could notice is *equivalent*: the program keeps to the contract with it. Each of those stands
with its reason in `graders/<checkpoint>/equivalent.toml`, and is tried like the others: an entry that no mutation
answers to, or that a test does catch, is itself reported.
"""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.grading.grader import Grader, Modules, reference, test_cells
from tito.grading.mutation import Mutation, Place, mutations
from tito.grading.suite import Suite, with_suite
from tito.grading.trial import GraderError
from tito.notebooks.assemble import solution_modules
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.tiers import Tier

ROUNDS = 3
"""Deals of inputs under each of which a mistake must be caught."""
REQUIRED = Fraction(97, 100)
"""The share of mistakes, besides equivalent ones, that must be caught."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mistake that no test noticed in at least one round, and that is not known to be equivalent."""

    place: Place
    operator: str


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What the automatic mistakes of one checkpoint met.

    `made` is how many there are, `tried` how many of them were run. Equivalent ones are among the tried and not among
    the killed. `stale` entries name no mutation; `refuted` ones name a mutation that a test caught.
    """

    checkpoint: str
    rounds: int
    made: int
    tried: int
    killed: int
    equivalent: int
    operators: tuple[tuple[str, int, int, int], ...]
    survivors: tuple[Survivor, ...]
    stale: tuple[Place, ...]
    refuted: tuple[Place, ...]

    @property
    def share(self) -> Fraction:
        """Killed mistakes, of those that are not equivalent."""
        worth = self.tried - self.equivalent
        return Fraction(self.killed, worth) if worth else Fraction(1)

    @property
    def passed(self) -> bool:
        """Enough are caught, and the list of equivalent ones is true."""
        return self.share >= REQUIRED and not self.stale and not self.refuted

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "checkpoint": self.checkpoint,
            "rounds": self.rounds,
            "made": self.made,
            "tried": self.tried,
            "killed": self.killed,
            "equivalent": self.equivalent,
            "share": round(float(self.share), 4),
            "operators": {
                name: {"tried": tried, "killed": killed, "equivalent": equivalent}
                for name, tried, killed, equivalent in self.operators
            },
            "survivors": [str(survivor.place) for survivor in self.survivors],
            "stale": [str(place) for place in self.stale],
            "refuted": [str(place) for place in self.refuted],
            "passed": self.passed,
        }


Progress = Callable[[str, int], None]
"""Told the name of what runs next, and how many are to come in all."""


def audit_mutations(
    course: Course,
    checkpoint: Checkpoint,
    tier: Tier,
    *,
    rounds: int = ROUNDS,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = lambda _, __: None,
) -> MutationReport:
    """Grade the automatic mistakes of a checkpoint, or `sample` of them, chosen by `seed`.

    Each is graded until the first test that catches it. Raises GraderError for an equivalent.toml that cannot be read
    or graders in disorder, and TitoError where mutmut is not installed.
    """
    made = mutations(course, checkpoint)
    known = equivalent(course.paths.graders / checkpoint.slug)
    tried = made if sample is None or sample >= len(made) else sampled(made, sample, seed)
    solution = solution_modules(course, checkpoint)
    killed: dict[Place, bool] = {}

    def work(suite: Suite) -> None:
        with Grader(course, suite, tier, search=False, rehearsal=True) as grader:
            for number in range(rounds):
                _require_passed(checkpoint, grader.rehearse(checkpoint, solution, number, until_refuted=True)[-1])
            for mutation in tried:
                progress(mutation.place.where, len(tried))
                program = mutation.applied(solution)
                killed[mutation.place] = all(is_caught(grader, checkpoint, program, number) for number in range(rounds))

    structure = AssignmentStructure.read(course, checkpoint)
    with_suite(course.root, {checkpoint.slug: test_cells(structure)}, reference().package, work)
    return _report(checkpoint, rounds, made, tried, killed, known)


def _require_passed(checkpoint: Checkpoint, last: Outcome) -> None:
    """Where the solution itself is refused, every mistake would seem to be caught. Raises GraderError."""
    if last.verdict is not Verdict.PASSED:
        raise GraderError(
            f"the solution itself does not pass: {last.detail}",
            where=f"{checkpoint.slug}, {last.test}",
            expected="a solution that passes every test; mistakes in it say nothing otherwise",
            next_step=f"Run `tito graders audit {checkpoint.number:02}`.",
        )


def is_caught(grader: Grader, checkpoint: Checkpoint, program: Modules, number: int) -> bool:
    """Whether a test refutes a program under one deal. Raises SandboxFault where the platform failed."""
    return grader.rehearse(checkpoint, program, number, until_refuted=True)[-1].verdict is not Verdict.PASSED


def equivalent(folder: Path) -> dict[Place, str]:
    """Read a checkpoint's equivalent.toml: places, with the reasons. No file is an empty list. Raises GraderError."""
    path = folder / "equivalent.toml"
    if not path.exists():
        return {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
        found = {
            Place(entry["where"], entry["old"], entry["new"], entry.get("nth", 1)): entry["reason"].strip()
            for entry in entries
        }
        if len(found) != len(entries) or not all(found.values()):
            raise ValueError("an entry stands twice, or has no reason")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraderError(
            f"the list of equivalent mutations cannot be read: {error}",
            where=str(path),
            expected="[[mutation]] tables with where, old, new and reason, each mutation once",
            next_step="`tito graders mutate` prints the survivors in this form.",
        ) from error
    return found


def sampled(made: Sequence[Mutation], sample: int, seed: int) -> list[Mutation]:
    """Choose `sample` of the mistakes by `seed`, and keep their order."""
    chosen = set(random.Random(seed).sample(range(len(made)), sample))  # noqa: S311 -- a choice, not a secret
    return [mutation for number, mutation in enumerate(made) if number in chosen]


def _report(
    checkpoint: Checkpoint,
    rounds: int,
    made: Sequence[Mutation],
    tried: Sequence[Mutation],
    killed: dict[Place, bool],
    known: dict[Place, str],
) -> MutationReport:
    places = {mutation.place for mutation in made}
    counts = {kind: Counter[str]() for kind in ("tried", "killed", "equivalent")}
    for mutation in tried:
        counts["tried"][mutation.operator] += 1
        counts["killed"][mutation.operator] += killed[mutation.place]
        counts["equivalent"][mutation.operator] += mutation.place in known and not killed[mutation.place]
    return MutationReport(
        checkpoint=checkpoint.slug,
        rounds=rounds,
        made=len(made),
        tried=len(tried),
        killed=counts["killed"].total(),
        equivalent=counts["equivalent"].total(),
        operators=tuple(
            (name, count, counts["killed"][name], counts["equivalent"][name])
            for name, count in counts["tried"].most_common()
        ),
        survivors=tuple(
            Survivor(mutation.place, mutation.operator)
            for mutation in tried
            if not killed[mutation.place] and mutation.place not in known
        ),
        stale=tuple(place for place in known if place not in places),
        refuted=tuple(place for place in known if killed.get(place)),
    )
