"""What is worked out from the whole class, kept while the gradebook does not change: several pages need all of it."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session

from tito.course.config import Course
from tito.gradebook.gradebook import Clock
from tito.gradebook.queries import revision
from tito.gradebook.standing import StudentRow, standing

Value = TypeVar("Value")
_LARGE: Final = 20_000
"""Blocks of memory from which on a value is worth keeping away from the garbage collector: some hundred students."""
_TIDIED: Final = 32
"""Large values after which what was kept away is looked through once."""


class Kept:
    """Values by name, each good for one state of the gradebook. May be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, tuple[Hashable, Any]] = {}
        self._shared: dict[str, Any] = {}
        self._large = 0

    def get(self, session: Session, name: str, work_out: Callable[[], Value], at: Hashable = None) -> Value:
        """Return the value of that name; it is worked out anew when the gradebook or `at` is another one.

        One query when nothing changed. The value is shared: nobody may change it.
        """
        stamp = (revision(session), at)
        with self._lock:  # twenty readers at once must not do the same work twenty times
            known = self._values.get(name)
            if known is None or known[0] != stamp:
                before = sys.getallocatedblocks()
                known = self._values[name] = (stamp, work_out())
                if sys.getallocatedblocks() - before > _LARGE:
                    self._keep_away()
            value: Value = known[1]
            return value

    def _keep_away(self) -> None:
        """Take all that lives now out of the garbage collector's sight.

        A large class is a hundred thousand objects, and each full collection walks them for a tenth of a second in
        which no page is answered. They are freed without it, by counting references. What others were about to throw
        away at this moment, and refers to itself, is only found when all is looked through.
        """
        self._large += 1
        if self._large % _TIDIED == 0:
            gc.unfreeze()
            gc.collect()
        gc.freeze()

    def shared(self, name: str, make: Callable[[], Value]) -> Value:
        """Return the object of that name, made at the first call: one that keeps itself up to date."""
        with self._lock:
            if name not in self._shared:
                self._shared[name] = make()
            value: Value = self._shared[name]
            return value


class Standings:
    """The line of every active student; a new one each minute too, as a deadline may pass in it."""

    def __init__(self, course: Course, clock: Clock, kept: Kept) -> None:
        self._course, self._clock, self._kept = course, clock, kept

    def __call__(self, session: Session) -> Sequence[StudentRow]:
        """Return the lines by section, name and id. One query when nothing changed, eleven otherwise."""
        return self._lines(session).rows

    def of(self, session: Session, student_id: str) -> StudentRow | None:
        """Return a student's line; None for who is not on the active roster."""
        return self._lines(session).by_student.get(student_id)

    def beside(self, session: Session, name: str, make: Callable[[], Value]) -> Value:
        """Return what was made beside these very lines, at the first call; it goes when they do."""
        beside = self._lines(session).beside
        if name not in beside:
            beside.setdefault(name, make())  # two at once may both make it; the first one stays
        value: Value = beside[name]
        return value

    def _lines(self, session: Session) -> _Lines:
        now = self._clock()

        def work_out() -> _Lines:
            rows = standing(session, self._course, now)
            return _Lines(rows, {row.student_id: row for row in rows}, {})

        return self._kept.get(session, "standings", work_out, at=now.replace(second=0, microsecond=0))


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one state of the gradebook, and what was made of them."""

    rows: Sequence[StudentRow]
    by_student: Mapping[str, StudentRow]
    beside: dict[str, Any]
