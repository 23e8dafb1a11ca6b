"""Processes that are killed: nothing that was answered is lost, nothing is graded twice, and the hub starts others."""

from __future__ import annotations

import os
import signal
from http.client import HTTPException

import pytest
from sqlalchemy import func, select

from tests.grading import mini
from tests.hub.answers import Answer
from tests.hub.place import Hub, Person
from tests.hub.test_submit import variant
from tito.gradebook import Gradebook
from tito.gradebook.models import ResultRow

pytestmark = pytest.mark.slow


def test_a_grader_that_is_killed_loses_nothing_and_grades_nothing_twice(hub: Hub) -> None:
    student = hub.student()
    number = hub.submit(student, mini.handin(mini.CP01)).json["submission"]
    _kill(hub, "grader")
    hub.published(student)
    assert _results(hub, number) == 1


def test_a_service_that_is_killed_keeps_what_it_answered_and_takes_the_retry(hub: Hub) -> None:
    student = hub.student()
    first = hub.submit(student, variant(1), "key-before-the-kill").json
    _kill(hub, "service")
    again = hub.until(lambda: _tried(hub, student), "the service that was killed")
    assert again.status == 200
    assert {**again.json, "repeated": False} == first
    assert hub.published(student)["attempt"] == 1


def _tried(hub: Hub, student: Person) -> Answer | None:
    """Submit once more; None while nobody answers, or the proxy knows no service."""
    try:
        answer = hub.submit(student, variant(1), "key-before-the-kill")
    except (OSError, HTTPException):
        return None
    return answer if answer.status in (200, 201) else None


def _kill(hub: Hub, command: str) -> None:
    """Kill it, and wait until another one runs."""
    before = hub.process_of(command)
    os.kill(before, signal.SIGKILL)

    def other() -> int | None:
        try:
            found = hub.process_of(command)
        except AssertionError:
            return None
        return found if found != before else None

    hub.until(other, f"another `tito hub {command}`")


def _results(hub: Hub, number: int) -> int:
    with Gradebook.open(hub.course.database_url) as book, book.read() as session:
        query = select(func.count(ResultRow.id)).where(ResultRow.submission_id == number)
        return session.scalar(query) or 0
