"""`course_config.py` read and checked: `load_course` gives the course as the platform uses it.

All problems are found in one go, each with its file and line: `check_config`. The file is the
instructor's own and trusted; it is run by traitlets' loader, as nbgrader runs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tito.course.configfile import load_file
from tito.course.course import Course, Paths
from tito.course.nbgrader_options import nbgrader_problems
from tito.course.policies import Assessment, AttemptPolicy, LatePolicy, RevealPolicy
from tito.course.problems import Problem, raise_first
from tito.course.reading import Reader
from tito.errors import TitoError

CONFIG_FILE: Final = "course_config.py"
__all__ = [
    "CONFIG_FILE",
    "Assessment",
    "AttemptPolicy",
    "Course",
    "LatePolicy",
    "Paths",
    "Problem",
    "RevealPolicy",
    "check_config",
    "find_course_root",
    "load_course",
]


def find_course_root(start: Path | None = None) -> Path:
    """Return the nearest folder at or above `start` (default: here) with a config. Raises TitoError."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder
    raise TitoError(
        f"no {CONFIG_FILE} here",
        where=str(start),
        expected="a course's folder or a folder inside one",
        next_step="change to the course's folder and try again",
    )


def load_course(root: Path | None = None) -> Course:
    """Read the course of a folder (default: of the folder where we are).

    Raises TitoError with the first problem of the config and the count of the others.
    """
    course, problems = _read(find_course_root() if root is None else root.resolve(), with_nbgraders=False)
    raise_first(problems)
    if course is None:
        raise AssertionError("a config without an error gives a course")
    return course


def check_config(root: Path) -> list[Problem]:
    """Return every problem of the course's config, nbgrader's options included, sorted by file and line.

    Empty when all is well. Files are named relative to the course's root.
    """
    return _read(root.resolve(), with_nbgraders=True)[1]


def _read(root: Path, *, with_nbgraders: bool) -> tuple[Course | None, list[Problem]]:
    path = root / CONFIG_FILE
    if not path.is_file():
        what = f"there is no {CONFIG_FILE} in {root}"
        return None, [Problem(CONFIG_FILE, None, what, "the course's config", "change to the course's folder")]
    loaded = load_file(path)
    reader = Reader(root, loaded)
    course = reader.course()
    problems = list(reader.problems)
    if with_nbgraders:
        told = {(problem.file, problem.line, problem.what) for problem in problems}
        problems += [p for p in nbgrader_problems(loaded) if (p.file, p.line, p.what) not in told]
    return course, sorted(
        (problem.relative_to(root) for problem in problems),
        key=lambda problem: (problem.file != CONFIG_FILE, problem.file, problem.line or 0),
    )
