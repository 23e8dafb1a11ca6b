from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tito.course.policies import Assessment, RevealPolicy
from tito.course.results import Counterexample, Divergence, Frame, Outcome
from tito.course.verdicts import Verdict
from tito.grading.reveal import put_off, reveal

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)
SECRET = "a hidden input"
HIDDEN = Outcome(
    test=f"test_tiny::{SECRET}",
    title="Shouting",
    mode="isolated",
    public=False,
    cell="test-shout",
    verdict=Verdict.RAISED,
    possible=Decimal(10),
    earned=Decimal(0),
    hint="Are capitals capitals?",
    detail=f"ValueError: {SECRET}",
    counterexample=Counterexample((("text", SECRET),), SECRET, SECRET, SECRET, SECRET),
    frames=(Frame("01_tensor.ipynb, cell 4", 3, SECRET, SECRET),),
    output=SECRET,
    seconds=1.234567,
    diverged=Divergence("mul", "gradient", SECRET, ((SECRET, SECRET),), SECRET, SECRET),
)
SHOWN_AT_ONCE = {"title", "mode", "public", "cell", "verdict", "possible", "earned", "hint", "inherited_from"}


def test_before_its_date_a_hidden_test_shows_title_verdict_hint_and_operation_and_nothing_else() -> None:
    (shown,) = reveal([HIDDEN], RevealPolicy(later_at=NOW + timedelta(seconds=1)), NOW)
    assert SECRET not in str(shown.to_json())
    empty = {
        name: getattr(shown, name) for name in (field.name for field in fields(shown)) if name not in SHOWN_AT_ONCE
    }
    assert empty == {
        "test": "a hidden test",
        "detail": "",
        "counterexample": None,
        "frames": (),
        "output": "",
        "diverged": Divergence("mul"),  # a name of ours, and no value
        "seconds": 0.0,  # a program can sleep for as long as an input is large
    }


@pytest.mark.parametrize(
    ("later_at", "own_due_at", "all_is_shown"),
    [(None, None, False), (NOW, None, True), (NOW, NOW, True), (NOW, NOW + timedelta(seconds=1), False)],
    ids=["never", "from its date", "due already", "not while it is open for this student"],
)
def test_the_rest_follows_from_the_policys_date(
    later_at: datetime | None, own_due_at: datetime | None, *, all_is_shown: bool
) -> None:
    (shown,) = reveal([HIDDEN], RevealPolicy(later_at=later_at), NOW, own_due_at)
    assert (shown == replace(HIDDEN, test="a hidden test")) is all_is_shown
    assert (SECRET in str(shown.to_json())) is all_is_shown


def test_the_policy_may_keep_the_operation_back() -> None:
    (shown,) = reveal([HIDDEN], RevealPolicy(hidden=frozenset({"title", "verdict", "hint"})), NOW)
    assert shown.diverged is None


def test_a_public_test_shows_everything() -> None:
    public = replace(HIDDEN, public=True)
    assert reveal([public], RevealPolicy(), NOW) == (public,)


@pytest.mark.parametrize(
    ("due_days", "later_days", "own_days", "expected_days"),
    [(0, 21, 10, 31), (0, 21, 0, 21), (None, 21, None, None), (0, None, 5, 5)],
    ids=["an extension", "none", "no due date", "never shown"],
)
def test_who_has_more_time_sees_more_as_much_later(
    due_days: int | None, later_days: int | None, own_days: int | None, expected_days: int | None
) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else NOW + timedelta(days=number)

    assessment = Assessment(Decimal(8), due_at=day(due_days), reveal=RevealPolicy(later_at=day(later_days)))
    assert put_off(assessment, day(own_days)) == day(expected_days)
