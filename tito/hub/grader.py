"""Grades what is submitted as it comes: a process of its own, which the hub starts and starts again.

The gradebook says what is still to grade, and each result is one transaction. So this process may end at any moment,
by any signal: nothing is lost, and what was graded is not graded again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

import tito
from tito.course.checkpoints import Checkpoint
from tito.course.config import Course, load_course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.errors import GradebookError
from tito.gradebook.gradebook import Clock, server_clock
from tito.gradebook.models import Submission
from tito.grading.engine import Summary, gradable, grade_pending
from tito.grading.publishing import publish_new
from tito.grading.trial import GraderError
from tito.grading.version import grader_version
from tito.grading.warm import WarmLanes
from tito.notebooks.document import NotebookError

log = logging.getLogger("tito.hub.grader")
ACTOR = "system:grader"
GIVE_WAY = 5
"""How far lanes give way (nice(2)): at a deadline they would take the cores from the service, which needs little. This
process does not: whatever waits for the gradebook would wait for it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, in seconds."""

    look: float = 0.25
    """For something new: one short query."""
    sweep: float = 60.0
    """For what an earlier run could not grade: a fault of ours, graders or due dates that changed."""
    pause: float = 5.0
    """After a run that could not start, for instance because somebody runs `tito grade`."""


def run_grader(
    root: Path,
    stop: threading.Event,
    pace: Pace = Pace(),
    *,
    lanes: int | None = None,
    grade: Callable[..., Summary] = grade_pending,
    clock: Clock = server_clock,
) -> None:
    """Grade and publish until `stop` is set, or until this process is out of date and has to be started again.

    Each run reads the course's config again, and grades on lanes that are kept from run to run. What comes while a run
    goes on is graded by it; where the config or graders have changed since it began, by the next one.
    Raises TitoError only when the course cannot be read at the start, or the gradebook not be opened.
    """
    code, database_url = _code(), load_course(root).database_url
    with Gradebook.open(database_url, create=True, clock=clock) as gradebook, WarmLanes(nice=GIVE_WAY) as warm:
        watch, idle, settled = _Watch(gradebook), 0.0, False
        runs = _Runs(grade, gradebook, lanes, warm)
        next_at: datetime | None = None
        while not stop.is_set():
            try:
                if not watch.news(next_at) and idle < pace.sweep:
                    warm.rest()
                    idle += pace.look
                    stop.wait(pace.look)
                    continue
                if _code() != code or (course := load_course(root)).database_url != database_url:
                    log.info("Tito was changed, or the gradebook is another one: starts again")
                    return
                if idle >= pace.sweep:
                    runs.try_again(course)
                summary = runs.grade(course, _More(watch, code, course))
                if not settled:
                    _settle(course, gradebook)
            except TitoError as error:
                # The database is locked, another run is going on, graders are being edited: all of it passes.
                log.warning("grading waits %s s: %s", pace.pause, ascii(str(error))[:500])
                settled = False
                watch.forget()
                stop.wait(pace.pause)
                continue
            idle, settled, next_at = 0.0, True, summary.next_at
            if summary.total:
                log.info("graded %d in %.2f s, %d faults", summary.total, summary.seconds, len(summary.faults))


class _Runs:
    """Runs of grading in which a checkpoint with graders or notebooks in disorder holds up no other one.

    Nor does it cost the others the lanes that are kept: it is left out until something about it has changed, and tried
    again now and then on lanes of its own, in case it was not its own fault.
    """

    def __init__(self, grade: Callable[..., Summary], gradebook: Gradebook, lanes: int | None, warm: WarmLanes) -> None:
        self._grade, self._gradebook, self._lanes, self._warm = grade, gradebook, lanes, warm
        self._broken: dict[str, str] = {}
        """By checkpoint, the version of its graders when it could not be graded."""

    def grade(self, course: Course, more: _More) -> Summary:
        """Grade what there is to grade. Raises TitoError for what concerns all checkpoints."""
        sound = [one for one in gradable(course, None) if self._broken.get(one.slug) != _version(course, one)]
        try:
            return self._run(course, sound, run=self._warm, more=more)
        except (GraderError, NotebookError):
            return self._one_by_one(course, sound, run=self._warm)

    def try_again(self, course: Course) -> None:
        """Grade what is left out. Raises as `grade`."""
        self._one_by_one(course, [one for one in gradable(course, None) if one.slug in self._broken])

    def _one_by_one(self, course: Course, checkpoints: Sequence[Checkpoint], **options: Any) -> Summary:
        """Each by itself, and without taking in more: that would be more of one checkpoint, while others wait."""
        whole = Summary("", 0)
        for checkpoint in checkpoints:
            try:
                one = self._run(course, [checkpoint], **options)
            except (GraderError, NotebookError) as error:
                self._broken[checkpoint.slug] = _version(course, checkpoint)
                log.warning("%s is not graded: %s", checkpoint.slug, ascii(str(error))[:500])
                continue
            self._broken.pop(checkpoint.slug, None)
            whole.total += one.total
            whole.seconds += one.seconds
            whole.graded += one.graded
            whole.next_at = min(filter(None, (whole.next_at, one.next_at)), default=None)
        return whole

    def _run(self, course: Course, checkpoints: Sequence[Checkpoint], **options: Any) -> Summary:
        return self._grade(
            course,
            self._gradebook,
            checkpoints=checkpoints,
            actor=ACTOR,
            by_policy=True,
            keep=False,
            soon=True,
            lanes=self._lanes,
            **options,
        )


def _version(course: Course, checkpoint: Checkpoint) -> str:
    """The version of a checkpoint's graders; empty while it cannot be told, because notebooks are in disorder."""
    try:
        return grader_version(course, checkpoint)
    except TitoError:
        return ""


