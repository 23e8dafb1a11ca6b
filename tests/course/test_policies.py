from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tito.course.policies import REVEALABLE, RevealPolicy

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
