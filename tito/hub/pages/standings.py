"""The matrix of the whole class, kept while nothing changes: several pages need all of it to show a part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from tito.course.config import Course
from tito.gradebook.queries import revision
from tito.gradebook.standing import StudentRow, standing


class Standings:
    """Worked out once for each state of the gradebook and each minute (a deadline may pass in it)."""

    def __init__(self, course: Course, clock: Callable[[], datetime]) -> None:
        self._course = course
        self._clock = clock
        self._lock = threading.Lock()
        self._key: tuple[str, datetime] | None = None
        self._rows: Sequence[StudentRow] = ()

    def __call__(self, session: Session) -> Sequence[StudentRow]:
        """Return the line of every active student. One query when nothing changed, eleven otherwise."""
        moment = self._clock()
        key = (revision(session), moment.replace(second=0, microsecond=0))
        with self._lock:  # twenty readers at once must not do the same work twenty times
            if key != self._key:
                self._rows = standing(session, self._course, moment)
                self._key = key
            return self._rows
