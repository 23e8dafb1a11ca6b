"""What is worked out from the whole class, kept while the gradebook does not change: several pages need all of it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session

from tito.course.config import Course
from tito.gradebook.collection import keep_away, no_collection
from tito.gradebook.queries import revision
from tito.gradebook.standing import StudentRow, find_standing, standing

Value = TypeVar("Value")
_LARGE: Final = 20_000
"""Blocks of memory from which on what was kept is worth keeping away from the garbage collector: a hundred students."""
_TIDIED: Final = 32
"""Times after which what was kept away is looked through once."""
_NAME: Final = "standings"
_STATE: Final = "tito.state"
"""Where a session remembers which state it sees."""


class Kept:
    """Values by name, each good for one state of the gradebook. May be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Held for a look at the dictionaries and no longer; each value has a lock of its own."""
        self._values: dict[str, _Value] = {}
        self._shared: dict[str, Any] = {}
        self._grown = 0
        """Blocks of memory that values took since they were last kept away: many small ones are large as well."""
        self._away = 0

    def get(self, session: Session, name: str, work_out: Callable[[], Value], at: Hashable = None) -> Value:
        """Return the value of that name; it is worked out anew when the gradebook or `at` is another one.

        One query a session. The value is shared: nobody may change it. `work_out` may ask for values of other names.
        """
        stamp = (_state(session), at)
        with self._lock:
            kept = self._values.setdefault(name, _Value())
        with kept.lock:  # twenty readers at once must not do the same work twenty times
            if kept.stamp != stamp:
                before = sys.getallocatedblocks()
                with no_collection():
                    kept.value = work_out()
                kept.stamp = stamp
                self._keep_away(sys.getallocatedblocks() - before)
            value: Value = kept.value
            return value

    def at_hand(self, session: Session, name: str, at: Hashable = None) -> Any:
        """Return what `get` would return without any work; None where there would be some. One query a session."""
        with self._lock:
            kept = self._values.get(name)
        if kept is None or not kept.lock.acquire(blocking=False):  # somebody is working it out just now
            return None
        try:
            return kept.value if kept.stamp == (_state(session), at) else None
        finally:
            kept.lock.release()

    def _keep_away(self, grown: int) -> None:
        """Take what is there out of the garbage collector's sight, once values have grown enough for it."""
        with self._lock:
            self._grown += grown
            if self._grown < _LARGE:
                return
            self._grown = 0
            self._away += 1
            keep_away(tidy=self._away % _TIDIED == 0)

    def shared(self, name: str, make: Callable[[], Value]) -> Value:
        """Return the object of that name, made at the first call: one that keeps itself up to date."""
        with self._lock:
            if name not in self._shared:
                self._shared[name] = make()
            value: Value = self._shared[name]
            return value


class _Value:
    """What is kept under a name, for the state of the gradebook that `stamp` names."""

    __slots__ = ("lock", "stamp", "value")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stamp: Hashable = None
        self.value: Any = None


def _state(session: Session) -> str:
    """Return which state of the gradebook a session sees: it sees the same one all the time, and is asked once."""
    known: str | None = session.info.get(_STATE)
    if known is None:
        known = session.info[_STATE] = revision(session)
    return known


class Standings:
    """The lines of the students as one request sees them: of the same state and the same minute all through.

    They are kept, and made anew each minute too, as a deadline may pass in it.
    """

    def __init__(self, session: Session, course: Course, now: datetime, kept: Kept) -> None:
        self._session, self._course, self._now, self._kept = session, course, now, kept
        self._minute = now.replace(second=0, microsecond=0)

    @property
    def rows(self) -> Sequence[StudentRow]:
        """The lines of all active students, by section, name and id. Eleven queries, one when nothing changed."""
        return self._lines.rows

    def of(self, student_id: str) -> StudentRow:
        """Return a student's line, also of one who left. Raises GradebookError for an unknown one.

        From the lines of all while nothing changed, and else for this student alone, in ten queries: who looks at
        their own page while a class hands in must not wait until the whole class was worked out.
        """
        known: _Lines | None = self._kept.at_hand(self._session, _NAME, at=self._minute)
        row = None if known is None else known.by_student.get(student_id)
        return row or find_standing(self._session, self._course, self._now, student_id)

    def beside(self, name: str, make: Callable[[], Value]) -> Value:
        """Return what was made beside the lines of all, at the first call; it goes when they do."""
        beside = self._lines.beside
        if name not in beside:
            beside.setdefault(name, make())  # two at once may both make it; the first one stays
        value: Value = beside[name]
        return value

    @property
    def _lines(self) -> _Lines:
        def work_out() -> _Lines:
            rows = standing(self._session, self._course, self._now)
            return _Lines(rows, {row.student_id: row for row in rows}, {})

        return self._kept.get(self._session, _NAME, work_out, at=self._minute)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one state of the gradebook, and what was made of them."""

    rows: Sequence[StudentRow]
    by_student: Mapping[str, StudentRow]
    beside: dict[str, Any]
