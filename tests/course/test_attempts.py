from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course.attempts import Attempt, Bucket, bucket
from tito.course.policies import AttemptPolicy

START = datetime(2027, 1, 15, 12, tzinfo=UTC)
POLICY = AttemptPolicy(capacity=3, refill=timedelta(hours=2))
HOUR = timedelta(hours=1)

offsets = st.integers(0, 10**12).map(lambda micro: timedelta(microseconds=micro))
moments = offsets.map(lambda offset: START + offset)
histories = st.lists(st.builds(Attempt, moments, st.booleans()), max_size=12)
policies = st.builds(
    AttemptPolicy, st.integers(1, 6), st.integers(1, 10**11).map(lambda micro: timedelta(microseconds=micro))
)


def at(*hours: float, fault: bool = False) -> list[Attempt]:
    return [Attempt(START + hour * HOUR, fault) for hour in hours]


@pytest.mark.parametrize(
    ("made", "now", "available", "next_hour"),
    [
        ((), 0, 3, None),
        ((0,), 0, 2, 2),
        ((0, 0, 0), 0, 0, 2),
        ((0, 0, 0), 1.5, 0, 2),
        ((0, 0, 0), 2, 1, 4),
        ((0, 0, 0), 6, 3, None),
        ((0, 0, 0), 600, 3, None),
        ((0, 0, 0, 2), 3, 0, 4),
        ((0, 1), 1, 1, 2),
        ((0, 10), 10, 2, 12),
    ],
)
def test_worked_examples(made: tuple[float, ...], now: float, available: int, next_hour: float | None):
    next_at = None if next_hour is None else START + next_hour * HOUR
    assert bucket(POLICY, at(*made), START + now * HOUR) == Bucket(available, next_at)


def test_no_limit_is_no_limit():
    unlimited = bucket(AttemptPolicy(capacity=None), at(*range(50)), START)
    assert unlimited == Bucket(None, None)
    assert unlimited.allows


def test_an_empty_bucket_allows_nothing():
    assert not bucket(POLICY, at(0, 0, 0), START).allows
    assert bucket(POLICY, at(0, 0), START).allows


def test_attempts_beyond_the_bucket_leave_no_debt():
    assert bucket(POLICY, at(*[0] * 20), START + 2 * HOUR).available == 1


def test_a_clock_that_goes_back_gives_no_attempt_and_takes_none():
    assert bucket(POLICY, at(10), START) == bucket(POLICY, at(10), START + 10 * HOUR)


def test_zones_do_not_matter_but_their_absence_is_refused():
    here = START.astimezone(ZoneInfo("Asia/Tokyo"))
    assert bucket(POLICY, [Attempt(here)], here) == bucket(POLICY, at(0), START)
    with pytest.raises(ValueError, match="no time zone"):
        bucket(POLICY, at(0), START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no time zone"):
        bucket(POLICY, [Attempt(START.replace(tzinfo=None))], START)


@given(policies, histories, moments, st.randoms(use_true_random=False))
def test_the_order_of_the_history_does_not_matter(
    policy: AttemptPolicy, history: list[Attempt], now: datetime, random: object
):
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert bucket(policy, shuffled, now) == bucket(policy, history, now)


@given(policies, histories, moments)
def test_faults_of_the_platform_cost_nothing(policy: AttemptPolicy, history: list[Attempt], now: datetime):
    charged = [attempt for attempt in history if not attempt.platform_fault]
    assert bucket(policy, history, now) == bucket(policy, charged, now)


@given(policies, histories, moments)
def test_next_at_is_the_first_moment_with_one_more(policy: AttemptPolicy, history: list[Attempt], now: datetime):
    state = bucket(policy, history, now)
    assert state.available is not None
    assert policy.capacity is not None
    assert 0 <= state.available <= policy.capacity
    if state.next_at is None:
        assert state.available == policy.capacity
        return
    assert state.next_at > now
    assert bucket(policy, history, state.next_at).available == state.available + 1
    just_before = state.next_at - timedelta(microseconds=1)
    assert bucket(policy, history, just_before).available == state.available


@given(policies, histories, moments)
def test_an_attempt_takes_one_and_an_earlier_moment_never_has_more(
    policy: AttemptPolicy, history: list[Attempt], now: datetime
):
    past = [attempt for attempt in history if attempt.at <= now]
    before = bucket(policy, past, now).available
    after = bucket(policy, [*past, Attempt(now)], now).available
    assert before is not None
    assert after == max(0, before - 1)
    later = bucket(policy, past, now + HOUR).available
    assert later is not None
    assert later >= before


@given(policies, st.lists(moments, max_size=12))
def test_whoever_asks_first_never_gets_more_than_the_bucket_and_its_refills(
    policy: AttemptPolicy, asked: list[datetime]
):
    made: list[Attempt] = []
    for moment in sorted(asked):
        if bucket(policy, made, moment).allows:
            made.append(Attempt(moment))
    assert policy.capacity is not None
    if made:
        span = made[-1].at - made[0].at
        assert len(made) <= policy.capacity + span // policy.refill
