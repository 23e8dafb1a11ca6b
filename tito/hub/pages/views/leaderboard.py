"""The leaderboard of the Torch Olympics: who wants to be on it, under a name of their own choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.models import Student
from tito.gradebook.own import Entry, leaderboard
from tito.hub.pages.asked import Asked

CAPSTONE = CHECKPOINTS[15]
PAGE: Final = 100
"""Lines on one page."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Place:
    """A line. Who has as many points has the same rank. Lines are kept, and so is their HTML."""

    rank: int
    pseudonym: str
    earned: Decimal
    possible: Decimal


@dataclass(frozen=True, slots=True)
class LeaderboardPage:
    """The standing, or what is still to come before there is one.

    `written` says whether this course has graders for the capstone; without them there is nothing to rank. `chosen` is
    how many students chose a pseudonym, `own` that of the student who asks, and `rank` where it stands.
    """

    checkpoint: int
    written: bool
    opens_at: datetime | None
    opened: bool
    due_at: datetime | None
    chosen: int
    own: str | None
    rank: int | None
    places: tuple[Place, ...]
    page: int
    pages: int


def view(asked: Asked) -> LeaderboardPage:
    """Return the leaderboard. No name or id of a student is on it, for whoever asks. Four queries at most."""
    course, session = asked.course, asked.session
    written = course.asks(CAPSTONE) and (course.paths.graders / CAPSTONE.slug).is_dir()
    here = Student.pseudonym.is_not(None) & Student.active.is_(True)
    own = None
    if not asked.viewer.staff:
        own = session.scalar(select(Student.pseudonym).where(Student.student_id == asked.viewer.name))
    assessment = course.assessment(CAPSTONE)
    all_places: tuple[Place, ...] = ()
    if written:
        all_places = asked.kept.get(session, "leaderboard", lambda: ranked(leaderboard(session, CAPSTONE)))
    page, pages = asked.leaf(len(all_places), PAGE)
    return LeaderboardPage(
        CAPSTONE.number,
        written,
        assessment.opens_at,
        assessment.opens_at is None or asked.now >= assessment.opens_at,
        assessment.due_at,
        session.scalar(select(func.count(Student.id)).where(here)) or 0,
        own,
        next((place.rank for place in all_places if own is not None and place.pseudonym == own), None),
        all_places[(page - 1) * PAGE : page * PAGE],
        page,
        pages,
    )


def ranked(entries: list[Entry]) -> tuple[Place, ...]:
    """Return the lines with their ranks: 1, 2, 2, 4."""
    ranks: dict[Decimal, int] = {}
    return tuple(
        Place(ranks.setdefault(one.earned, number), one.pseudonym, one.earned, one.possible)
        for number, one in enumerate(entries, 1)
    )
