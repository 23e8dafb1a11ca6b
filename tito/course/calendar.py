"""Dates and lateness: local times, late days, and clocks that cannot be right. Pure functions.

Instants are aware datetimes, in UTC where stored. The clock is always the server's; nothing here asks for the
time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tito.course.policies import LatePolicy
from tito.errors import TitoError


class LocalTimeError(ValueError):
    """A local time that clocks skip or show twice. `expected` says how to write what may be meant."""

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time of the zone; a datetime with an offset is that instant already.

    Raises LocalTimeError for a time that does not exist or exists twice because clocks change.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before == after:
        return first.astimezone(UTC)
    text = f"{local:%Y-%m-%d %H:%M}"
    if before > after:
        raise LocalTimeError(
            f"{text} happens twice in {zone.key}: clocks go back then",
            f'"{first.isoformat(" ", "minutes")}" for the first time, '
            f'"{second.isoformat(" ", "minutes")}" for the second',
        )
    early = second.astimezone(UTC).astimezone(zone)
    late = first.astimezone(UTC).astimezone(zone)
    raise LocalTimeError(
        f"{text} does not exist in {zone.key}: clocks go forward then",
        f'a time that exists, such as "{early:%Y-%m-%d %H:%M}" or "{late:%Y-%m-%d %H:%M}"',
    )


def show_time(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant for people of the course: `Fri 2027-01-15 23:59 GMT`."""
    return f"{_aware(instant).astimezone(zone):%a %Y-%m-%d %H:%M %Z}"


def show_lateness(late_seconds: float) -> str:
    """Return by how much something was late, for people: `late by 3.4 hours`; nothing when it was not."""
    hours = late_seconds / 3600
    if not hours:
        return ""
    return f"late by {hours / 24:.1f} days" if hours >= 48 else f"late by {max(hours, 0.1):.1f} hours"


def effective_due(due_at: datetime | None, extensions: Iterable[datetime | None] = ()) -> datetime | None:
    """Return the latest of the due date and a student's extensions; None stays None."""
    if due_at is None:
        return None
    return max([_aware(due_at), *(_aware(until) for until in extensions if until is not None)])


def late_day_ends(due_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when the given late day ends: at the due time of day, so many days later by the calendar.

    So a day on which clocks change is still one day. Where clocks skip that time, the day ends as much later;
    where they show it twice, at the second.
    """
    local = _aware(due_at).astimezone(zone)
    if days == 0:
        return due_at.astimezone(UTC)
    wall = local.replace(tzinfo=None, fold=0) + timedelta(days=days)
    ends = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(ends)


def late_days(due_at: datetime | None, submitted_at: datetime, zone: ZoneInfo, grace: timedelta = timedelta(0)) -> int:
    """Return how many late days have started: 0 up to the due date (with grace), then 1, 2, ..."""
    if due_at is None:
        return 0
    behind = _aware(submitted_at) - _aware(due_at)
    if behind <= grace:
        return 0
    days = max(1, behind.days - 1)
    while late_day_ends(due_at, days, zone) < submitted_at:
        days += 1
    return days


def closes_at(due_at: datetime | None, policy: LatePolicy, zone: ZoneInfo) -> datetime | None:
    """Return the last moment at which work is accepted, or None when there is none."""
    if due_at is None or policy.closes_after_days is None:
        return None
    return max(late_day_ends(due_at, policy.closes_after_days, zone), _aware(due_at).astimezone(UTC) + policy.grace)


@dataclass(frozen=True, slots=True)
class LateUse:
    """The late days of a student's counted submission at one checkpoint, and when it was handed in."""

    checkpoint: int
    days: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class LateCharge:
    """How late days are paid for: from the free days of the term, or by a penalty."""

    free: int
    charged: int


def spend_free_days(uses: Iterable[LateUse], free_days: int) -> Mapping[int, LateCharge]:
    """Return for each checkpoint how many of its late days are free. The first handed in is the first served.

    The result depends on the set of uses only, not on the order in which they are given.
    """
    left = max(0, free_days)  # days taken away by the instructor may exceed those of the term
    charges: dict[int, LateCharge] = {}
    for use in sorted(uses, key=lambda use: (_aware(use.submitted_at), use.checkpoint)):
        if use.checkpoint in charges:
            raise ValueError(f"checkpoint {use.checkpoint} has two counted submissions")
        if use.days < 0:
            raise ValueError(f"checkpoint {use.checkpoint} has {use.days} late days")
        free = min(left, use.days)
        left -= free
        charges[use.checkpoint] = LateCharge(free, use.days - free)
    return charges


ClockFlag = Literal["before opening", "after closing", "clock went back", "far in the future"]
FAR = timedelta(days=366)
"""A clock this far behind the end of the term is wrong rather than late."""
BACKWARD_TOLERANCE = timedelta(minutes=2)
"""Server clocks are set right by seconds; a step back by more is a jump."""


@dataclass(frozen=True, slots=True)
class TimeProblem:
    """Something odd about the time of a submission, to be recorded with it."""

    flag: ClockFlag
    text: str


def time_problems(
    now: datetime,
    zone: ZoneInfo,
    *,
    opens_at: datetime | None = None,
    closing_at: datetime | None = None,
    term_ends_at: datetime | None = None,
    latest_known_at: datetime | None = None,
) -> tuple[TimeProblem, ...]:
    """Return everything that is odd about the server's time `now`.

    `latest_known_at` is the newest time that the gradebook has recorded: a clock that reads earlier went
    back. When the clock itself is wrong, opening and closing are not judged by it.
    """
    found: list[TimeProblem] = []
    here = show_time(now, zone)
    if latest_known_at is not None and now < _aware(latest_known_at) - BACKWARD_TOLERANCE:
        known = show_time(latest_known_at, zone)
        found.append(TimeProblem("clock went back", f"the clock reads {here}, but {known} is already recorded"))
    if term_ends_at is not None and now > _aware(term_ends_at) + FAR:
        ends = show_time(term_ends_at, zone)
        found.append(TimeProblem("far in the future", f"the clock reads {here}, but the term ends {ends}"))
    if found:
        return tuple(found)
    if opens_at is not None and now < _aware(opens_at):
        found.append(TimeProblem("before opening", f"it opens {show_time(opens_at, zone)}, and it is {here}"))
    if closing_at is not None and now > _aware(closing_at):
        found.append(TimeProblem("after closing", f"it closed {show_time(closing_at, zone)}, and it is {here}"))
    return tuple(found)


def require_open(problems: Iterable[TimeProblem], thing: str) -> None:
    """Raise a TitoError for the first of the problems that keeps a hand-in to `thing` from being taken.

    A clock that went back keeps nothing out: that is our fault, and the next hand-in would meet it again.
    """
    steps: dict[ClockFlag, str] = {
        "before opening": "hand it in once it is open; nothing was recorded",
        "after closing": "ask the course's staff for an extension; nothing was recorded",
        "far in the future": "nothing was recorded: the server's clock must be set right first (tell the staff)",
    }
    for problem in problems:
        if problem.flag in steps:
            raise TitoError(f"{thing} cannot be handed in now: {problem.text}", next_step=steps[problem.flag])


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; times that decide something are aware")
    return instant
