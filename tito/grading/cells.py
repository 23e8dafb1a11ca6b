"""Public tests: a notebook's test cell is itself the scenario, and its literals are the expectation.

A test cell calls `check(got, expected, what)`. In the sandbox `check` only records what it got; here the same cell
runs on the reference with a `check` that records what it expects. Two lists are then compared (decision 0001).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np

from tito.checks.compare import difference
from tito.checks.raising import missing_mentions
from tito.course.verdicts import Verdict
from tito.grading.graded import GradedTest, TestInfo
from tito.grading.plain import as_plain
from tito.grading.show import cap, show
from tito.grading.trial import Refuted, TrialJudge

PRELUDE = """

def notebook_cell(tt, module, source):
    return run_cell(tt, module, source)
"""
"""The scenarios that a program starts with; hidden ones follow after the public tests. `run_cell` is the worker's."""


@dataclass(frozen=True, slots=True)
class TestCell:
    """One test cell of the instructor's notebook: `module` is e.g. `core.tensor`, `points` its public share."""

    __test__ = False

    grade_id: str
    module: str
    source: str
    title: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class _Equals:
    what: str
    expected: Any
    rtol: float
    atol: float

    def refute(self, got: Any) -> tuple[str, str, str] | None:
        found = difference(got, self.expected, rtol=self.rtol, atol=self.atol)
        return None if found is None else (str(found), show(self.expected), show(got))


@dataclass(frozen=True, slots=True)
class _Raises:
    what: str
    errors: tuple[str, ...]
    mentions: tuple[str, ...]

    def refute(self, got: Any) -> tuple[str, str, str] | None:
        said = got if isinstance(got, str) else show(got)
        kind, _, message = said.removeprefix("raised ").partition(": ")
        raised = said.startswith("raised ") and kind in self.errors
        if raised and not missing_mentions(message, self.mentions):
            return None
        wanted = " or ".join(self.errors) + (f" naming {', '.join(self.mentions)}" if self.mentions else "")
        return (f"expected {wanted}", wanted, cap(said))


_Expectation = _Equals | _Raises


def notebook_cell(tt: Any, module: str, source: str) -> list[Any]:
    """Run a test cell of our own on the reference and return what it got, as the worker's `run_cell` does."""
    return [[expectation.what, got] for expectation, got in _run(tt, module, source)]


def cell_test(cell: TestCell, package: Any) -> GradedTest:
    """Return the graded test of a test cell; `package` is the reference as scenarios see it."""
    expectations = [expectation for expectation, _ in _run(package, cell.module, cell.source)]

    question = without_expectations(cell.source)

    def body(judge: TrialJudge) -> None:
        records = judge.call(notebook_cell, cell.module, question)
        refuse_records(expectations, records)

    body.__name__ = cell.grade_id
    info = TestInfo(cell.points, cell.title, hint="", cell=cell.grade_id, public=True)
    return GradedTest(body, info)


def without_expectations(source: str) -> str:
    """Return a test cell in which each check is asked for, and what is expected of it is not said.

    The cell runs beside the student's code, which could replace `check` by a function that notes what is expected.
    """
    return ast.unparse(_Silenced().visit(ast.parse(source)))


class _Silenced(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Name("check"), args=[_, _, *_]):
                node.args[1] = ast.Constant(None)
            case ast.Call(func=ast.Name("check_raises")):
                node.keywords = [keyword for keyword in node.keywords if keyword.arg != "mentions"]
        for keyword in node.keywords:
            if keyword.arg == "expected":
                keyword.value = ast.Constant(None)
        return self.generic_visit(node)


def refuse_records(expectations: Sequence[_Expectation], records: Any) -> None:
    """Raise Refuted at the first record that is not what was expected, or where the records do not line up."""
    if not isinstance(records, list) or len(records) != len(expectations):
        raise Refuted(Verdict.FAILED, "The cell's checks did not all run.")
    for number, (expectation, record) in enumerate(zip(expectations, records, strict=True)):
        if not isinstance(record, list) or len(record) != 2 or record[0] != expectation.what:
            raise Refuted(Verdict.FAILED, f"The check of {expectation.what} did not run.")
        refused = expectation.refute(record[1])
        if refused is not None:
            reason, expected, got = refused
            what = f"{expectation.what}: {reason}"
            raise Refuted(Verdict.FAILED, what, expected=expected, got=got, check=number)


class _Reached(BaseException):
    """Ends a cell behind the check that was asked for; not an Exception, since cells catch those."""


def cell_up_to(check: int | None) -> Callable[[Any, str, str], None]:
    """Return a scenario that runs a test cell on the reference up to its check of this number; None: all of it."""

    def run(tt: Any, module: str, source: str) -> None:
        with suppress(_Reached):
            _run(tt, module, source, last=check)

    return run


def _run(package: Any, module: str, source: str, last: int | None = None) -> list[tuple[_Expectation, Any]]:
    records: list[tuple[_Expectation, Any]] = []

    def record(expectation: _Expectation, got: Any) -> None:
        records.append((expectation, got))
        if last is not None and len(records) > last:
            raise _Reached

    def check(got: Any, expected: Any, what: str, *, rtol: float = 1e-5, atol: float = 1e-6) -> None:
        record(_Equals(what, as_plain(expected), rtol, atol), as_plain(got))

    def check_raises(errors: Any, function: Any, what: str, *, mentions: Iterable[str] = ()) -> None:
        kinds = errors if isinstance(errors, tuple) else (errors,)
        names = tuple(kind.__name__ for kind in kinds)
        try:
            function()
            got = "nothing was raised"
        except Exception as error:  # noqa: BLE001 - the cell says which kinds it expects
            got = f"raised {type(error).__name__}: {error}"
        record(_Raises(what, names, tuple(mentions)), got)

    # As in the sandbox, a cell sees the flat names of the package, and its own module's before those.
    namespace = {name: getattr(package, name) for name in getattr(package, "__all__", ())}
    namespace |= {name: value for name, value in vars(package.module(module)).items() if name[0] != "_"}
    namespace |= {"np": np, "check": check, "check_raises": check_raises, "__name__": "test_cell"}
    namespace["__builtins__"] = vars(builtins) | {"__import__": _importer(check, check_raises)}
    code = compile(source, f"<test cell of {module}>", "exec")
    exec(code, namespace)  # noqa: S102 - the instructor's own cell, run on the reference
    return records


def _importer(check: Any, check_raises: Any) -> Any:
    """An `__import__` under which a cell that imports `tito.checks` gets the recorders too."""
    recorders = SimpleNamespace(check=check, check_raises=check_raises)

    def find(name: str, *arguments: Any) -> Any:
        return recorders if name == "tito.checks" else builtins.__import__(name, *arguments)

    return find
