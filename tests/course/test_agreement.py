"""Agreement between two readers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course.agreement import agreement

points = st.integers(0, 20).map(lambda halves: Decimal(halves) / 2)


def pairs(*values: tuple[float, float]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(str(one)), Decimal(str(other))) for one, other in values]


def test_the_definition_worked_by_hand() -> None:
    # Readers: 1 2 3 and 1 2 2. Observed (0 + 0 + 1) / 3; expected over all nine pairs (0+1+1 + 1+0+0 + 4+1+1) / 9 = 1.
    said = agreement(pairs((1, 1), (2, 2), (3, 2)))
    assert (said.count, said.difference, said.kappa) == (3, Fraction(1, 3), Fraction(2, 3))


def test_nothing_to_compare() -> None:
    assert agreement([]) == agreement(()) != agreement(pairs((1, 1)))
    assert agreement([]).difference is None


@pytest.mark.parametrize("value", [0, 7.5])
def test_where_everybody_gave_the_same_kappa_has_no_meaning(value: float) -> None:
    said = agreement(pairs((value, value), (value, value)))
    assert (said.difference, said.kappa) == (0, None)


def test_readers_who_turn_everything_round() -> None:
    assert agreement(pairs((0, 10), (10, 0))).kappa == -1


@given(st.lists(st.tuples(points, points), min_size=1, max_size=12))
def test_kappa_is_the_sum_over_all_pairs(both: list[tuple[Decimal, Decimal]]) -> None:
    count = len(both)
    observed = sum(Fraction(one - other) ** 2 for one, other in both) / Fraction(count)
    expected = sum(Fraction(one - other) ** 2 for one, _ in both for _, other in both) / Fraction(count**2)
    assert agreement(both).kappa == (1 - observed / expected if expected else None)
    assert agreement([(other, one) for one, other in both]) == agreement(both)
