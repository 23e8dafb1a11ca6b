"""A receipt: what the gradebook recorded of a hand-in, for the student to keep."""

from __future__ import annotations

from datetime import datetime

from tito.cli.screen import Screen
from tito.course.calendar import show_lateness
from tito.course.checkpoints import CHECKPOINTS
from tito.course.course import Course
from tito.gradebook.services.intake import Recorded, waits_until


def show_receipt(screen: Screen, course: Course, recorded: Recorded, now: datetime) -> None:
    """Print a receipt, and until when by now it waits to be graded."""
    checkpoint = CHECKPOINTS[recorded.checkpoint]
    again = "  (the same as before: nothing new was recorded)" if recorded.repeated else ""
    screen.say((f"{screen.symbol('passed')} received", "bold green"), (again, "dim"))
    waits = waits_until(course, recorded, now)
    late = lateness(recorded) or ("in time" if recorded.due_at else "there is no due date")
    for name, text in (
        ("checkpoint", checkpoint.title),
        ("student", recorded.student_id),
        ("attempt", str(recorded.attempt)),
        ("time", f"{course.show_time(recorded.received_at)}, by the server's clock ({late})"),
        ("due", course.show_time(recorded.due_at) if recorded.due_at else ""),
        ("graded", f"when it is due, from {course.show_time(waits)} on" if waits else ""),
        ("SHA-256", recorded.digest),
        ("note", recorded.message),
    ):
        if text:
            screen.say((f"{name:<12}", "dim"), text, indent=2, hang=12)


def lateness(recorded: Recorded) -> str:
    """Return by how much a hand-in was late, in words; nothing when it was not."""
    return show_lateness(recorded.late_seconds)


def plain_receipt(course: Course, recorded: Recorded, now: datetime) -> dict[str, object]:
    """Return a receipt as JSON types."""
    waits = waits_until(course, recorded, now)
    return {
        "student_id": recorded.student_id,
        "checkpoint": CHECKPOINTS[recorded.checkpoint].slug if recorded.checkpoint >= 0 else None,
        "attempt": recorded.attempt,
        "status": recorded.status.value,
        "message": recorded.message,
        "received_at": recorded.received_at.isoformat(),
        "due_at": None if recorded.due_at is None else recorded.due_at.isoformat(),
        "graded_from": None if waits is None else waits.isoformat(),
        "late_seconds": recorded.late_seconds,
        "sha256": recorded.digest,
        "repeated": recorded.repeated,
    }
