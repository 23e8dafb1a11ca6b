from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tito.course.checkpoints import CHECKPOINTS
from tito.course.points import from_milli, to_milli
from tito.course.policies import LatePolicy
from tito.course.reading import DEFAULT_WEIGHTS
from tito.course.scoring import (
    Points,
    Score,
    checkpoint_score,
    course_total,
    late_factor,
    regraded,
)

LATE = LatePolicy()
SHARE = Decimal("0.7")


@st.composite
def points(draw: st.DrawFn, least: int = 0) -> Points:
    possible = draw(st.integers(least, 200_000))
    return Points(from_milli(draw(st.integers(0, possible))), from_milli(possible))


shares = st.integers(0, 1000).map(lambda milli: from_milli(milli))
percents = st.integers(0, 100_000).map(lambda milli: from_milli(milli))
late_policies = st.builds(LatePolicy, percent_per_day=percents, floor_percent=percents)
days = st.integers(0, 400)


def score(automatic: Points, written: Points | None, **more: object) -> Score:
    return checkpoint_score(automatic, written, **{"auto_share": SHARE, "late": LATE, **more})  # type: ignore[arg-type]


def of(earned: str, possible: str) -> Points:
    return Points(Decimal(earned), Decimal(possible))


def test_a_worked_example():
    got = score(of("35", "70"), of("20", "30"), charged_days=2)
    assert got.raw == Fraction(70, 2) + Fraction(30 * 20, 30)  # 35 + 20
    assert got.final == 55 * Fraction(8, 10)
    assert got.lost == 11
    assert got.complete


def test_thirds_stay_thirds():
    thirds = score(of("1", "3"), of("2", "3"))
    assert thirds.raw == Fraction(70, 3) + Fraction(60, 3)


def test_written_answers_that_wait_are_pending_and_not_lost():
    waiting = score(of("70", "70"), None, charged_days=1)
    assert (waiting.raw, waiting.final, waiting.pending) == (70, 63, 27)
    assert not waiting.complete


def test_a_part_without_points_leaves_its_share_to_the_other():
    assert score(of("5", "10"), of("0", "0")).final == 50
    assert score(of("0", "0"), of("5", "10")).final == 50
    assert score(of("0", "0"), of("0", "0")).final == 0


def test_an_override_is_final_and_lateness_does_not_touch_it():
    got = score(of("0", "70"), None, charged_days=9, override=Decimal("88.5"))
    assert (got.final, got.lost, got.pending, got.overridden) == (Fraction(177, 2), 0, 0, True)
    assert got.complete


@given(points(), st.none() | points(), shares, late_policies, days)
def test_a_score_never_exceeds_what_is_possible(
    automatic: Points, written: Points | None, share: Decimal, late: LatePolicy, late_days: int
):
    got = score(automatic, written, auto_share=share, late=late, charged_days=late_days)
    assert 0 <= got.final <= got.raw <= 100
    assert got.pending >= 0
    assert got.final + got.pending <= 100
    assert got.final + got.lost == got.raw


@given(points(1), points(1), shares, late_policies, days, st.data())
def test_more_points_never_give_less(
    automatic: Points, written: Points, share: Decimal, late: LatePolicy, late_days: int, data: st.DataObject
):
    more = data.draw(st.integers(to_milli(automatic.earned), to_milli(automatic.possible)).map(from_milli))
    terms = {"auto_share": share, "late": late, "charged_days": late_days}
    better = score(Points(more, automatic.possible), written, **terms)
    assert score(automatic, written, **terms).final <= better.final


@given(points(1), points(1), late_policies, days, days)
def test_later_never_gives_more_and_never_goes_below_the_floor(
    automatic: Points, written: Points, late: LatePolicy, one: int, other: int
):
    early, later = sorted((one, other))
    sooner = score(automatic, written, late=late, charged_days=early)
    after = score(automatic, written, late=late, charged_days=later)
    assert after.final <= sooner.final
    assert after.final >= after.raw * Fraction(late.floor_percent) / 100
    assert late_factor(0, late) == 1


