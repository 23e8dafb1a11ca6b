from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course.calendar import (
    FAR,
    LateCharge,
    LateUse,
    LocalTimeError,
    closes_at,
    effective_due,
    late_day_ends,
    late_days,
    require_open,
    show_time,
    spend_free_days,
    time_problems,
    to_utc,
)
from tito.course.policies import LatePolicy
from tito.errors import TitoError

LONDON = ZoneInfo("Europe/London")
ZONES = [
    LONDON,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kolkata"),
    ZoneInfo("UTC"),
]
DUE = datetime(2027, 1, 15, 23, 59, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

zones = st.sampled_from(ZONES)
walls = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001  local times of a zone
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_local_time_becomes_utc():
    assert to_utc(local("2027-01-15 23:59"), LONDON) == DUE
    assert to_utc(local("2027-06-15 23:59"), LONDON) == datetime(2027, 6, 15, 22, 59, tzinfo=UTC)
    assert to_utc(local("2027-06-15 23:59+02:00"), LONDON) == datetime(2027, 6, 15, 21, 59, tzinfo=UTC)


def test_a_time_that_clocks_skip_is_reported_with_times_that_exist():
    with pytest.raises(LocalTimeError) as error:
        to_utc(local("2027-03-28 01:30"), LONDON)
    assert "does not exist" in error.value.what
    assert "2027-03-28 00:30" in error.value.expected
    assert "2027-03-28 02:30" in error.value.expected


def test_a_time_that_clocks_show_twice_is_reported_with_both_ways_to_write_it():
    with pytest.raises(LocalTimeError) as error:
        to_utc(local("2027-10-31 01:30"), LONDON)
    assert "twice" in error.value.what
    first, second = "2027-10-31 01:30+01:00", "2027-10-31 01:30+00:00"
    assert first in error.value.expected
    assert second in error.value.expected
    assert to_utc(local(second), LONDON) - to_utc(local(first), LONDON) == timedelta(hours=1)


@given(walls, zones)
def test_what_is_accepted_reads_the_same_in_the_zone(wall: datetime, zone: ZoneInfo):
    offsets = {wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    if len(offsets) == 2:
        with pytest.raises(LocalTimeError):
            to_utc(wall, zone)
    else:
        instant = to_utc(wall, zone)
        assert instant.tzinfo is UTC
        assert instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (-30 * DAY, 0),
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (DAY, 1),
        (DAY + SECOND, 2),
        (7 * DAY, 7),
        (7 * DAY + SECOND, 8),
        (400 * DAY, 400),
    ],
)
def test_late_days_start_one_after_the_other(behind: timedelta, expected: int):
    assert late_days(DUE, DUE + behind, ZoneInfo("UTC")) == expected


def test_within_the_grace_it_is_on_time_and_after_it_the_day_has_started():
    grace = timedelta(minutes=10)
    assert late_days(DUE, DUE + grace, LONDON, grace) == 0
    assert late_days(DUE, DUE + grace + SECOND, LONDON, grace) == 1


def test_without_a_due_date_nothing_is_late():
    assert late_days(None, DUE, LONDON) == 0
    assert closes_at(None, LatePolicy(), LONDON) is None
    assert effective_due(None, [DUE]) is None


def test_a_late_day_ends_at_the_same_time_of_day_when_clocks_change():
    due = to_utc(local("2027-03-27 23:59"), LONDON)  # clocks go forward in the night
    assert late_day_ends(due, 1, LONDON) == to_utc(local("2027-03-28 23:59"), LONDON)
    assert late_day_ends(due, 1, LONDON) - due == timedelta(hours=23)
    assert late_days(due, due + timedelta(hours=23), LONDON) == 1
    assert late_days(due, due + timedelta(hours=23, seconds=1), LONDON) == 2
    autumn = to_utc(local("2027-10-30 23:59"), LONDON)
    assert late_days(autumn, autumn + timedelta(hours=25), LONDON) == 1
    assert late_days(autumn, autumn + timedelta(hours=25, seconds=1), LONDON) == 2


def test_a_late_day_that_ends_while_clocks_change_ends_at_the_later_of_the_two_times():
    spring = to_utc(local("2027-03-27 01:30"), LONDON)  # 01:30 does not exist on the next day
    assert late_day_ends(spring, 1, LONDON) == to_utc(local("2027-03-28 02:30"), LONDON)
    autumn = to_utc(local("2027-10-30 01:30"), LONDON)  # 01:30 happens twice on the next day
    assert late_day_ends(autumn, 1, LONDON) == to_utc(local("2027-10-31 01:30+00:00"), LONDON)


@given(instants, st.integers(0, 60), zones)
def test_late_days_and_the_ends_of_days_agree(due: datetime, days: int, zone: ZoneInfo):
    ends = late_day_ends(due, days, zone)
    assert late_days(due, ends, zone) == days
    assert late_days(due, ends + timedelta(microseconds=1), zone) == days + 1
    assert late_day_ends(due, days + 1, zone) > ends


