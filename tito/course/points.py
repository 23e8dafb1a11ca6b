"""Points are exact: `Decimal`, stored as whole thousandths, and rounded once, where they are shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

QUANTUM: Final = Decimal("0.001")
ZERO: Final = Decimal(0)
_WIDE: Final = Context(prec=60)


def to_milli(points: Decimal) -> int:
    """Return points as a whole number of thousandths. Raises ValueError when that would lose something."""
    if not points.is_finite():
        raise ValueError(f"{points} is not a number of points")
    return _whole_thousandths(points)


@lru_cache(maxsize=4096)  # a result is some hundreds of points, of a few sizes
def _whole_thousandths(points: Decimal) -> int:
    milli = Fraction(points) * 1000
    if milli.denominator != 1:
        raise ValueError(f"{points} points are finer than {QUANTUM}, the smallest unit of points")
    return int(milli)


def from_milli(milli: int) -> Decimal:
    """Return the points that `to_milli` stored."""
    return Decimal(milli).scaleb(-3, _WIDE)


@lru_cache(maxsize=4096)  # a feedback page shows the same few numbers hundreds of times
def show(value: Decimal | Fraction | int, places: int = 2) -> str:
    """Return points or a score for people: half up to `places`, without trailing zeros: `12.5`, `70`."""
    return f"{_strip(rounded(value, places)):f}"


def rounded(value: Decimal | Fraction | int, places: int = 2) -> Decimal:
    """Return the value rounded half up (away from zero). For display and export: never calculate with it."""
    exact = Fraction(value)
    scaled = abs(exact) * 10**places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    if 2 * rest >= scaled.denominator:
        whole += 1
    return Decimal(-whole if exact < 0 else whole).scaleb(-places, _WIDE)


def _strip(value: Decimal) -> Decimal:
    whole = value.quantize(Decimal(1), ROUND_HALF_UP, _WIDE)
    return whole if whole == value else value.normalize(_WIDE)
