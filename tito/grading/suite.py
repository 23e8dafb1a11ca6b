"""The hidden graders, collected once by pytest and re-run for every submission."""

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
from tito.grading.graded import GRADED, GradedTest, Test, TestInfo
from tito.grading.reference import ReferencePackage
from tito.grading.trial import GraderError

# Grading needs pytest's collection, asserts and parametrisation. Its fixtures, reports, capturing and caches cost more
# per test than the student's code does, and would write into the graders' folders. So the tests are run here.
_WITHOUT = (
    "cacheprovider", "capture", "doctest", "faulthandler", "junitxml", "logging", "nose", "pastebin", "randomly",
    "recwarn_dummy", "stepwise", "terminal", "threadexception", "unittest", "unraisableexception", "warnings",
    "hypothesispytest", "anyio", "setuponly", "setupplan", "debugging", "subtests",
)  # fmt: skip

_BY_ITSELF = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}


class Judge(Protocol):
    """Whom the suite hands each test: the judge of a submission, or one that checks the graders themselves."""

    def grade(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any]) -> object:
        """Run one test; `fixed` are its parametrised arguments."""


@dataclass(frozen=True, slots=True)
class _Entry:
    test_id: str
    test: GradedTest
    fixed: Mapping[str, Any] = field(default_factory=dict)
    is_cell: bool = False


@dataclass
class Suite:
    """The collected tests by checkpoint slug; `run` executes one checkpoint's tests against one judge."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)

    def tests(self, slug: str) -> Iterator[tuple[str, GradedTest]]:
        """Yield id and test of a checkpoint, public ones first."""
        return ((entry.test_id, entry.test) for entry in self.entries.get(slug, ()))

    def public_cells(self, slug: str) -> frozenset[str]:
        """The ids of the notebook's own test cells."""
        return frozenset(entry.test_id for entry in self.entries[slug] if entry.is_cell)

    def run(self, slug: str, judge: Judge, only: frozenset[str] | None = None) -> None:
        """Run a checkpoint's tests (`only` some, by id); raises what is not the student's fault."""
        for test in self.chosen(slug, only):
            judge.grade(*test)

    def chosen(self, slug: str, only: frozenset[str] | None = None) -> list[Test]:
        """A checkpoint's tests, or some, in the order in which they run."""
        return [
            (entry.test_id, entry.test, entry.fixed)
            for entry in self.entries[slug]
            if only is None or entry.test_id in only
        ]


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

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}\n{report.longreprtext}")

    @pytest.fixture
    def judge(self) -> None:
        """Stands for the judge while pytest collects; a test gets the real one when it runs."""

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
            if asked := _asked_of_pytest(item):
                self.errors.append(
                    f"{item.nodeid}: takes {asked}; a graded test takes `judge`, drawn and parametrised ones"
                )
                continue
            fixed = dict(item.callspec.params) if hasattr(item, "callspec") else {}
            hidden[item.path.parent.name].append(_Entry(_test_id(item), test, fixed))
        for slug, entries in hidden.items():
            cells = share_points(slug, self._cells[slug], entries)
            public = [_Entry(f"cell::{cell.grade_id}", cell_test(cell, self._package), is_cell=True) for cell in cells]
            self.suite.entries[slug] = public + entries


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
    with _by_itself(), contextlib.redirect_stdout(said):
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
def _by_itself() -> Iterator[None]:
    """Neither plugins that happen to be installed nor options of the person who grades have a say in a grade."""
    before = {name: os.environ.get(name) for name in _BY_ITSELF}
    os.environ.update(_BY_ITSELF)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _asked_of_pytest(item: Any) -> str:
    """Name the fixtures and marks of a test that only pytest's own running of it would heed."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    fixtures = [name for name in item.fixturenames if name not in ("judge", "request", *parameters)]
    marks = [f"@pytest.mark.{mark.name}" for mark in item.iter_markers() if mark.name != "parametrize"]
    return ", ".join([*(f"the fixture {name}" for name in fixtures), *marks])


def _test_id(item: Any) -> str:
    return f"{item.path.stem}::{item.name}"
