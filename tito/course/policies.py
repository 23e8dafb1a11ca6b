"""The rules of a term as plain data, set by `course_config.py`, applied by scoring, calendar and attempts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from tito.course.limits import Limits
from tito.course.results import Mode

Revealed = Literal["title", "verdict", "hint", "operation", "detail", "counterexample", "traceback", "output"]
REVEALABLE: Final[tuple[Revealed, ...]] = (
    "title",
    "verdict",
    "hint",
    "operation",
    "detail",
    "counterexample",
    "traceback",
    "output",
)


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """What lateness costs.

    Each started day after the due date and its grace is a late day. The first `free_days` of the term cost
    nothing. Each further one takes `percent_per_day` percent of what the submission earned, down to
    `floor_percent` of it. After `closes_after_days` late days nothing is accepted any more (None: until the
    end of the term).
    """

    free_days: int = 5
    percent_per_day: Decimal = Decimal(10)
    floor_percent: Decimal = Decimal(50)
    grace: timedelta = timedelta(minutes=10)
    closes_after_days: int | None = 14


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """A token bucket: an attempt takes a token, and one comes back every `refill`, up to `capacity`.

    `capacity` None means that attempts are not limited.
    """

    capacity: int | None = 10
    refill: timedelta = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class RevealPolicy:
    """What a hidden test shows: `hidden` at once, and `later` too from `later_at` on (None: never).

    "operation" is the name alone of the operation whose gradient goes wrong first; its values come with
    "counterexample".
    """

    hidden: frozenset[Revealed] = frozenset({"title", "verdict", "hint", "operation"})
    later: frozenset[Revealed] = frozenset({"detail", "counterexample", "traceback", "output"})
    later_at: datetime | None = None

    def shows(self, *, public: bool, now: datetime, own_due_at: datetime | None = None) -> frozenset[Revealed]:
        """Return what to show of a test.

        A public test shows everything. `own_due_at` is the due date of this student with extensions: as long
        as it lies ahead, the work is still open for them, and nothing more is shown.
        """
        if public:
            return frozenset(REVEALABLE)
        if self.later_at is None or now < self.later_at or (own_due_at is not None and now < own_due_at):
            return self.hidden
        return self.hidden | self.later


@dataclass(frozen=True, slots=True)
class GradingPolicy:
    """When a submission is graded by itself: "submit", as soon as it is there, or "due", once it is due.

    `tito grade` grades what it is asked to grade, whenever it is asked.
    """

    when: Literal["submit", "due"] = "submit"

    def waits_until(self, own_due_at: datetime | None, now: datetime) -> datetime | None:
        """Return the moment from which a submission is graded, if that is still to come; None: now.

        `own_due_at` is the due date of this student with extensions. What is due never, or was handed in late, waits
        for nothing.
        """
        if self.when == "submit" or own_due_at is None or own_due_at <= now:
            return None
        return own_due_at


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """When a student counts as at risk; None switches a rule off.

    `missing` checkpoints not handed in; `falling` scores in a row, each lower than the one before, by `falling_points`
    of 100 together; `stuck` attempts in a row at one checkpoint that failed the same test.
    """

    missing: int | None = 2
    falling: int | None = 3
    falling_points: Decimal = Decimal(15)
    stuck: int | None = 3


@dataclass(frozen=True, slots=True)
class WrittenPolicy:
    """How written answers are graded: without names if `anonymous`, and `second_percent` of them by two readers."""

    anonymous: bool = True
    second_percent: Decimal = Decimal(10)


@dataclass(frozen=True, slots=True)
class Assessment:
    """How one checkpoint is assessed in this term. Times are aware and in UTC; None means no such bound.

    `weight` is the checkpoint's share of the course in percent; `auto_share` of the checkpoint's score is
    automatic, the rest is for written answers. `counts` says which grading mode gives the points.
    """

    weight: Decimal
    opens_at: datetime | None = None
    due_at: datetime | None = None
    auto_share: Decimal = Decimal("0.7")
    counts: Mode = "isolated"
    attempts: AttemptPolicy = field(default_factory=AttemptPolicy)
    limits: Limits = field(default_factory=Limits)
    reveal: RevealPolicy = field(default_factory=RevealPolicy)
    grading: GradingPolicy = field(default_factory=GradingPolicy)
