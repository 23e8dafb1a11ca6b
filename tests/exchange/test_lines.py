"""What a student reads in the Assignment List: dates, attempts, and how a submission stands."""

from __future__ import annotations

from typing import Any

import pytest

from tito.exchange.lines import standing, terms, told

ZONE = "Europe/Zurich"
FREE = {"made": 0, "limit": 3, "left": 3, "next_at": None}
OFFER: dict[str, Any] = {
    "due_at": "2026-11-30T22:59:00+00:00",
    "closes_at": "2026-12-03T22:59:00+00:00",
    "late_now": False,
    "closed": False,
    "attempts": FREE,
}
HANDED_IN: dict[str, Any] = {
    "attempt": 2,
    "received_at": "2026-11-30T23:30:01.123456+00:00",
    "due_at": "2026-11-30T22:59:00+00:00",
    "late_seconds": 1861.1,
    "sha256": "0123456789abcdef" * 4,
    "state": "waiting",
    "score": None,
    "counts": True,
}
DUE = "due Mon 2026-11-30 23:59 CET"
CLOSES = "Thu 2026-12-03 23:59 CET"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, f"{DUE}, late work until {CLOSES}; "),
        ({"closes_at": None}, f"{DUE}, late work; "),
        ({"closes_at": OFFER["due_at"]}, f"{DUE}; "),
        ({"late_now": True}, f"was {DUE}, late work is taken until {CLOSES}; "),
        ({"late_now": True, "closes_at": None}, f"was {DUE}, late work is taken; "),
        ({"late_now": True, "closed": True}, f"was {DUE}, closed since {CLOSES}; "),
        ({"due_at": None, "closes_at": None}, "no due date; "),
    ],
)
def test_the_dates_of_an_assignment(changed: dict[str, Any], said: str) -> None:
    assert terms(OFFER | changed, ZONE) == f"{said}3 of 3 attempts left"


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        (FREE | {"left": 1}, "1 of 3 attempts left"),
        (FREE | {"left": None, "limit": None}, "any number of attempts"),
        (
            FREE | {"left": 0, "next_at": "2026-11-21T11:00:00+00:00"},
            "no attempt left now, one more from Sat 2026-11-21 12:00 CET",
        ),
        (FREE | {"left": 0}, "no attempt left"),
    ],
)
def test_the_attempts_that_are_left(attempts: dict[str, Any], said: str) -> None:
    assert terms(OFFER | {"attempts": attempts}, ZONE).endswith(f"; {said}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "late by 0.5 hours: waits to be graded, this one counts; "),
        ({"late_seconds": 0.0, "state": "graded"}, "in time: graded, to be published, this one counts; "),
        (
            {"late_seconds": 0.0, "due_at": None, "counts": False},
            "no due date: not graded: a newer one was handed in; ",
        ),
        ({"state": "published", "score": "87.5"}, "late by 0.5 hours: 87.5 of 100, this one counts; "),
    ],
)
def test_how_an_attempt_stands(changed: dict[str, Any], said: str) -> None:
    line = standing(HANDED_IN | changed, ZONE)
    assert line == f"attempt 2, 2026-12-01 00:30:01 CET, {said}SHA-256 0123456789ab"


def test_where_the_receipt_is() -> None:
    assert standing(HANDED_IN, ZONE, "receipts/attempt-002.json").endswith(", receipt in receipts/attempt-002.json")


def test_a_receipt_in_the_log_says_that_nothing_new_was_recorded() -> None:
    receipt = HANDED_IN | {"checkpoint": "cp01_foundation"}
    assert told(receipt).endswith(f"SHA-256 {HANDED_IN['sha256']}")
    assert told(receipt | {"repeated": True}).endswith("nothing new was recorded)")


def test_what_is_graded_when_it_is_due_says_so_before_and_after_the_hand_in() -> None:
    waits = {"graded_from": "2026-11-30T22:59:00+00:00"}
    assert terms(OFFER | waits, ZONE) == f"{DUE}, late work until {CLOSES}, graded when it is due; 3 of 3 attempts left"
    on = "is graded when it is due, from Mon 2026-11-30 23:59 CET on"
    assert f": {on}, this one counts" in standing(HANDED_IN | waits, ZONE)
    receipt = HANDED_IN | {"checkpoint": "cp01_foundation"} | waits
    assert told(receipt).endswith(f"; it is graded when it is due, from {waits['graded_from']} on")
    assert "when it is due" not in told(receipt | {"graded_from": None})
