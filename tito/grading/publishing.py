"""Publishes what was graded for the first time, at the end of a run or while it goes on."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Final, Self

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.services.grading import Task
from tito.gradebook.services.publication import publish
from tito.grading.published import refresh_folders

SOON: Final = 1.0
"""Seconds between two publications, each of which is a transaction of its own."""


def publish_new(
    course: Course,
    gradebook: Gradebook,
    checkpoints: Collection[Checkpoint],
    actor: str,
    *,
    students: Collection[str] | None = None,
) -> None:
    """Publish grades of submissions that were never published before; one transaction a checkpoint.

    Of these students, or of all: then also what an earlier run graded and could not publish any more, which costs as
    much as the class is large. A grade that only the graders changed is not published: its student has seen another
    one. Nor is what somebody has taken back.
    """
    for checkpoint in checkpoints:
        with gradebook.begin(actor) as work:
            publish(work, course, checkpoint, students=students, note="graded", unseen=True)
        refresh_folders(course, gradebook, checkpoint, students=students)


class Lots:
    """Publishes grades while a run goes on: at once, or where others were just published, together a second after them.

    A context manager: however the run ends, what was graded is published, or its students would see "to be published"
    until something else makes somebody look for it. Only a process that is to end at once publishes nothing more: the
    next one looks through the class when it starts.
    """

    def __init__(
        self, course: Course, gradebook: Gradebook, actor: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._course = course
        self._gradebook = gradebook
        self._actor = actor
        self._clock = clock
        self._waiting: dict[Checkpoint, set[str]] = defaultdict(set)
        self._last = -math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, Exception):
            self.publish()

    def add(self, task: Task) -> None:
        """Note that a submission was graded, and publish what is due."""
        self._waiting[CHECKPOINTS[task.checkpoint]].add(task.student_id)
        self.publish_due()

    def publish_due(self) -> None:
        """Publish what waits, unless others were published just now. To be called a few times a second."""
        if self._waiting and self._clock() - self._last >= SOON:
            self.publish()

    def publish(self) -> None:
        """Publish what waits."""
        while self._waiting:
            checkpoint, students = self._waiting.popitem()
            publish_new(self._course, self._gradebook, [checkpoint], self._actor, students=students)
        self._last = self._clock()
