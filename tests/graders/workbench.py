"""Runs graders on a program in this process, without a sandbox: quick, and for programs of our own only.

`tito graders audit` does the same through the sandbox, as students are graded. Here a grader's author sees in
seconds whether a test is right; the programs are the solution in reference_impl, its mutants and the variants.
"""

from __future__ import annotations

import importlib
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import jupytext
import numpy as np

import tinytorch_ref
from tito.course.checkpoints import find_checkpoint
from tito.course.verdicts import Verdict
from tito.grading.authoring import Mutant
from tito.grading.cells import TestCell, cell_test
from tito.grading.deal import draw
from tito.grading.graded import GRADED, GradedTest
from tito.grading.plain import as_plain, fresh
from tito.grading.reference import Reference, ReferencePackage
from tito.grading.trial import LiveJudge, PlanningJudge, Refuted
from tito.notebooks.cells import is_exported, released_source
from tito.sandbox.cells import run_cell
from tito.sandbox.package import MemoryImporter, MissingName, Package, load_modules
from tito.sandbox.program import Call, Died, Missing, Raised, Reply, Returned

ROOT = Path(__file__).resolve().parents[2]

Cells = tuple[str, ...]

PATIENCE = 4.0
"""Seconds of CPU for an answer; ten times as much where a test trains a network."""


@dataclass(frozen=True)
class Notebook:
    """A module's master text: the exported cells with solutions, as released, and the test cells."""

    module: str
    solution: Cells
    released: Cells
    tests: tuple[TestCell, ...]


@cache
def notebook(slug: str, export: str) -> Notebook:
    """Read reference_impl/<slug>.py."""
    document = jupytext.read(ROOT / "reference_impl" / f"{slug}.py")
    solution, released, tests = [], [], []
    for number, cell in enumerate(document.cells):
        meta = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code":
            continue
        if meta.get("grade") and not meta.get("solution"):
            title = meta["grade_id"]
            tests.append(TestCell(title, export, cell.source, title, Decimal(meta["points"])))
        elif is_exported(cell.source):
            solution.append(cell.source)
            where = f"{slug}, cell {number}"
            released.append(released_source(cell.source, code=True, solution=bool(meta.get("solution")), where=where))
    return Notebook(export, tuple(solution), tuple(released), tuple(tests))


