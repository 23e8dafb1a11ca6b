"""Starts grading runs as processes and reads what they report."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.classes import Submission, hand_in
from tito.course.config import Course


@dataclass(frozen=True, slots=True)
class GradingRun:
    """One run: seconds of wall and CPU time of the whole tree of processes, and what the run told of itself."""

    wall: float
    cpu: float
    told: dict[str, Any]


class Gradebooks:
    """Gradebooks with hand-ins and no results, made once and copied for each run, so that every run starts alike."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._folder = course.root / "gradebooks"
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, name: str, submissions: Sequence[Submission], *, earlier: bool = False) -> None:
        """Record the hand-ins in a gradebook of this name; with `earlier`, finished work on checkpoint 00 as well."""
        hand_in(self._course, submissions, earlier=earlier, database=self._folder / f"{name}.db")

    def grade(self, name: str, *options: str) -> GradingRun:
        """Grade what a gradebook holds, on one lane unless the options say otherwise. Raises ProcessFailed."""
        shutil.rmtree(self._course.paths.autograded, ignore_errors=True)
        current = self._folder / "current.db"
        for old in self._folder.glob("current.db*"):
            old.unlink()
        shutil.copy2(self._folder / f"{name}.db", current)
        root = self._course.root
        command = [sys.executable, "-m", "benchmarks.grading_run", str(root), str(current), *options]
        ran = processes.run(command, cwd=root, env=_environment(root))
        told = json.loads(ran.output)
        return GradingRun(ran.wall, ran.cpu + told["unwaited_cpu"], told)


def _environment(root: Path) -> dict[str, str]:
    """The course's own copy of the platform comes first; nothing of the caller's shell matters."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ}
    return kept | {"PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
