"""How far two readers of the same answers agree. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tito.course.points import to_milli


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two readings of `count` answers say; `difference` and `kappa` are None where they have no meaning.

    `difference` is the mean absolute difference in points. `kappa` is 1 for the same points everywhere, 0 for what two
    readers would reach who give their points to answers at random, and negative for less than that.
    """

    count: int
    difference: Fraction | None
    kappa: Fraction | None


def agreement(pairs: Sequence[tuple[Decimal, Decimal]]) -> Agreement:
    """Compare two readings of the same answers.

    Kappa is the weighted one of J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), 213-220, with the square
    of the difference in points as the weight of a disagreement: 1 minus the observed mean square over the one expected
    when every first reading meets every second one. It has no meaning where that is 0: everybody gave the same.
    """
    if not pairs:
        return Agreement(0, None, None)
    count = len(pairs)
    # Whole thousandths: a class has thousands of pairs, and fractions of fractions would take a second.
    first = [to_milli(one) for one, _ in pairs]
    second = [to_milli(other) for _, other in pairs]
    apart = [one - other for one, other in zip(first, second, strict=True)]
    # count**2 times the mean of (x - y)**2 over all pairs of a first and a second reading: both variances, and the
    # distance of the means.
    expected = _spread(first) + _spread(second) + sum(apart) ** 2
    observed = count * sum(one * one for one in apart)
    difference = Fraction(sum(abs(one) for one in apart), 1000 * count)
    return Agreement(count, difference, 1 - Fraction(observed, expected) if expected else None)


def _spread(values: Sequence[int]) -> int:
    """The variance times the square of how many there are."""
    return len(values) * sum(value * value for value in values) - sum(values) ** 2
