"""How far two readers of the same answers agree. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


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
    first = [Fraction(one) for one, _ in pairs]
    second = [Fraction(other) for _, other in pairs]
    difference = sum((abs(one - other) for one, other in zip(first, second, strict=True)), Fraction(0)) / count
    observed = sum(((one - other) ** 2 for one, other in zip(first, second, strict=True)), Fraction(0)) / count
    # The mean of (x - y) squared over all pairs of a first and a second reading, without walking through all of them.
    expected = _variance(first) + _variance(second) + (_mean(first) - _mean(second)) ** 2
    return Agreement(count, difference, 1 - observed / expected if expected else None)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _variance(values: Sequence[Fraction]) -> Fraction:
    mean = _mean(values)
    return sum(((value - mean) ** 2 for value in values), Fraction(0)) / len(values)
