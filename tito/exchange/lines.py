"""What a student reads in one line: on what terms an assignment is handed in, and how an attempt stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tito.course.calendar import show_lateness, show_time

DIGITS = 12
"""Of a SHA-256 in a line. The receipt has all 64."""


def terms(assignment: dict[str, Any], zone: str) -> str:
    """Return the due date, until when late work is taken, and what is left of the attempts."""
    graded = ", graded when it is due" if assignment.get("graded_from") else ""
    return f"{_dates(assignment, zone)}{graded}; {_attempts(assignment['attempts'], zone)}"


def _dates(assignment: dict[str, Any], zone: str) -> str:
    due_at, closes_at = assignment["due_at"], assignment["closes_at"]
    if due_at is None:
        return "no due date"
    due = _time(due_at, zone)
    if assignment["closed"]:
        return f"was due {due}, closed since {_time(closes_at, zone)}"
    until = f" until {_time(closes_at, zone)}" if closes_at else ""
    if assignment["late_now"]:
        return f"was due {due}, late work is taken{until}"
    return f"due {due}" if closes_at == due_at else f"due {due}, late work{until}"


def _attempts(attempts: dict[str, Any], zone: str) -> str:
    left, limit, next_at = attempts["left"], attempts["limit"], attempts["next_at"]
    if left is None:
        return "any number of attempts"
    if left == 0:
        return f"no attempt left now, one more from {_time(next_at, zone)}" if next_at else "no attempt left"
    return f"{left} of {limit} attempts left"


def standing(submission: dict[str, Any], zone: str, receipt: str = "") -> str:
    """Return an accepted attempt's receipt in short, and what became of it; `receipt` names the file of the whole."""
    when = f"{datetime.fromisoformat(submission['received_at']).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S %Z}"
    return (
        f"attempt {submission['attempt']}, {when}, {_timely(submission)}: {progress(submission, zone)}"
        f"{', this one counts' if submission['counts'] else ''}; SHA-256 {submission['sha256'][:DIGITS]}"
        f"{receipt and f', receipt in {receipt}'}"
    )


def told(receipt: dict[str, Any]) -> str:
    """Return a receipt in one line, for the log."""
    waits = f"; it is graded when it is due, from {receipt['graded_from']} on" if receipt.get("graded_from") else ""
    again = " (the same as before: nothing new was recorded)" if receipt.get("repeated") else ""
    return (
        f"submitted {receipt['checkpoint']} as attempt {receipt['attempt']} at {receipt['received_at']} "
        f"({_timely(receipt)}), SHA-256 {receipt['sha256']}{again}{waits}"
    )


def _timely(received: dict[str, Any]) -> str:
    return show_lateness(received["late_seconds"]) or ("in time" if received["due_at"] else "no due date")


def progress(submission: dict[str, Any], zone: str) -> str:
    """Return how far grading of an accepted attempt is, with the score where it is published."""
    if submission["score"] is not None:
        return f"{submission['score']} of 100"
    if submission.get("graded_from"):
        return f"is graded when it is due, from {_time(submission['graded_from'], zone)} on"
    if submission["state"] == "graded":
        return "graded, to be published"
    return "waits to be graded" if submission["counts"] else "not graded: a newer one was handed in"


def _time(text: str, zone: str) -> str:
    return show_time(datetime.fromisoformat(text), ZoneInfo(zone))
