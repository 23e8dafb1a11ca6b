"""Submit and collect of 200 hand-ins, by nbgrader's own code: its exchange of files on a disk against ours over HTTP.

Both sides in one process, student by student in alternation. A submit is what the Assignment List's button calls
(`AssignmentList.submit_assignment`), in each student's own folder with their own config; before it the list was
opened, as it is in JupyterLab. Collect is what formgrader's button calls (`NbGraderAPI.collect`), into an empty folder,
three times on each side in turns. nbgrader's side is its default classes on a folder of this disk: copies, with no
identity, no look into the notebook and no record. Ours goes through the hub's proxy to the service, which does all that
before it answers; nothing is graded meanwhile.

Then the same as people type it, `nbgrader submit` by some more students and `nbgrader collect`, each a process.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any, Final, TypeVar
from unittest.mock import patch

from nbgrader.api import Gradebook as NbgraderGradebook
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.assignment_list.handlers import AssignmentList

from benchmarks import processes
from benchmarks.classes import CLONE, CP01, Submission, solutions
from benchmarks.figures import Figure, middle, spread, times
from benchmarks.hub import INSTRUCTOR, Hub, running
from benchmarks.registry import Size, say
from tito.exchange.client import TOKEN_VARIABLE, URL_VARIABLE
from tito.notebooks.release import programs_of_this_python

T = TypeVar("T")
LABELS: Final = ("nbgrader's", "ours")
ROUNDS: Final = range(3)
"""Collects on each side, in turns."""
OURS: Final = "from tito.exchange import configure\n\nconfigure(get_config(), {course!r})\n"
STOCK: Final = """c = get_config()
c.CourseDirectory.course_id = {course!r}
c.CourseDirectory.student_id = {student!r}
c.Exchange.root = {exchange!r}
c.Exchange.cache = {cache!r}
c.ExchangeCollect.check_owner = False  # all folders are this user's: it would log a warning for each
"""


@dataclass(frozen=True, slots=True)
class Pupils:
    """How many submit by the button, and how many by the command."""

    button: int
    command: int

    @classmethod
    def of(cls, size: Size) -> Pupils:
        """200 and 5; few of them to see that it works."""
        return cls(3, 1) if size.small else cls(200, 5)

    @property
    def names(self) -> list[str]:
        """The roster."""
        return [f"copy{number:04}" for number in range(self.button + self.command)]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two exchanges: a folder with a home for each person, and what each has in the environment."""

    root: Path
    course_id: str
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def move_in(self, person: str, config: str, files: Mapping[str, bytes]) -> None:
        """Make a home, with the assignment in it."""
        home = self.root / person
        (home / CP01.slug).mkdir(parents=True)
        (home / "nbgrader_config.py").write_text(config, encoding="utf-8")
        for name, content in files.items():
            (home / CP01.slug / name).write_bytes(content)

    def submit(self, student: str) -> float:
        """Open the list, press the button; return the seconds of the button."""
        with self._being(student) as home:
            lister = AssignmentList()
            lister.root_dir = str(home)
            _good(lister.list_assignments(self.course_id))
            begun = time.perf_counter()
            _good(lister.submit_assignment(self.course_id, CP01.slug))
            return time.perf_counter() - begun

    def collect(self) -> float:
        """Press formgrader's button, as if for the first time; return its seconds."""
        self._forget()
        with self._being(INSTRUCTOR):
            app = NbGrader()
            app.load_config_file()
            course = CourseDirectory(config=app.config)
            with NbgraderGradebook(course.db_url, self.course_id):
                pass  # making the database takes seconds; a course has it before it has submissions
            api = NbGraderAPI(coursedir=course, config=app.config)
            begun = time.perf_counter()
            _good(api.collect(CP01.slug))
            return time.perf_counter() - begun

    def gather(self) -> float:
        """Collect everything by the command, as if for the first time; return its seconds."""
        self._forget()
        return self.run(INSTRUCTOR, "collect")

    def _forget(self) -> None:
        rmtree(self.root / INSTRUCTOR / "submitted", ignore_errors=True)

    def run(self, person: str, command: str) -> float:
        """Run `nbgrader submit` or `collect` as a process; return its seconds."""
        with self._being(person) as home:
            words = [sys.executable, "-m", "nbgrader", command, CP01.slug, "--log-level=ERROR"]
            environment = dict(os.environ) | {"PYTHONPATH": str(CLONE), "PYTHONDONTWRITEBYTECODE": "1"}
            return processes.run(words, cwd=home, env=environment).wall

    def collected(self) -> dict[str, bytes]:
        """What the instructor has, by student."""
        folder = self.root / INSTRUCTOR / "submitted"
        return {path.parts[-3]: path.read_bytes() for path in folder.glob(f"*/{CP01.slug}/*.ipynb")}

    @contextmanager
    def _being(self, person: str) -> Iterator[Path]:
        home = self.root / person
        own = {"JUPYTER_CONFIG_DIR": str(self.root / "config"), "JUPYTER_DATA_DIR": str(home / "data")}
        with patch.dict(os.environ, {**own, **self.variables.get(person, {})}), programs_of_this_python(), chdir(home):
            yield home


