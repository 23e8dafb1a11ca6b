"""Scores: exact arithmetic from points to the course's total. Pure functions.

Points are `Decimal`. A score is a `Fraction` of 100, since thirds have no decimal; it is rounded once, where
it is shown (`points.show`, `points.rounded`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tito.course.points import from_milli
from tito.course.policies import LatePolicy

FULL: Final = Fraction(100)


@dataclass(frozen=True, slots=True)
class Points:
    """Points earned of points possible. Raises ValueError when that cannot be."""

    earned: Decimal
    possible: Decimal

    def __post_init__(self) -> None:
        if not (self.earned.is_finite() and self.possible.is_finite()):
            raise ValueError(f"{self.earned} of {self.possible} are no points")
        if not 0 <= self.earned <= self.possible:
            raise ValueError(f"{self.earned} of {self.possible} points: earned points lie from 0 to the possible")

    @property
    def share(self) -> Fraction:
        """The part earned, from 0 to 1. Where nothing could be earned, 0."""
        return Fraction(self.earned) / Fraction(self.possible) if self.possible else Fraction(0)


@dataclass(frozen=True, slots=True)
class Score:
    """A student's score at one checkpoint, out of 100.

    `raw` is before lateness and override, `lost` is what lateness took, `final` is what counts now. While
    written answers are not graded, `pending` is what they can still add to `final`.
    """

    raw: Fraction
    lost: Fraction
    final: Fraction
    pending: Fraction = Fraction(0)
    overridden: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be graded."""
        return self.pending == 0


def late_factor(charged_days: int, policy: LatePolicy) -> Fraction:
    """Return the part of the earned score that is left after charged late days: from the floor to 1."""
    if charged_days < 0:
        raise ValueError(f"{charged_days} late days")
    left = 1 - Fraction(policy.percent_per_day) * charged_days / 100
    return max(left, Fraction(policy.floor_percent) / 100)


def checkpoint_score(
    automatic: Points,
    written: Points | None,
    *,
    auto_share: Decimal,
    late: LatePolicy,
    charged_days: int = 0,
    override: Decimal | None = None,
) -> Score:
    """Return the score of one submission at one checkpoint.

    `written` is None while the written answers are not graded. A part for which there are no points to earn
    gives its share to the other part. `charged_days` are late days that no free day paid for
    (`calendar.spend_free_days`). An `override` is the final score itself: lateness takes nothing from it.
    Raises ValueError for a share outside 0 to 1 or an override outside 0 to 100.
    """
    auto_part, written_part = _parts(automatic, written, auto_share)
    factor = late_factor(charged_days, late)
    raw = FULL * auto_part * automatic.share
    pending = Fraction(0)
    if written is None:
        pending = FULL * written_part * factor
    else:
        raw += FULL * written_part * written.share
    if override is None:
        return Score(raw, raw - raw * factor, raw * factor, pending)
    if not (override.is_finite() and 0 <= override <= 100):
        raise ValueError(f"an override of {override}: a score lies from 0 to 100")
    return Score(raw, Fraction(0), Fraction(override), overridden=True)


def _parts(automatic: Points, written: Points | None, auto_share: Decimal) -> tuple[Fraction, Fraction]:
    """Return the shares of the two kinds of points, which add up to 1."""
    if not 0 <= auto_share <= 1:
        raise ValueError(f"an automatic share of {auto_share}: it lies from 0 to 1")
    if written is not None and not written.possible:
        return Fraction(1), Fraction(0)
    if not automatic.possible:
        return Fraction(0), Fraction(1)
    return Fraction(auto_share), 1 - Fraction(auto_share)


@dataclass(frozen=True, slots=True)
class CourseTotal:
    """A student's course: `earned` of 100 so far, `judged` is what could be earned where there is a score."""

    earned: Fraction
    judged: Fraction

    @property
    def so_far(self) -> Fraction | None:
        """The percentage of what has been judged; None before the first score."""
        return FULL * self.earned / self.judged if self.judged else None


def course_total(scores: Mapping[int, Score | Fraction | None], weights: Mapping[int, Decimal]) -> CourseTotal:
    """Return the weighted total over checkpoints; None stands for a checkpoint without a score yet.

    Weights are percent. A checkpoint that is due and was not handed in is a score of 0, which the caller
    gives. Raises ValueError for a score of a checkpoint without a weight.
    """
    earned = judged = Fraction(0)
    for number, score in scores.items():
        if score is None:
            continue
        if number not in weights:
            raise ValueError(f"checkpoint {number} has no weight")
        weight = Fraction(weights[number])
        earned += weight * (score.final if isinstance(score, Score) else score) / FULL
        judged += weight
    return CourseTotal(earned, judged)


def regraded(old: Points | None, new: Points, *, never_lowers: bool) -> Points:
    """Return the automatic points after a regrade.

    When nobody may lose by it, the better share of the two counts, in points of the new graders.
    """
    if old is None or not never_lowers or new.share >= old.share:
        return new
    if old.possible == new.possible:
        return old
    # up to the next thousandth, so that nobody loses by rounding; never above the possible
    milli = -((-old.share * Fraction(new.possible) * 1000) // 1)
    return Points(min(from_milli(int(milli)), new.possible), new.possible)
