"""Attempt limits: a token bucket, computed from the times of the attempts alone. Pure functions.

Nothing is stored but the attempts, so a changed policy holds at once and nothing can run out of step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tito.course.policies import AttemptPolicy

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a checkpoint. One that failed through a fault of the platform costs nothing."""

    at: datetime
    platform_fault: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many attempts are left (None: not limited), and when there is one more (None: it is full)."""

    available: int | None
    next_at: datetime | None

    @property
    def allows(self) -> bool:
        """Whether one more attempt may be made now."""
        return self.available is None or self.available > 0


def bucket(policy: AttemptPolicy, attempts: Iterable[Attempt], now: datetime) -> Bucket:
    """Return the state of the bucket at `now`, after the attempts in any order.

    The bucket is full before the first attempt. Attempts beyond what it held (made under another policy, or
    handed in by the instructor) leave it empty, never in debt. Where the clock went back, time stands still
    until it has caught up with the last attempt. Raises ValueError for a time without a zone.
    """
    if policy.capacity is None:
        return Bucket(None, None)
    # in whole microseconds, an attempt costs as much as flows back in one refill: no rounding anywhere
    cost = max(1, policy.refill // _MICROSECOND)
    full = policy.capacity * cost
    level, clock = full, None
    for at in sorted(_utc(attempt.at) for attempt in attempts if not attempt.platform_fault):
        if clock is not None:
            level = min(full, level + (at - clock) // _MICROSECOND)
        level, clock = max(0, level - cost), at
    here = _utc(now)
    if clock is not None and here > clock:
        level = min(full, level + (here - clock) // _MICROSECOND)
        clock = here
    available = level // cost
    if level == full or clock is None:
        return Bucket(available, None)
    return Bucket(available, clock + ((available + 1) * cost - level) * _MICROSECOND)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; times that decide something are aware")
    return instant.astimezone(UTC)
