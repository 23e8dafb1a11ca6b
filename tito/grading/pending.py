"""What a run of grading has to grade: what it found when it began, and what came while it graded."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.queries import extended_dues, graded_from
from tito.gradebook.services.grading import Task, newest_digests, to_grade
from tito.grading.jobs import Job
from tito.grading.published import published_submissions
from tito.grading.version import has_graders

SOONEST_AGAIN: Final = timedelta(minutes=1)
"""Twice this after the first failure a submission is tried again; after each further one it is twice as long."""
LATEST_AGAIN: Final = timedelta(hours=6)
"""And at most this: whatever ailed the machine for a night is over in the morning."""


class Pending:
    """The submissions of a run, as tasks for the gradebook and as jobs for lanes; a job's number is its task's place.

    `tasks` only grows. Where the run `follows` what comes, a student's jobs are given out one after the other: whoever
    hands in twice what never ends holds one lane by it and no more.
    """

    def __init__(
        self,
        course: Course,
        gradebook: Gradebook,
        checkpoints: Collection[Checkpoint],
        *,
        students: Collection[str] | None = None,
        again: bool = False,
        by_policy: bool = False,
        show: bool = True,
        follows: bool = False,
    ) -> None:
        self._course = course
        self._gradebook = gradebook
        self._checkpoints = [checkpoint.number for checkpoint in checkpoints]
        self._students = students
        self._again = again
        self._by_policy = by_policy
        self._show = show
        self._follows = follows
        self._waiting: deque[Job] = deque()
        self._under_way: dict[int, str] = {}  # students by their jobs' numbers
        self.tasks: list[Task] = []
        self.next_at: datetime | None = None

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing to give out now."""
        return self._place() is None

    def look(self) -> None:
        """Find what there is to grade now and was not found before; a run tries nothing twice.

        By the course's policy that is what is due for its student, and `next_at` says when the next one will be. What
        failed by our own fault is due again later and later: each failure is kept for ever, and most stay until
        somebody does something, who grades by hand or changes the graders.
        """
        known = {task.submission_id for task in self.tasks}
        with self._gradebook.read() as session:
            extended = extended_dues(session, self._course)
            tasks = to_grade(session, checkpoints=self._checkpoints, students=self._students, again=self._again)
            found = [task for task in tasks if task.submission_id not in known]
            if self._by_policy:
                found = self._due(found, extended)
            newest = newest_digests(session, {task.student_id for task in found})
        if found:
            self._waiting += self._jobs(found, newest, extended)
            self.tasks += found

    def jobs(self) -> Iterator[Job | None]:
        """What to grade next, and next; None where that is nothing at the moment, and more may come."""
        while self._waiting or self._follows:
            yield self._next()

    def answered(self, number: int) -> Task:
        """Note that a job was answered; return its task."""
        del self._under_way[number]
        return self.tasks[number]

    def _next(self) -> Job | None:
        place = self._place()
        if place is None:
            return None
        job = self._waiting[place]
        del self._waiting[place]
        self._under_way[job.number] = job.student
        return job

    def _place(self) -> int | None:
        """Where the next job to give out stands."""
        busy = set(self._under_way.values()) if self._follows else frozenset[str]()
        return next((place for place, job in enumerate(self._waiting) if job.student not in busy), None)

    def _due(self, tasks: list[Task], extended: dict[tuple[str, int], datetime]) -> list[Task]:
        """The tasks that the course's policy lets be graded now."""
        now = self._gradebook.clock()
        until = [
            graded_from(self._course, extended, task.student_id, task.checkpoint, now) or _tried_again(task, now)
            for task in tasks
        ]
        self.next_at = min(filter(None, until), default=None)
        return [task for task, waits in zip(tasks, until, strict=True) if waits is None]

    def _jobs(
        self, tasks: list[Task], newest: dict[str, dict[int, str]], extended: dict[tuple[str, int], datetime]
    ) -> Iterator[Job]:
        """Jobs in the order of their tasks.

        A folder is written for what students will see when it is graded, and not for a regrade, which may never be
        published.
        """
        seen = published_submissions(self._gradebook)
        known = {checkpoint.number for checkpoint in self._course.checkpoints if has_graders(self._course, checkpoint)}
        for number, task in enumerate(tasks, len(self.tasks)):
            slug = CHECKPOINTS[task.checkpoint].slug
            own = newest[task.student_id]
            earlier = {cp: digest for cp, digest in own.items() if cp < task.checkpoint and cp in known}
            folder = f"{task.student_id}/{slug}" if self._show and task.submission_id not in seen else None
            due_at = extended.get((task.student_id, task.checkpoint))
            shown_due = None if due_at is None else due_at.isoformat()
            yield Job(number, slug, task.digest, earlier, folder, task.student_id, due_at=shown_due)


def _tried_again(task: Task, now: datetime) -> datetime | None:
    """When a submission that failed by our fault is tried again; None where it is time, or where it never failed."""
    if task.failed_at is None:
        return None
    at = task.failed_at + min(SOONEST_AGAIN * 2 ** min(task.faults, 10), LATEST_AGAIN)  # ten is beyond the latest
    return at if at > now else None
