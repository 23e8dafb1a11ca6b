"""Checks the graders without a student: `tito course check` prints what is found, all of it at once."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.problems import Problem
from tito.errors import TitoError
from tito.grading.audit import load_catalogue, mutated, variant_modules
from tito.grading.cells import PRELUDE
from tito.grading.deal import plan
from tito.grading.graded import GradedTest
from tito.grading.grader import reference, test_cells
from tito.grading.suite import with_suite
from tito.grading.version import has_graders
from tito.notebooks.assemble import solution_modules
from tito.notebooks.structure import AssignmentStructure

_POINTS = Decimal(100)
_IN_THE_SANDBOX = sys.stdlib_module_names | {"numpy"}


def check_graders(course: Course) -> list[Problem]:
    """Return every problem of the graders and of how they fit the notebooks, by checkpoint."""
    return [
        problem.relative_to(course.root)
        for checkpoint in CHECKPOINTS
        if has_graders(course, checkpoint)
        for problem in _check(course, checkpoint)
    ]


def _check(course: Course, checkpoint: Checkpoint) -> Iterator[Problem]:
    folder = course.paths.graders / checkpoint.slug
    try:
        structure = AssignmentStructure.read(course, checkpoint)
    except TitoError as error:
        yield _problem(error, course.paths.source / checkpoint.slug)
        return
    yield from _check_points(course, structure)
    yield from _check_scenarios(folder / "scenarios.py")
    yield from _check_catalogue(course, checkpoint, folder / "mutants.py")
    found: list[Problem] = []
    try:
        with_suite(
            course.root,
            {checkpoint.slug: test_cells(structure)},
            reference().package,
            lambda suite: suite.run(checkpoint.slug, _ReferenceJudge(found)),
        )
    except TitoError as error:
        yield _problem(error, folder)
    yield from found


def _check_points(course: Course, structure: AssignmentStructure) -> Iterator[Problem]:
    total = structure.automatic_points + structure.written_points
    if total != _POINTS:
        yield Problem(
            str(course.paths.source / structure.checkpoint),
            None,
            f"the checkpoint's cells are worth {total} points together",
            f"{_POINTS}: automatic and written points are percent of the checkpoint",
            "Change the points of test cells or written answers in reference_impl.",
        )


def _check_scenarios(path: Path) -> Iterator[Problem]:
    """The file is sent to the sandbox, where there is nothing of ours."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        yield Problem(str(path), getattr(error, "lineno", None), f"the scenarios cannot be read: {error}")
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                modules = [alias.name for alias in node.names]
            case ast.ImportFrom():
                modules = [node.module or "."]
            case ast.FunctionDef() if f"def {node.name}(" in PRELUDE:
                yield Problem(str(path), node.lineno, f"{node.name} is the platform's own scenario", "another name")
                continue
            case _:
                continue
        for module in modules:
            if module.partition(".")[0] not in _IN_THE_SANDBOX:
                yield Problem(
                    str(path),
                    node.lineno,
                    f"a scenario imports {module}",
                    "NumPy and the standard library: the file is sent to the sandbox as it is",
                    "Move what needs it to the check, which stays on this side.",
                )


def _check_catalogue(course: Course, checkpoint: Checkpoint, path: Path) -> Iterator[Problem]:
    try:
        mutants, variants = load_catalogue(course, checkpoint)
        solution = solution_modules(course, checkpoint)
    except TitoError as error:
        yield _problem(error, path)
        return
    for mutant in mutants:
        try:
            mutated(mutant, solution)
        except TitoError as error:
            yield _problem(error, path)
    for variant in variants:
        try:
            variant_modules(course, checkpoint, variant, solution)
        except OSError as error:
            yield Problem(str(path), None, f"the correct program {variant.name!r} cannot be read: {error}")


class _ReferenceJudge:
    """Runs every test once on the reference: a grader that contradicts it would fail every student."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._reference = reference()

    def grade(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any]) -> None:
        """Plan one deal of the test."""
        try:
            plan(test_id, test, fixed, 0, self._reference)
        except TitoError as error:
            self._problems.append(_problem(error, *_place(test)))


def _place(test: GradedTest) -> tuple[Path, int]:
    code = test.body.__code__
    return Path(code.co_filename), code.co_firstlineno


def _problem(error: TitoError, path: Path, line: int | None = None) -> Problem:
    what = f"{error.what} ({error.where})" if error.where else error.what
    return Problem(str(path), line, what, error.expected, error.next_step)