def _settle(course: Course, gradebook: Gradebook) -> None:
    """Publish what a run that was stopped could not publish any more. Raises GradebookError, to be tried again."""
    for checkpoint in gradable(course, None):
        try:
            publish_new(course, gradebook, [checkpoint], ACTOR)
        except GradebookError:
            raise
        except TitoError as error:  # the folders of old work that fits no longer: they stay as they are
            log.warning("%s: %s", checkpoint.slug, ascii(str(error))[:500])


def _code() -> set[tuple[str, int, int]]:
    """What tells whether the files of Tito are those that this process runs: lanes would start from other ones."""
    folder = Path(tito.__file__).parent
    found = ((path, path.stat()) for path in folder.rglob("*.py"))
    return {(str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found}


class _Watch:
    """Looks whether something was handed in, or is due."""

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook
        self._seen = -1

    def forget(self) -> None:
        """What was handed in is news once more: it could not be graded."""
        self._seen = -1

    def news(self, next_at: datetime | None, provided: Callable[[], bool] = lambda: True) -> bool:
        """Whether something came since this was last so, or `next_at` is over; news stay news until it is `provided`.

        The number of the newest hand-in tells: it was committed before the query, so whoever looks after it sees it.
        """
        with self._gradebook.read() as session:
            newest = session.scalar(select(func.max(Submission.id))) or 0
        due = next_at is not None and self._gradebook.clock() >= next_at
        if (newest == self._seen and not due) or not provided():
            return False
        self._seen = newest
        return True


class _More:
    """Whether a run may grade what came since it began: all that its lanes have read must be as it was."""

    def __init__(self, watch: _Watch, code: set[tuple[str, int, int]], course: Course) -> None:
        self._watch = watch
        self._code = code
        self._course = course

    def __call__(self, next_at: datetime | None, versions: Mapping[str, str]) -> bool:
        return self._watch.news(next_at, provided=lambda: self._same(versions))

    def _same(self, versions: Mapping[str, str]) -> bool:
        try:
            course = load_course(self._course.root)
            graders = {one.slug: grader_version(course, one) for one in gradable(course, None)}
        except TitoError:  # it is being edited: the next run will say so, if it stays
            return False
        return (_code(), course) == (self._code, self._course) and versions.items() <= graders.items()