def run(size: Size) -> list[Figure]:
    """Start a hub, and compare on it."""
    pupils = Pupils.of(size)
    with running(pupils.names, grader=()) as hub:
        return measure(hub, pupils)


def measure(hub: Hub, pupils: Pupils) -> list[Figure]:
    """Compare on a running hub whose roster has these students."""
    folder = hub.folder / "exchange"
    rmtree(folder, ignore_errors=True)
    work = solutions(hub.course, pupils.button + pupils.command, name="copy")
    sides = (_stock(folder / "stock", hub, work), _ours(folder / "ours", hub, work))
    names = [one.student for one in work]
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # a line for each student on both sides
    try:
        submitted = _in_turn(sides, lambda side, name: side.submit(name), names[: pupils.button])
        collected = _in_turn(sides, lambda side, _: side.collect(), ROUNDS)
        say(f"{pupils.button} submitted and collected")
        typed = _in_turn(sides, lambda side, name: side.run(name, "submit"), names[pupils.button :])
        gathered = _in_turn(sides, lambda side, _: side.gather(), ROUNDS)
    finally:
        logging.disable(before)
    sent = {one.student: content for one in work for content in one.files.values()}
    for side in sides:
        assert sent.items() <= side.collected().items(), "what was collected is what was submitted"
    return _figures(submitted, collected, typed, gathered)


def _ours(root: Path, hub: Hub, work: Sequence[Submission]) -> Side:
    course = hub.course.course_id
    people = [hub.student(one.student) for one in work] + [hub.instructor()]
    variables = {one.name: {URL_VARIABLE: hub.service_url, TOKEN_VARIABLE: one.token} for one in people}
    side = Side(root, course, variables)
    for one in work:
        side.move_in(one.student, OURS.format(course=course), one.files)
    side.move_in(INSTRUCTOR, OURS.format(course=course), {})
    return side


def _stock(root: Path, hub: Hub, work: Sequence[Submission]) -> Side:
    side, course, exchange = Side(root, hub.course.course_id), hub.course.course_id, root / "exchange"
    for name in ("inbound", "feedback"):
        (exchange / course / name).mkdir(parents=True)
    copytree(hub.course.paths.release / CP01.slug, exchange / course / "outbound" / CP01.slug)
    exchange.chmod(0o777)  # it insists
    for one in [*work, Submission(INSTRUCTOR, "", {})]:
        cache = str(root / one.student / "cache")
        student = "*" if one.student == INSTRUCTOR else one.student
        config = STOCK.format(course=course, student=student, exchange=str(exchange), cache=cache)
        side.move_in(one.student, config, one.files)
    return side


def _in_turn(sides: Sequence[Side], do: Callable[[Side, T], float], each: Sequence[T]) -> list[list[float]]:
    """Seconds by side, of each student or round. Each side goes first half of the time."""
    found: list[list[float]] = [[] for _ in sides]
    for number, one in enumerate(each):
        for place in (0, 1) if number % 2 else (1, 0):
            found[place].append(do(sides[place], one))
    return found


def _figures(
    submitted: Sequence[Sequence[float]],
    collected: Sequence[Sequence[float]],
    typed: Sequence[Sequence[float]],
    gathered: Sequence[Sequence[float]],
) -> list[Figure]:
    def compared(name: str, found: Sequence[float], unit: str, *, required: bool = False) -> Figure:
        stock, ours = found
        figure = times(name, stock, ours, unit, labels=LABELS, least=1)
        return figure if required else replace(figure, required="", met=None)

    count = len(submitted[0])
    each = [middle(seconds) * 1000 for seconds in submitted]
    ranges = " and ".join(spread([one * 1000 for one in seconds]) for seconds in submitted)
    brought, fetched = ([middle(seconds) for seconds in found] for found in (collected, gathered))
    both = [sum(seconds) + gathering for seconds, gathering in zip(submitted, brought, strict=True)]
    words = [middle(seconds) for seconds in typed]
    whole = [count * seconds + gathering for seconds, gathering in zip(words, fetched, strict=True)]
    return [
        compared(f"a submit by the button, median of {count} ({ranges})", each, "ms"),
        compared(f"collect of {count} by the button, median of {len(ROUNDS)}", brought, "s"),
        compared(f"{count} submits and their collect by the buttons", both, "s", required=True),
        compared(f"`nbgrader submit` as a command, median of {len(typed[0])}", words, "s"),
        compared(f"`nbgrader collect` of all as a command, median of {len(ROUNDS)}", fetched, "s"),
        compared(f"{count} such submits and the collect", whole, "s", required=True),
    ]


def _good(answer: Mapping[str, Any]) -> None:
    if not answer["success"]:
        raise AssertionError(answer)
