"""The real course, graded in the sandbox without a gradebook: for tests of what its students are told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course, load_course
from tito.course.results import Outcome, Result
from tito.grading.audit import load_catalogue, mutated
from tito.grading.grader import Grader, Modules, reference, test_cells
from tito.grading.suite import Suite, with_suite
from tito.notebooks.assemble import solution_modules
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import CellSource, ModuleSource
from tito.sandbox.tiers import Tier

ROOT = Path(__file__).resolve().parents[2]
Programs = Mapping[str, tuple[Modules, Mapping[int, Modules]]]
"""By a name: the modules that are graded, and the student's own of earlier checkpoints."""


def course_at(root: Path, more: str = "") -> Course:
    """The course of this repository, with a state of its own in `root`, and `more` at the end of its configuration."""
    root.mkdir(parents=True)
    for name in ("source", "reference_impl", "graders", "tinytorch_ref"):
        (root / name).symlink_to(ROOT / name)
    # It asks where it lies itself, so it is no link.
    config = (ROOT / "course_config.py").read_text(encoding="utf-8") + more
    (root / "course_config.py").write_text(config, encoding="utf-8")
    return load_course(root)


def grade(course: Course, checkpoint: Checkpoint, programs: Programs) -> dict[str, Result]:
    """Grade programs, each under the same deal."""
    found: dict[str, Result] = {}

    def work(suite: Suite) -> None:
        with Grader(course, suite, Tier.NAMESPACES, deals=1) as grader:
            for name, (modules, earlier) in programs.items():
                digest = hashlib.sha256(name.encode()).hexdigest()
                found[name] = grader.grade(checkpoint, digest, modules, earlier)

    cells = test_cells(AssignmentStructure.read(course, checkpoint))
    with_suite(course.root, {checkpoint.slug: cells}, reference().package, work)
    return found


def mutants(course: Course, checkpoint: Checkpoint, *names: str) -> dict[str, Modules]:
    """Named mistakes of a checkpoint's catalogue, as programs."""
    solution = solution_modules(course, checkpoint)
    catalogue, _ = load_catalogue(course, checkpoint)
    return {mutant.name: mutated(mutant, solution) for mutant in catalogue if mutant.name in names}


def changed(modules: Modules, old: str, new: str) -> Modules:
    """A program in which a text, which stands there once, is another."""
    assert sum(cell.source.count(old) for module in modules for cell in module.cells) == 1, old
    return tuple(
        ModuleSource(m.name, tuple(CellSource(c.label, c.source.replace(old, new)) for c in m.cells), m.origin)
        for m in modules
    )


def failing(result: Result, mode: str = "isolated") -> dict[str, Outcome]:
    """What did not earn its points, by test."""
    return {o.test: o for o in result.outcomes if o.mode == mode and o.earned < o.possible}
