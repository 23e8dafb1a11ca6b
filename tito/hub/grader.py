"""Grades what is submitted as it comes: a process of its own, which the hub starts and starts again.

The gradebook says what is still to grade, and each result is one transaction. So this process may end at any moment,
by any signal: nothing is lost, and what was graded is not graded again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.models import Submission
from tito.grading.engine import Summary, grade_pending

log = logging.getLogger("tito.hub.grader")
ACTOR = "system:grader"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, in seconds."""

    look: float = 0.25
    """For something new: one short query."""
    sweep: float = 60.0
    """For what an earlier run could not grade: a fault of ours, or graders that changed."""
    pause: float = 5.0
    """After a run that could not start, for instance because somebody runs `tito grade`."""


def run_grader(
    course: Course,
    stop: threading.Event,
    pace: Pace = Pace(),
    *,
    lanes: int | None = None,
    grade: Callable[..., Summary] = grade_pending,
) -> None:
    """Grade and publish until `stop` is set. Raises TitoError only when the gradebook cannot be opened."""
    with Gradebook.open(course.database_url, create=True) as gradebook:
        seen, idle = -1, 0.0
        while not stop.is_set():
            try:
                newest = _newest(gradebook)
                if newest == seen and idle < pace.sweep:
                    idle += pace.look
                    stop.wait(pace.look)
                    continue
                summary = grade(course, gradebook, actor=ACTOR, lanes=lanes, keep=False)
            except TitoError as error:
                # The database is locked, another run is going on, graders are being edited: all of it passes.
                log.warning("grading waits %s s: %s", pace.pause, ascii(str(error))[:500])
                stop.wait(pace.pause)
                continue
            seen, idle = newest, 0.0
            if summary.total:
                log.info("graded %d in %.2f s, %d faults", summary.total, summary.seconds, len(summary.faults))


def _newest(gradebook: Gradebook) -> int:
    """The number of the newest hand-in: it was committed before the query, so a run after it sees that one."""
    with gradebook.read() as session:
        return session.scalar(select(func.max(Submission.id))) or 0