class Bench:
    """The graders of one checkpoint, with deals made once."""

    def __init__(self, slug: str, deals: int = 3) -> None:
        self.checkpoint = find_checkpoint(slug)
        self.count = deals
        self.folder = f"graders.{self.checkpoint.slug}"
        self.scenarios = importlib.import_module(f"{self.folder}.scenarios")
        self.reference = Reference(tinytorch_ref)
        self.notebooks = {module.number: notebook(module.slug, module.export) for module in self._modules()}
        self.own = {module.number for module in self.checkpoint.modules}
        self.hidden = dict(self._hidden())
        self.public = {
            f"cell::{cell.grade_id}": cell_test(cell, ReferencePackage(tinytorch_ref))
            for number in sorted(self.own)
            for cell in self.notebooks[number].tests
        }
        self.deals = {name: list(self._plan(name, test, deals)) for name, test in self.tests.items()}

    @property
    def tests(self) -> dict[str, GradedTest]:
        """All tests by name, public ones first."""
        return {**self.public, **self.hidden}

    def program(self, **replaced: Cells) -> dict[str, Cells]:
        """The solutions of all modules up to this checkpoint, with some replaced: `program(m01=cells)`."""
        return {book.module: replaced.get(f"m{number:02}", book.solution) for number, book in self.notebooks.items()}

    def mutated(self, mutant: Mutant) -> dict[str, Cells]:
        """The solution with one mistake."""
        number = int(mutant.module)
        cells = self.notebooks[number].solution
        found = sum(cell.count(mutant.old) for cell in cells)
        assert found == 1, f"{mutant.name}: its old text is found {found} times"
        changed = tuple(cell.replace(mutant.old, mutant.new) for cell in cells)
        for cell in changed:
            compile(cell, mutant.name, "exec")
        return self.program(**{f"m{number:02}": changed})

    def failures(
        self, program: Mapping[str, Cells], deal: int | None = None, *, until_caught: bool = False
    ) -> dict[str, Refuted]:
        """Grade a program under one deal, or all; return the tests that refuted it.

        `until_caught` asks the hidden tests alone, and no more after the first that refuted.
        """
        found: dict[str, Refuted] = {}
        with _loaded(program) as package:
            for name, test in (self.hidden if until_caught else self.tests).items():
                if until_caught and found:
                    break
                patience = PATIENCE * (10 if test.lengthy else 1)
                for seed, values in self.deals[name]:
                    if deal not in (None, seed) and test.drawn:
                        continue
                    judge = LiveJudge(partial(self._answer, package, patience), self.reference, seed)
                    refuted = _refuted(test, judge, values)
                    if refuted is not None:
                        found[name] = refuted
                        break
        return found

    def _modules(self) -> list[Any]:
        numbers = range(self.checkpoint.number + 1)
        return [module for number in numbers for module in find_checkpoint(str(number)).modules]

    def _hidden(self) -> Iterator[tuple[str, GradedTest]]:
        for path in sorted((ROOT / "graders" / self.checkpoint.slug).glob("test_*.py")):
            module = importlib.import_module(f"{self.folder}.{path.stem}")
            for name, value in vars(module).items():
                if hasattr(value, GRADED):
                    yield f"{path.stem}::{name}", getattr(value, GRADED)

    def _plan(self, name: str, test: GradedTest, deals: int) -> Iterator[tuple[int, dict[str, Any]]]:
        for seed in range(deals if test.drawn else 1):
            for values in draw(test, seed):
                judge = PlanningJudge(self.reference, seed)
                try:
                    test.body(judge, **values)
                except Exception as error:
                    raise AssertionError(f"the reference does not pass {name} with {values}: {error}") from error
                yield seed, values

    def _answer(self, package: Package, patience: float, call: Call) -> Reply:
        np.random.seed(call.seed % 2**32)  # noqa: NPY002 -- as the worker does
        try:
            with warnings.catch_warnings(), np.errstate(all="warn"), _interrupted_after(patience):
                warnings.simplefilter("ignore")
                arguments = [fresh(_listed(argument)) for argument in call.args]
                if call.scenario == "notebook_cell":
                    return Returned(as_plain(run_cell(package, *arguments)))
                return Returned(as_plain(getattr(self.scenarios, call.scenario)(package, *arguments)))
        except OutOfPatience as error:
            return Died(Verdict.TIMED_OUT, str(error))
        except MissingName as error:
            return Missing(error.wanted)
        except NotImplementedError as error:
            return Missing(str(error))
        except Exception as error:  # noqa: BLE001 -- whatever a program raises is its answer
            types = tuple(kind.__name__ for kind in type(error).__mro__)
            return Raised(types[0], str(error), types=types)


class OutOfPatience(BaseException):
    """A program computes for longer than any answer takes."""


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupt what computes for more than `seconds` of CPU: some mistakes never come to an end."""

    def interrupt(number: int, frame: Any) -> None:
        raise OutOfPatience(f"no answer after {seconds} seconds of CPU")

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _listed(value: Any) -> Any:
    """Tuples arrive as lists, as over the wire."""
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _refuted(test: GradedTest, judge: LiveJudge, values: dict[str, Any]) -> Refuted | None:
    try:
        test.body(judge, **values)
    except Refuted as refuted:
        return refuted
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError) as error:
        # The reference's answer went through: this answer has a form that the test cannot handle.
        return Refuted(Verdict.FAILED, f"{type(error).__name__}: {error}")
    return None


@contextmanager
def _loaded(program: Mapping[str, Cells]) -> Iterator[Package]:
    before = {name for name in sys.modules if name.split(".")[0] == "tinytorch"}
    assert not before, "a student package is loaded already"
    package, importer = Package(), MemoryImporter()
    sys.meta_path.insert(0, importer)
    try:
        modules = [
            [name, [[f"{name} cell {n}", cell, None] for n, cell in enumerate(cells)]]
            for name, cells in program.items()
        ]
        load_modules(modules, package, importer, set())
        yield package
    finally:
        sys.meta_path.remove(importer)
        for name in [name for name in sys.modules if name.split(".")[0] == "tinytorch"]:
            del sys.modules[name]
