"""What the handlers share: the course, the gradebook, and a few threads for all that would block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tito.course.course import Course
from tito.gradebook import Gradebook
from tito.grading.grader import course_secret
from tito.hub.metrics import Metrics
from tito.hub.names import Names
from tito.hub.receipts import Signer
from tito.notebooks.collect import CollectCaps, caps_of

T = TypeVar("T")
READERS = 4
WRITERS = 8
"""More would only wait for each other: SQLite has one writer, and parsing holds the interpreter."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one upload may be."""

    upload_bytes: int
    """The zip as it is sent."""
    submission: CollectCaps
    """What is in it."""

    @classmethod
    def of(cls, course: Course) -> Caps:
        """What the course's limit of a notebook allows."""
        return cls(upload_bytes=2 * course.notebook_bytes, submission=caps_of(course.notebook_bytes))


@dataclass(frozen=True, slots=True)
class Service:
    """The running service. Functions that touch the disk or the database run in `read` or `write`."""

    course: Course
    gradebook: Gradebook
    caps: Caps
    names: Names
    signer: Signer
    metrics: Metrics
    uploads: Path
    readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(READERS, "tito-reads"))
    writers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WRITERS, "tito-writes"))
    """Threads of their own: a write may wait for the database's lock for seconds, and nobody's list with it."""

    @classmethod
    def open(cls, course: Course) -> Service:
        """Open the course's gradebook and throw away uploads that an earlier process did not finish.

        Raises TitoError when the gradebook, the secret or the state folder cannot be used.
        """
        uploads = course.paths.state / "uploads"
        uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in uploads.glob("*.part"):
            left.unlink(missing_ok=True)
        return cls(
            course=course,
            gradebook=Gradebook.open(course.database_url, create=True, busy_seconds=15.0),
            caps=Caps.of(course),
            names=Names(course.course_id),
            signer=Signer(course_secret(course.paths.secret)),
            metrics=Metrics(),
            uploads=uploads,
        )

    async def read(self, function: Callable[[], T]) -> T:
        """Call a function that writes nothing into the database in a thread of ours; return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, function)

    async def write(self, function: Callable[[], T]) -> T:
        """Call a function that may have to wait for its turn to write; return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self.writers, function)

    def close(self) -> None:
        """Finish what was begun, and close the gradebook."""
        self.readers.shutdown()
        self.writers.shutdown()
        self.gradebook.close()
