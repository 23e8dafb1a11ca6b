"""Make the student version of a checkpoint with nbgrader's own generate_assignment, and check the result.

nbgrader runs without its database first, into a temporary tree. Only a result that is what the structure promises
and that gives nothing away goes on: into nbgrader's database and, file by file, into `release/`. `release/` is
committed, so that the same source gives the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tito.notebooks.cells import same_text
from tito.notebooks.document import NotebookError, read_notebook
from tito.notebooks.files import dump_notebook, write_atomically
from tito.notebooks.leaks import LeakError, find_leaks
from tito.notebooks.structure import AssignmentStructure

if TYPE_CHECKING:
    from tito.course.checkpoints import Checkpoint
    from tito.course.config import Course


@dataclass(frozen=True, slots=True)
class Released:
    """What a release changed, or with `check_only` would change: names relative to the checkpoint's folder."""

    checkpoint: str
    folder: Path
    changed: tuple[str, ...]

    @property
    def current(self) -> bool:
        """Whether the release was already what the source gives."""
        return not self.changed


def release(course: Course, checkpoint: Checkpoint, *, check_only: bool = False) -> Released:
    """Generate the release of one checkpoint; with `check_only` write nothing and tell whether it is current.

    Raises LeakError when the result would give something away, NotebookError when nbgrader refuses the source or its
    result is not what grading takes as the untouched notebook. Nothing is written then.
    """
    structure = AssignmentStructure.read(course, checkpoint)
    target = Path(course.paths.release) / checkpoint.slug
    with _scratch(course) as scratch:
        files = _generate(course, checkpoint, scratch, None)
        _check_promise(structure, files)
        leaks = find_leaks(structure, files)
        if leaks:
            raise LeakError(leaks)
        changed = _changes(target, files)
        if not check_only:
            database = Path(course.paths.state) / "nbgrader.db"
            _generate(course, checkpoint, scratch / "again", database)
            _write(target, files, changed)
    return Released(checkpoint.slug, target, changed)


@contextlib.contextmanager
def _scratch(course: Course) -> Iterator[Path]:
    """A folder inside the course's state: the same disk, and nothing outside the clone."""
    state = Path(course.paths.state)
    state.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        with _locked(state):  # so that nobody takes a folder that was just made for one left behind
            for left in state.glob("release-*"):
                with contextlib.suppress(OSError), _locked(left, wait=False):
                    shutil.rmtree(left, ignore_errors=True)  # of a release that was killed; others are held
            folder = Path(tempfile.mkdtemp(prefix="release-", dir=state))
            held.enter_context(_locked(folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Lock a folder until the end of the block or of the process. Without `wait`, raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _generate(course: Course, checkpoint: Checkpoint, scratch: Path, database: Path | None) -> dict[str, bytes]:
    """Run nbgrader on one checkpoint and return the files it makes, notebooks in our stable form.

    It records the cells in `database`; without one only its SaveCells step is left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own deprecations are not the instructor's
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException
        from nbgrader.coursedir import CourseDirectory
        from nbgrader.preprocessors import SaveCells
        from traitlets.config import Config

        config = Config()
        config.CourseDirectory.root = str(course.root)
        config.CourseDirectory.course_id = course.course_id
        config.CourseDirectory.source_directory = str(course.paths.source)
        config.CourseDirectory.release_directory = str(scratch / "release")
        config.CourseDirectory.assignment_id = checkpoint.slug
        if database is None:
            config.GenerateAssignment.no_database = True
            kept = [step for step in GenerateAssignment.preprocessors.default_args[0] if step is not SaveCells]
            config.GenerateAssignment.preprocessors = kept
        else:
            config.CourseDirectory.db_url = f"sqlite:///{database}"
        log, lines = _log()
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=log)
        try:
            with programs_of_this_python():
                converter.start()
        except NbGraderException as error:
            reason = next((line for line in reversed(lines) if line and "Error" in line), str(error))
            if database is not None and "submissions associated with it" in reason:
                raise _has_submissions(checkpoint, database) from error
            raise NotebookError(
                f"nbgrader refuses the source notebook: {reason}",
                where=str(Path(course.paths.source) / checkpoint.slug),
                expected="notebooks with valid nbgrader metadata",
                next_step="correct the named cell in reference_impl, run `tito assignment sync`, then release again",
            ) from error
    folder = scratch / "release" / checkpoint.slug
    return {
        str(path.relative_to(folder)): _stable(path) if path.suffix == ".ipynb" else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _has_submissions(checkpoint: Checkpoint, database: Path) -> NotebookError:
    return NotebookError(
        f"nbgrader's database holds submissions of {checkpoint.slug}, and then takes no cells in or out; "
        "nothing was released",
        where=str(database),
        expected="the graded, solution and locked cells of the last release; texts and points may differ",
        next_step="put the cells back, or take the assignment out of that database with "
        f"`nbgrader db assignment remove {checkpoint.slug} --force` and release again: scores given in formgrader go "
        "with it, Tito's gradebook and everything handed in stay",
    )


@contextlib.contextmanager
def programs_of_this_python() -> Iterator[None]:
    """Let nbgrader find `alembic`, which it calls to make a database: it lies beside this interpreter."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), *([before] if before else [])])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


def _log() -> tuple[logging.Logger, list[str]]:
    """A logger of our own, so that nbgrader's lines are kept for the error and not printed."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend(record.getMessage().strip().split("\n"))

    log = logging.Logger("tito.release", logging.WARNING)  # noqa: LOG001 (a registered one would pass lines on)
    log.addHandler(Keep())
    return log, lines


def _stable(path: Path) -> bytes:
    """The notebook as we write it, without our own notes about pairing."""
    raw = read_notebook(path.read_bytes(), path.name).raw
    raw["metadata"].pop("tito", None)
    for cell in raw["cells"]:
        cell["source"] = "".join(cell["source"])
    return dump_notebook(raw)


def _check_promise(structure: AssignmentStructure, files: dict[str, bytes]) -> None:
    """Grading knows an untouched cell by `structure.released`; what is released must be just that."""
    for book in structure.notebooks:
        made = read_notebook(files[book.file], book.file).cells if book.file in files else ()
        for place, cell in zip(book.cells, made, strict=False):
            if not same_text(place.released, cell.source):
                raise NotebookError(
                    "nbgrader released another text than grading expects",
                    where=f"{book.file}, cell {place.index + 1}",
                    expected="nbgrader's default stubs and regions",
                    next_step="remove options of ClearSolutions and its like from course_config.py",
                )
        if len(made) != len(book.cells):
            raise NotebookError(
                f"the release of {book.file} has {len(made)} cells",
                where=str(structure.checkpoint),
                expected=f"{len(book.cells)} cells, as in the source",
                next_step="remove nbgrader's headers and footers from course_config.py",
            )


def _changes(target: Path, files: dict[str, bytes]) -> tuple[str, ...]:
    there = {str(path.relative_to(target)): path for path in target.rglob("*") if path.is_file()}
    changed = [name for name, data in files.items() if name not in there or there[name].read_bytes() != data]
    return tuple(sorted({*changed, *(set(there) - set(files))}))


def _write(target: Path, files: dict[str, bytes], changed: tuple[str, ...]) -> None:
    for name in changed:
        path = target / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, files[name])
        else:
            path.unlink()