@given(instants, st.integers(-(10**12), 10**13), st.integers(0, 10**12), zones)
def test_later_is_never_less_late(due: datetime, behind: int, more: int, zone: ZoneInfo):
    first = due + timedelta(microseconds=behind)
    second = first + timedelta(microseconds=more)
    grace = timedelta(minutes=10)
    assert late_days(due, first, zone, grace) <= late_days(due, second, zone, grace)


@given(instants, st.lists(st.none() | instants, max_size=4))
def test_an_extension_never_shortens(due: datetime, extensions: list[datetime | None]):
    extended = effective_due(due, extensions)
    assert extended is not None
    assert extended >= due
    assert extended in [due, *extensions]


def test_work_closes_after_the_last_late_day():
    policy = LatePolicy(closes_after_days=2)
    assert closes_at(DUE, policy, LONDON) == DUE + 2 * DAY
    assert closes_at(DUE, LatePolicy(closes_after_days=0), LONDON) == DUE + policy.grace
    assert closes_at(DUE, LatePolicy(closes_after_days=None), LONDON) is None


uses = st.lists(
    st.builds(LateUse, st.integers(0, 15), st.integers(0, 9), instants),
    max_size=8,
    unique_by=lambda use: use.checkpoint,
)


@given(uses, st.integers(0, 12), st.randoms(use_true_random=False))
def test_free_days_are_spent_once_and_in_no_order_but_that_of_time(late: list[LateUse], free: int, random: object):
    charges = spend_free_days(late, free)
    shuffled = list(late)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert spend_free_days(shuffled, free) == charges
    assert {use.checkpoint: use.days for use in late} == {
        number: charge.free + charge.charged for number, charge in charges.items()
    }
    assert sum(charge.free for charge in charges.values()) == min(free, sum(use.days for use in late))
    assert all(charge.free >= 0 and charge.charged >= 0 for charge in charges.values())


def test_the_first_handed_in_is_the_first_served():
    late = [LateUse(0, 4, DUE + DAY), LateUse(1, 3, DUE), LateUse(2, 1, DUE + DAY)]
    assert spend_free_days(late, 5) == {1: LateCharge(3, 0), 0: LateCharge(2, 2), 2: LateCharge(0, 1)}


def test_fewer_than_no_free_days_are_none():
    assert spend_free_days([LateUse(1, 2, DUE)], -3) == {1: LateCharge(0, 2)}


def test_uses_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="two counted"):
        spend_free_days([LateUse(1, 1, DUE), LateUse(1, 2, DUE)], 5)
    with pytest.raises(ValueError, match="-1 late days"):
        spend_free_days([LateUse(1, -1, DUE)], 5)


def flags(now: datetime, **known: datetime) -> list[str]:
    return [problem.flag for problem in time_problems(now, LONDON, **known)]


def test_odd_times_are_flagged():
    window = {"opens_at": DUE - 7 * DAY, "closing_at": DUE + 14 * DAY, "term_ends_at": DUE + 100 * DAY}
    assert flags(DUE, **window) == []
    assert flags(DUE + 150 * DAY, term_ends_at=DUE + 100 * DAY) == []
    assert flags(DUE - 8 * DAY, **window) == ["before opening"]
    assert flags(DUE + 15 * DAY, **window) == ["after closing"]
    assert flags(DUE + 100 * DAY + FAR + SECOND, **window) == ["far in the future"]
    assert flags(DUE, latest_known_at=DUE + DAY, **window) == ["clock went back"]
    assert flags(DUE, latest_known_at=DUE + SECOND, **window) == []
    assert flags(DUE - 8 * DAY, latest_known_at=DUE, **window) == ["clock went back"]


def test_a_refusal_says_when_it_opens_in_the_courses_zone_and_what_to_do():
    problems = time_problems(DUE, LONDON, opens_at=datetime(2027, 6, 1, 8, tzinfo=UTC))
    with pytest.raises(TitoError) as error:
        require_open(problems, "cp01")
    assert "cp01 cannot be handed in now: it opens Tue 2027-06-01 09:00 BST" in str(error.value)
    assert error.value.next_step
    require_open((), "cp01")


def test_a_clock_that_went_back_keeps_nobody_out_and_one_far_ahead_does():
    require_open(time_problems(DUE, LONDON, latest_known_at=DUE + DAY), "cp01")
    with pytest.raises(TitoError, match="cp01 cannot be handed in now: the clock reads") as error:
        require_open(time_problems(DUE, LONDON, term_ends_at=DUE - FAR - SECOND), "cp01")
    assert "clock must be set right" in (error.value.next_step or "")


def test_a_time_without_a_zone_is_refused():
    naive = DUE.replace(tzinfo=None)
    for call in (
        lambda: late_days(naive, DUE, LONDON),
        lambda: late_days(DUE, naive, LONDON),
        lambda: show_time(naive, LONDON),
        lambda: time_problems(naive, LONDON),
    ):
        with pytest.raises(ValueError, match="no time zone"):
            call()
