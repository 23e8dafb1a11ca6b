"""Digests that say exactly what graded what: the grader version of a checkpoint, the reference, the environment."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import hypothesis
import numpy as np

import tito
from tito.course.checkpoints import CHECKPOINTS, MNIST, Checkpoint
from tito.course.config import Course
from tito.data import find_handwriting
from tito.errors import TitoError
from tito.notebooks.structure import AssignmentStructure


def grader_version(course: Course, checkpoint: Checkpoint) -> str:
    """SHA-256 over all that decides a grade of this checkpoint: graders, notebooks up to it, reference, platform.

    Two gradings under one version, of one submission, with one course secret, give the same result.
    """
    own = sorted((course.paths.graders / checkpoint.slug).glob("**/*.py"))
    parts = [f"tito {tito.__version__}", checkpoint.slug, reference_digest(course.root), _platform_digest()]
    parts += [
        f"{path.name} {_file_digest(path)}" for path in own if path.name != "mutants.py" and "correct" not in path.parts
    ]
    parts += [AssignmentStructure.read(course, earlier).digest for earlier in graded_checkpoints(course, checkpoint)]
    if checkpoint.milestone is MNIST:  # which pictures there are to read depends on the machine
        parts.append(f"data {find_handwriting(course.root, course.data_folder).digest}")
    return _sha256(parts)


def reference_digest(root: Path) -> str:
    """SHA-256 over the sources of `tinytorch_ref`: the course's own, or else the installed one."""
    folder = root / "tinytorch_ref"
    if not folder.is_dir():
        spec = importlib.util.find_spec("tinytorch_ref")
        if spec is None or spec.origin is None:
            raise TitoError(
                "there is no reference to grade against",
                where=str(folder),
                expected="the package tinytorch_ref in the course, or installed",
                next_step="Run `make setup` again.",
            )
        folder = Path(spec.origin).parent
    return _sha256(f"{path.relative_to(folder)} {_file_digest(path)}" for path in sorted(folder.rglob("*.py")))


@cache
def environment_digest(tier: str) -> str:
    """SHA-256 over the versions that a result may depend on."""
    parts = [platform.python_version(), np.__version__, hypothesis.__version__, platform.machine(), tier]
    return _sha256(parts)


def graded_checkpoints(course: Course, last: Checkpoint) -> list[Checkpoint]:
    """The checkpoints up to `last` whose notebooks and graders exist in this course, in order."""
    return [
        checkpoint for checkpoint in CHECKPOINTS if checkpoint.number <= last.number and has_graders(course, checkpoint)
    ]


def has_graders(course: Course, checkpoint: Checkpoint) -> bool:
    """Whether the checkpoint can be graded here: it has hidden graders and source notebooks."""
    return (course.paths.graders / checkpoint.slug).is_dir() and (course.paths.source / checkpoint.slug).is_dir()


def _platform_digest() -> str:
    """The platform's own part in a grade: the code that draws, runs and compares."""
    package = Path(tito.__file__).parent
    folders = ("checks", "data", "grading", "sandbox", "notebooks")
    files = sorted(path for folder in folders for path in (package / folder).rglob("*.py"))
    return _sha256(f"{path.relative_to(package)} {_file_digest(path)}" for path in files)


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sha256(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
