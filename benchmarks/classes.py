"""What is graded: a copy of this clone's course in `.tito/bench/`, and hand-ins as a class would make them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tito.cli.classroom import make_class
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course, load_course
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.notebooks.store import Store

CLONE = Path(__file__).resolve().parents[1]
BENCH = CLONE / ".tito" / "bench"
CP00, CP01 = CHECKPOINTS[0], CHECKPOINTS[1]
ACTOR = "system:benchmark"
# The platform and these programs are copied too and run from the copy, so that nobody's edit in the middle of a
# measurement makes another grader version of it, with deals to draw anew.
_PARTS = ("course_config.py", "source", "release", "graders", "tinytorch_ref", "tito", "benchmarks")
_KINDS = 24  # a class of this size has some of each kind
_ENDS_WITHOUT = ("hostile",)  # whoever hands these in would stop nbgrader's kernel, not be slow in it


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's notebook of checkpoint 01. `story` says what kind of work it is."""

    student: str
    story: str
    files: dict[str, bytes]


def bench_course(folder: Path = BENCH / "course") -> Course:
    """Copy the clone's course and load it. Deals that were drawn for these graders before are kept; nothing else is."""
    for part in _PARTS:
        origin, target = CLONE / part, folder / part
        if origin.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, target)
    course = load_course(folder)
    for left in (course.paths.store, course.paths.autograded):
        shutil.rmtree(left, ignore_errors=True)
    return course


def solutions(course: Course, count: int, *, name: str = "s") -> list[Submission]:
    """Finished work, each with a text of its own, so that no two have the same digest."""
    pupil = next(pupil for pupil in make_class(course, [CP01], 1) if pupil.story == "finished")
    work = pupil.work[CP01.slug]
    return [_signed(Submission(f"{name}{number:04}", "finished", work)) for number in range(count)]


def mixed(course: Course, count: int, *, name: str = "s") -> list[Submission]:
    """Finished work, mistakes of the graders' catalogue, half finished and untouched work, a syntax error."""
    kinds = [pupil for pupil in make_class(course, [CP01], _KINDS) if not pupil.story.startswith(_ENDS_WITHOUT)]
    return [
        _signed(Submission(f"{name}{number:04}", pupil.story, pupil.work[CP01.slug]))
        for number, pupil in enumerate(islice(cycle(kinds), count))
    ]


def earlier_work(course: Course) -> dict[str, bytes]:
    """Finished work on checkpoint 00."""
    return make_class(course, [CP00, CP01], 1)[0].work[CP00.slug]


def hand_in(course: Course, submissions: Sequence[Submission], *, earlier: bool, database: Path) -> None:
    """Make a new gradebook with the hand-ins recorded and nothing graded; with `earlier`, checkpoint 00 as well."""
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()
    database.parent.mkdir(parents=True, exist_ok=True)
    store = Store(course.paths.store)
    before = store.put(earlier_work(course)) if earlier else None
    with Gradebook.open(f"sqlite:///{database}", create=True) as book:
        with book.begin(ACTOR) as work:
            import_roster(work, [RosterEntry(one.student, one.student) for one in submissions])
        for one in submissions:
            digest = store.put(one.files)
            with book.begin(ACTOR) as work:
                record_submission(work, student_id=one.student, checkpoint=CP01, digest=digest)
                if before is not None:
                    record_submission(work, student_id=one.student, checkpoint=CP00, digest=before)


def _signed(submission: Submission) -> Submission:
    """The same work with the student's name as a comment in its first solution cell."""
    files = {}
    for name, content in submission.files.items():
        notebook = json.loads(content)
        cell = next(_written(notebook))
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        cell["source"] = f"{source}\n# {submission.student}"
        files[name] = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
    return Submission(submission.student, submission.story, files)


def _written(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and meta.get("solution") and not meta.get("grade"):
            yield cell
