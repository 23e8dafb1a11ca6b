"""The hidden graders as pytest items, collected once and re-run for every submission."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest

from tito.errors import TitoError
from tito.grading.cells import TestCell, cell_test
from tito.grading.graded import GRADED, GradedTest, TestInfo
from tito.grading.reference import ReferencePackage
from tito.grading.trial import GraderError

# Grading needs pytest's collection, fixtures and parametrisation. Its reporting, capturing and caching cost more per
# test than the student's code does, and would write into the graders' folders.
_WITHOUT = (
    "cacheprovider", "capture", "doctest", "faulthandler", "junitxml", "logging", "nose", "pastebin", "randomly",
    "recwarn_dummy", "stepwise", "terminal", "threadexception", "unittest", "unraisableexception", "warnings",
    "hypothesispytest", "anyio", "setuponly", "setupplan", "debugging", "subtests",
)  # fmt: skip


class Judge(Protocol):
    """Whom the suite hands each test: the judge of a submission, or one that checks the graders themselves."""

    def grade(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any]) -> object:
        """Run one test; `fixed` are its parametrised arguments."""


@dataclass(frozen=True, slots=True)
class _Entry:
    test_id: str
    test: GradedTest
    item: pytest.Item


@dataclass
class Suite:
    """The collected tests by checkpoint slug; `run` executes one checkpoint's tests against one judge."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)
    judge: Judge | None = None
    fault: BaseException | None = None

    def tests(self, slug: str) -> Iterator[tuple[str, GradedTest]]:
        """Yield id and test of a checkpoint, public ones first."""
        return ((entry.test_id, entry.test) for entry in self.entries.get(slug, ()))

    def public_cells(self, slug: str) -> frozenset[str]:
        """The ids of the notebook's own test cells."""
        return frozenset(entry.test_id for entry in self.entries[slug] if isinstance(entry.item, CellItem))

    def run(self, slug: str, judge: Judge, only: frozenset[str] | None = None) -> None:
        """Run a checkpoint's tests (`only` some, by id); what is not the student's fault is raised from here."""
        chosen = [entry.item for entry in self.entries[slug] if only is None or entry.test_id in only]
        self.judge, self.fault = judge, None
        for item, following in zip(chosen, [*chosen[1:], *chosen[:1]], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.fault is not None:
                raise self.fault
        self.judge = None

    def grade(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any]) -> None:
        """Hand one test to the judge; keeps an exception, which pytest would turn into a mere report."""
        assert self.judge is not None  # items run only inside `run`
        try:
            self.judge.grade(test_id, test, fixed)
        except BaseException as error:
            self.fault = error
            raise


class BoundJudge:
    """The `judge` fixture: what `@points` calls with the declared test."""

    def __init__(self, suite: Suite, test_id: str) -> None:
        self._suite = suite
        self._test_id = test_id

    def grade(self, test: GradedTest, fixed: Mapping[str, Any]) -> None:
        """Run the test against the current submission."""
        self._suite.grade(self._test_id, test, fixed)


class CellItem(pytest.Item):
    """A public test cell of the notebook as a pytest item."""

    suite: Suite
    test: GradedTest

    def runtest(self) -> None:
        """Run the cell's test against the current submission."""
        self.suite.grade(f"cell::{self.name}", self.test, {})