@given(points(1), points(1), shares, late_policies, days)
def test_grading_what_was_pending_ends_where_it_was_promised(
    automatic: Points, written: Points, share: Decimal, late: LatePolicy, late_days: int
):
    terms = {"auto_share": share, "late": late, "charged_days": late_days}
    waiting = score(automatic, None, **terms)
    graded = score(automatic, written, **terms)
    full = score(automatic, Points(written.possible, written.possible), **terms)
    assume(automatic.possible)
    assert waiting.final <= graded.final <= waiting.final + waiting.pending
    assert full.final == waiting.final + waiting.pending


@given(points(1), st.integers(1, 7))
def test_only_the_share_of_the_points_counts_exactly(automatic: Points, factor: int):
    scaled = Points(automatic.earned * factor, automatic.possible * factor)
    assert score(automatic, None).final == score(scaled, None).final


@pytest.mark.parametrize(("earned", "possible"), [("-1", "10"), ("11", "10"), ("NaN", "10"), ("1", "Infinity")])
def test_points_that_cannot_be_are_refused(earned: str, possible: str):
    with pytest.raises(ValueError, match="points"):
        of(earned, possible)


@pytest.mark.parametrize("override", ["-0.001", "100.001", "NaN"])
def test_an_override_outside_0_to_100_is_refused(override: str):
    with pytest.raises(ValueError, match="override"):
        score(of("1", "2"), None, override=Decimal(override))


def test_other_values_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="share"):
        score(of("1", "2"), None, auto_share=Decimal("1.1"))
    with pytest.raises(ValueError, match="late days"):
        late_factor(-1, LATE)
    with pytest.raises(ValueError, match="no weight"):
        course_total({16: Fraction(1)}, {0: Decimal(100)})


scores = st.dictionaries(st.integers(0, 15), st.none() | st.fractions(0, 100, max_denominator=999))
WEIGHTS = dict(enumerate(DEFAULT_WEIGHTS))


@given(scores, st.randoms(use_true_random=False))
def test_the_total_does_not_depend_on_the_order_and_is_exact(given_scores: dict[int, Fraction | None], random: object):
    items = list(given_scores.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    total = course_total(dict(items), WEIGHTS)
    assert total == course_total(given_scores, WEIGHTS)
    assert total.earned == sum(
        Fraction(WEIGHTS[number]) * part / 100 for number, part in given_scores.items() if part is not None
    )
    assert 0 <= total.earned <= total.judged <= 100
    assert (total.so_far is None) == (total.judged == 0)


def test_full_marks_everywhere_are_exactly_100():
    full = score(of("70", "70"), of("30", "30"))
    total = course_total({checkpoint.number: full for checkpoint in CHECKPOINTS}, WEIGHTS)
    assert (total.earned, total.judged, total.so_far) == (100, 100, 100)


def test_the_default_weights_add_up():
    assert len(DEFAULT_WEIGHTS) == len(CHECKPOINTS)
    assert sum(DEFAULT_WEIGHTS) == 100


@given(st.none() | points(), points())
def test_nobody_drops_by_a_regrade_unless_the_course_says_so(old: Points | None, new: Points):
    kept = regraded(old, new, never_lowers=True)
    assert kept.possible == new.possible
    assert kept.share >= new.share
    if old is not None and new.possible:
        assert kept.share >= old.share
        assert kept.share - max(old.share, new.share) <= Fraction(1, 1000) / Fraction(new.possible)
    assert to_milli(kept.earned) <= to_milli(kept.possible)
    assert regraded(old, new, never_lowers=False) == new


def test_rounding_in_a_regrade_never_gives_more_than_there_is():
    assert regraded(of("1", "1"), of("0", "0.0005"), never_lowers=True) == of("0.0005", "0.0005")
