"""A course of its own for the demos, in `.tito/demo/` of a clone: copied files, dates around today, its own records."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tito.cli.classroom import Pupil
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import CONFIG_FILE, load_course
from tito.course.course import Course
from tito.course.reading import FOLDERS
from tito.errors import TitoError

MARK: Final = "made-by-tito-demo"
PARTS: Final = (CONFIG_FILE, "reference_impl", "source", "graders", "tinytorch_ref")
HANDED_IN: Final = "handed-in"
_TIME = "%Y-%m-%d 23:59"


def fresh_course(origin: Path) -> Course:
    """Make the demo's folder anew from a clone's course and return the course in it. The clone itself is only read.

    All that the course writes lies in that folder, whatever the clone's config and the environment name.
    Raises TitoError when something that is not the demo's stands in the way, or a part of the course is missing.
    """
    root = _fresh_folder(origin)
    course = load_course(root)
    if course.database_url != _own_database(course.root):
        raise AssertionError("the simulated class must not come into another gradebook than the demo's own")
    return course


def _fresh_folder(origin: Path) -> Path:
    if origin.parent.name == ".tito" and (origin / MARK).is_file():  # called from inside an earlier demo
        origin = origin.parent.parent
    if not (origin / "graders").is_dir():
        raise TitoError(
            "there are no graders here", where=str(origin), next_step="run the demo in a clone of the course"
        )
    target = origin / ".tito" / "demo"
    if target.exists() or target.is_symlink():
        if not (target / MARK).is_file():
            raise TitoError(
                "this folder is not the demo's", where=str(target), next_step="move it away, then try again"
            )
        shutil.rmtree(target)
    target.mkdir(parents=True)
    (target / MARK).touch()
    for part in PARTS:
        path = origin / part
        if path.is_dir():
            shutil.copytree(path, target / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        elif path.is_file():
            shutil.copy2(path, target / part)
    _make_own(target, datetime.now(UTC))
    # A known secret: hidden tests draw the same inputs in each demo. A real course makes its own.
    (target / ".tito").mkdir()
    secret = target / ".tito" / "secret"
    secret.touch(mode=0o600)
    secret.write_text(hashlib.sha256(b"the demo's secret is known to all").hexdigest(), encoding="ascii")
    return target


def write_hand_ins(root: Path, pupils: Sequence[Pupil], roster: str) -> Path:
    """Write what the class hands in as an LMS would give it, `<student>/<checkpoint>/*.ipynb`; return the folder."""
    (root / "roster.csv").write_text(roster, encoding="utf-8-sig")
    for pupil in pupils:
        for checkpoint, files in pupil.work.items():
            folder = root / HANDED_IN / pupil.student_id / checkpoint
            folder.mkdir(parents=True)
            for name, content in files.items():
                (folder / name).write_bytes(content)
    return root / HANDED_IN


def demo_checkpoints(root: Path) -> list[Checkpoint]:
    """The checkpoints that the course has notebooks and graders for."""
    there = [cp for cp in CHECKPOINTS if (root / "graders" / cp.slug).is_dir() and (root / "source" / cp.slug).is_dir()]
    if not there:
        raise TitoError(
            "no checkpoint has notebooks and graders", where=str(root), next_step="run `tito course status`"
        )
    return there


def _own_database(root: Path, name: str = "gradebook.db") -> str:
    return f"sqlite:///{root.resolve() / '.tito' / name}"


def _make_own(root: Path, now: datetime) -> None:
    """Let the term be now (checkpoint 00 is due tomorrow, each later one a week after the one before) and here.

    The config that was copied, and the environment, may name a gradebook and folders that are in use.
    """
    lines = [
        "",
        "# --- the demo's own: its records and its files are here ---",
        f"c.TitoCourse.database_url = {_own_database(root)!r}",
        f"c.CourseDirectory.root = {str(root.resolve())!r}",
        f"c.CourseDirectory.db_url = {_own_database(root, 'nbgrader.db')!r}",
        *(f'c.CourseDirectory.{step}_directory = "{step}"' for step in FOLDERS),
        "# --- the term is now, and a program that hangs is not waited for so long ---",
        f'c.TitoCourse.term_starts = "{now - timedelta(days=20):{_TIME}}"',
        f'c.TitoCourse.term_ends = "{now + timedelta(days=140):{_TIME}}"',
        "c.SandboxLimits.wall_seconds = 2",
        "c.SandboxLimits.cpu_seconds = 2",
    ]
    for checkpoint in CHECKPOINTS:
        due = now + timedelta(days=1 + 7 * checkpoint.number)
        opens = now - timedelta(days=14)
        name = f"c.Checkpoint{checkpoint.number:02}"
        lines.append(f'{name}.opens, {name}.due = "{opens:{_TIME}}", "{due:{_TIME}}"')
    with (root / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