class _Plugin:
    """Collects the suite and, instead of pytest's own loop, hands it to `work`."""

    def __init__(
        self, cells: Mapping[str, Sequence[TestCell]], package: ReferencePackage,
        work: Callable[[Suite], None],
    ) -> None:  # fmt: skip
        self._cells = cells
        self._package = package
        self._work = work
        self.suite = Suite()
        self.errors: list[str] = []
        self.raised: BaseException | None = None
        self._stdout = sys.stdout  # what pytest prints is kept from the caller's output; what `work` prints is not

    @pytest.fixture
    def judge(self, request: pytest.FixtureRequest) -> BoundJudge:
        """The judge of the submission that is being graded."""
        return BoundJudge(self.suite, _test_id(request.node))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}\n{report.longreprtext}")

    def _cell_entry(self, session: pytest.Session, cell: TestCell) -> _Entry:
        item = CellItem.from_parent(session, name=cell.grade_id)
        item.suite, item.test = self.suite, cell_test(cell, self._package)
        return _Entry(f"cell::{cell.grade_id}", item.test, item)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            self._arrange(session)
            if not self.errors:
                with contextlib.redirect_stdout(self._stdout):
                    self._work(self.suite)
        except BaseException as error:  # noqa: BLE001 - raised again outside: pytest would hide the message
            self.raised = error
        return True

    def _arrange(self, session: pytest.Session) -> None:
        """Put the collected items into the suite, by checkpoint, after the public test of each cell."""
        hidden: dict[str, list[_Entry]] = {slug: [] for slug in self._cells}
        for item in session.items:
            test = getattr(getattr(item, "obj", None), GRADED, None)
            if test is None:
                self.errors.append(f"{item.nodeid}: a test in graders/ without @points")
                continue
            hidden[item.path.parent.name].append(_Entry(_test_id(item), test, item))
        for slug, entries in hidden.items():
            cells = share_points(slug, self._cells[slug], entries)
            self.suite.entries[slug] = [self._cell_entry(session, cell) for cell in cells] + entries


def share_points(slug: str, cells: Sequence[TestCell], hidden: Sequence[_Entry]) -> Iterator[TestCell]:
    """Yield the cells with their public points: what the cell is worth less its hidden tests. Raises GraderError."""
    taken: dict[str, Decimal] = {cell.grade_id: Decimal(0) for cell in cells}
    for entry in hidden:
        info: TestInfo = entry.test.info
        if info.cell not in taken:
            raise GraderError(
                f"the test belongs to the cell {info.cell!r}, which the notebook does not have",
                where=f"graders/{slug}, {entry.test_id}",
                expected=f"one of: {', '.join(taken) or 'no test cell at all'}",
                next_step="Correct `cell=` in @points, or the cell's grade_id.",
            )
        taken[info.cell] += info.points
    for cell in cells:
        left = cell.points - taken[cell.grade_id]
        if left < 0:
            raise GraderError(
                f"hidden tests give {taken[cell.grade_id]} points to the cell {cell.grade_id}",
                where=f"graders/{slug}",
                expected=f"at most the cell's {cell.points} points",
                next_step="Lower the tests' points or raise the cell's in its nbgrader metadata.",
            )
        yield TestCell(cell.grade_id, cell.module, cell.source, cell.title, left)


def with_suite(
    root: Path,
    cells: Mapping[str, Sequence[TestCell]],
    package: ReferencePackage,
    work: Callable[[Suite], None],
) -> None:
    """Collect the graders of the checkpoints in `cells` and call `work` with the suite, inside pytest's session.

    Raises GraderError when the graders cannot be collected, and whatever `work` raises.
    """
    graders = root / "graders"
    paths = [graders / slug for slug in cells if (graders / slug).is_dir()]
    plugin = _Plugin(cells, package, work)
    arguments = [
        *map(str, paths),
        "--import-mode=importlib",
        # pytest would explain a failed assert by a diff of the student's answer, which can take hours for a long text.
        "--assert=plain",
        "-c",
        os.devnull,
        f"--rootdir={root}",
        "--noconftest",
    ]
    arguments += [text for name in _WITHOUT for text in ("-p", f"no:{name}")]
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    said = io.StringIO()
    with _without_plugin_autoload(), contextlib.redirect_stdout(said):
        code = pytest.main(arguments, plugins=[plugin]) if paths else _empty()
    if plugin.raised is not None:
        raise plugin.raised
    if plugin.errors or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise GraderError(
            "the hidden graders cannot be collected:\n" + ("\n".join(plugin.errors) or said.getvalue())[-3000:],
            where=str(graders),
            expected="test files that import and whose tests have @points",
            next_step="Run `tito course check`.",
        )


def _empty() -> pytest.ExitCode:
    raise TitoError(
        "there are no graders for the chosen checkpoints",
        where="graders/",
        expected="a folder graders/<checkpoint> with test files",
        next_step="See docs/graders.md.",
    )


@contextlib.contextmanager
def _without_plugin_autoload() -> Iterator[None]:
    """Plugins that happen to be installed have no say in a grade."""
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _test_id(item: Any) -> str:
    return f"{item.path.stem}::{item.name}"
