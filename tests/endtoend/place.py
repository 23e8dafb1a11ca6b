"""A course in miniature with a class in it, and the two ways to type commands at it: in this process, or in one of
its own that can be killed, locked out or deprived of its rights.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.grading import mini
from tests.grading.mini import CP01
from tito.cli.main import cli
from tito.course.config import Course

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds in which what a test waits for must come about, on a machine with much to do."""

FILE = "01_tensor.ipynb"
GOOD = mini.handin(CP01)[FILE]


@dataclass(frozen=True)
class Ran:
    """One run of a command line."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    def refused(self, *messages: str) -> None:
        """It ended as a problem that is told in words: what, and what to do next, and no traceback."""
        assert self.code == 1, self
        assert "Traceback" not in self.err, self.err
        assert "did not expect" not in self.err, self.err
        for message in ("error: ", "  next: ", *messages):
            assert message in self.err, (message, self.err)

    def well(self) -> Ran:
        """It ended well."""
        assert self.code == 0, self
        return self


@dataclass(frozen=True)
class Place:
    """A course's folder."""

    course: Course

    @property
    def root(self) -> Path:
        return self.course.root

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "LOGNAME": "ira", "COLUMNS": "120"}

    def tito(self, *arguments: object) -> Ran:
        """Run a command in this process."""
        words = ["-C", str(self.root), *map(str, arguments)]
        result = CliRunner().invoke(cli, words, env={"LOGNAME": "ira", "COLUMNS": "120"})
        return Ran(result.exit_code, result.stdout, result.stderr)

    def apart(self, *arguments: object, rights: bool = True) -> Ran:
        """Run a command in a process of its own; without `rights`, as somebody whom file permissions stop."""
        done = subprocess.run(
            [sys.executable, "-m", "tito", *map(str, arguments)],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=None if rights else without_rights,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, before: str = "") -> subprocess.Popen[str]:
        """Start a command in a session of its own, after the Python in `before` has run in its process."""
        program = f"{before}\nfrom tito.cli.main import main\nmain()\n"
        return subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def enrol(self, students: Iterable[str]) -> None:
        """Put students on the roster."""
        lines = ["student_id,name", *(f"{student},{student.title()}" for student in students)]
        (self.root / "roster.csv").write_text("\n".join(lines) + "\n")
        self.tito("roster", "import", self.root / "roster.csv").well()

    def put(self, student: str, files: Mapping[str, bytes], checkpoint: str = CP01.slug) -> Path:
        """Lay a hand-in where `collect` will look; return that folder."""
        folder = self.root / "in" / student / checkpoint
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return self.root / "in"

    def work(self, files: Mapping[str, bytes], checkpoint: str = CP01.slug) -> None:
        """Lay a student's own notebooks where `submit` takes them from."""
        folder = self.root / "assignments" / checkpoint
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)

    def count(self, table: str) -> int:
        """Rows of a table, read beside whoever writes."""
        with sqlite3.connect(f"file:{self.course.paths.gradebook}?mode=ro", uri=True) as connection:
            (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        connection.close()
        return int(number)

    def points(self) -> dict[str, str | None]:
        """The automatic points of each student's counted hand-in for checkpoint 01."""
        found = {}
        for student in self.tito("gradebook", "show", "--json").well().data["students"]:
            record = self.tito("gradebook", "student", student["student_id"], "--json").well().data
            earned = [one["earned"] for one in record["attempts"] if one["checkpoint"] == 1 and one["attempt"]]
            found[student["student_id"]] = earned[-1] if earned else None
        return found

    def processes(self) -> list[str]:
        """Command lines of processes that work on this course."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it ended while we looked
            if f"{self.root} " in line and path.parent.name != str(os.getpid()):
                found.append(line)
        return found


def build(root: Path, *, config: str = "") -> Place:
    """Make the course in miniature, with lines more in its config."""
    course = mini.build(root)
    if config:
        path = root / "course_config.py"
        path.write_text(f"{path.read_text()}\n{config}\n")
        course = mini.load_course(root)
    return Place(course)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    """A finished notebook to which something was done."""
    content = json.loads(GOOD)
    change(content)
    return {FILE: json.dumps(content).encode()}


def numbered(text: str) -> int:
    """The first number of a text."""
    found = re.search(r"\d+", text)
    assert found, text
    return int(found[0])


def ended(process: subprocess.Popen[str]) -> Ran:
    """Wait for the end of a process."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(process.returncode, out, err)


def without_rights() -> None:
    """Give up every capability at the next exec: root is then a user whom file permissions stop."""
    if os.getuid() != 0:
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        if prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")


def students_of(data: Sequence[Mapping[str, Any]]) -> set[str]:
    """The student ids of a list in a JSON answer."""
    return {one["student_id"] for one in data}
