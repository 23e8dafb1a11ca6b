"""The leaderboard of the Torch Olympics: who wants to be on it, under a name of their own choice."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.own import Entry, leaderboard
from tito.hub.pages.asked import Asked

CAPSTONE = CHECKPOINTS[15]


@dataclass(frozen=True, slots=True)
class Place:
    """A line. Who has as many points has the same rank."""

    rank: int
    pseudonym: str
    earned: Decimal
    possible: Decimal


@dataclass(frozen=True, slots=True)
class LeaderboardPage:
    """`written` says whether this course has graders for the capstone; without them there is nothing to rank."""

    checkpoint: int
    written: bool
    places: tuple[Place, ...]


def view(asked: Asked) -> LeaderboardPage:
    """Return the leaderboard. No name or id of a student is on it, for whoever asks. One query at most."""
    written = asked.course.asks(CAPSTONE) and (asked.course.paths.graders / CAPSTONE.slug).is_dir()
    return LeaderboardPage(CAPSTONE.number, written, ranked(leaderboard(asked.session, CAPSTONE)) if written else ())


def ranked(entries: list[Entry]) -> tuple[Place, ...]:
    """Return the lines with their ranks: 1, 2, 2, 4."""
    ranks: dict[Decimal, int] = {}
    return tuple(
        Place(ranks.setdefault(one.earned, number), one.pseudonym, one.earned, one.possible)
        for number, one in enumerate(entries, 1)
    )
