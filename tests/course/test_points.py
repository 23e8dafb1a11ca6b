from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course.points import from_milli, rounded, show, to_milli

millis = st.integers(-(10**12), 10**12)


@given(millis)
def test_thousandths_and_points_are_the_same_thing(milli: int):
    assert to_milli(from_milli(milli)) == milli
    assert Fraction(from_milli(milli)) == Fraction(milli, 1000)


def test_points_do_not_depend_on_the_precision_that_somebody_set():
    with localcontext() as context:
        context.prec = 3
        assert to_milli(Decimal("1234.567")) == 1_234_567
        assert str(from_milli(1_234_567)) == "1234.567"
        assert show(Decimal("1234.567")) == "1234.57"


@pytest.mark.parametrize("points", ["0.0005", "1.0001", "NaN", "Infinity", "1e-9"])
def test_what_would_lose_something_is_refused(points: str):
    with pytest.raises(ValueError, match="points"):
        to_milli(Decimal(points))


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Decimal("70.000"), 2, "70"),
        (Decimal("12.50"), 2, "12.5"),
        (Decimal("0.005"), 2, "0.01"),
        (Decimal("0.0049"), 2, "0"),
        (Decimal(100), 2, "100"),
        (Decimal("99.995"), 2, "100"),
        (Fraction(200, 3), 2, "66.67"),
        (Fraction(1, 2), 0, "1"),
        (Fraction(-1, 2), 0, "-1"),
        (7, 2, "7"),
        (0, 2, "0"),
    ],
)
def test_shown_points_are_rounded_half_up_without_trailing_zeros(value: Decimal, places: int, text: str):
    assert show(value, places) == text


@given(st.fractions(-1000, 1000), st.integers(0, 6))
def test_rounding_is_off_by_at_most_half_a_unit(value: Fraction, places: int):
    assert abs(Fraction(rounded(value, places)) - value) <= Fraction(1, 2 * 10**places)
    assert Decimal(show(value, places)) == rounded(value, places)
