from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tito.course.policies import REVEALABLE, GradingPolicy, RevealPolicy

LATER = datetime(2027, 2, 5, tzinfo=UTC)
DAY = timedelta(days=1)
HIDDEN = {"title", "verdict", "hint", "operation"}
POLICY = RevealPolicy(later=frozenset({"detail"}), later_at=LATER)


def test_public_tests_show_everything_at_any_time():
    assert RevealPolicy(hidden=frozenset()).shows(public=True, now=LATER - DAY) == set(REVEALABLE)


def test_hidden_tests_show_more_from_the_later_date_on():
    assert POLICY.shows(public=False, now=LATER - DAY) == HIDDEN
    assert POLICY.shows(public=False, now=LATER) == HIDDEN | {"detail"}


def test_whoever_has_an_extension_sees_no_more_while_the_work_is_open():
    assert POLICY.shows(public=False, now=LATER, own_due_at=LATER + DAY) == HIDDEN
    assert POLICY.shows(public=False, now=LATER + DAY, own_due_at=LATER + DAY) == HIDDEN | {"detail"}


def test_without_a_later_date_nothing_more_is_ever_shown():
    assert RevealPolicy().shows(public=False, now=LATER + 9999 * DAY) == HIDDEN


def test_grading_waits_for_the_students_own_due_date_and_only_by_policy():
    when_due, now = GradingPolicy("due"), LATER
    assert when_due.waits_until(LATER + DAY, now) == LATER + DAY
    assert when_due.waits_until(LATER, now) is None
    assert when_due.waits_until(LATER - DAY, now) is None
    assert when_due.waits_until(None, now) is None
    assert GradingPolicy().waits_until(LATER + DAY, now) is None
