"""Exceptions need a reason, a value that can be, and leave a trace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.gradebook.conftest import START
from tests.gradebook.samples import FOUNDATION
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, Extension, LateDays, Override
from tito.gradebook.services.adjustments import change_late_days, extend, override


def set_score(gradebook: Gradebook, score: str | None, reason: str = "oral exam", student: str = "ana") -> None:
    with gradebook.begin("instructor:ira") as work:
        override(
            work,
            student_id=student,
            checkpoint=FOUNDATION,
            score=None if score is None else Decimal(score),
            reason=reason,
        )


def set_due(gradebook: Gradebook, days: int | None, reason: str = "ill") -> None:
    with gradebook.begin("instructor:ira") as work:
        extend(
            work,
            student_id="ana",
            checkpoint=FOUNDATION,
            until=None if days is None else START + timedelta(days=days),
            reason=reason,
            due_at=START,
        )


def events(gradebook: Gradebook, action: str) -> list[AuditEvent]:
    with gradebook.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)))


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_reason_is_required(gradebook: Gradebook, reason: str) -> None:
    with pytest.raises(GradebookError, match="a reason is required"):
        set_score(gradebook, "50", reason)
    with pytest.raises(GradebookError, match="a reason is required"):
        set_due(gradebook, 3, reason)
    with pytest.raises(GradebookError, match="a reason is required"), gradebook.begin("instructor:ira") as work:
        change_late_days(work, student_id="ana", days=1, reason=reason)
    with gradebook.read() as session:
        for table in (Override, Extension, LateDays):
            assert session.scalars(select(table)).all() == []


@pytest.mark.parametrize("score", ["-0.001", "100.001", "NaN", "Infinity", "50.0001"])
def test_a_score_that_cannot_be_is_refused(gradebook: Gradebook, score: str) -> None:
    with pytest.raises(GradebookError, match="cannot be set"):
        set_score(gradebook, score)


def test_an_override_is_audited_with_what_was_there_before(gradebook: Gradebook) -> None:
    set_score(gradebook, "50", "first")
    set_score(gradebook, "62.125", " second ")
    set_score(gradebook, None, "a mistake")
    said = events(gradebook, "grade.override")
    assert [(event.before, event.after, event.reason, event.actor) for event in said] == [
        ({"score": None}, {"score": "50"}, "first", "instructor:ira"),
        ({"score": "50"}, {"score": "62.125"}, "second", "instructor:ira"),
        ({"score": "62.125"}, {"score": None}, "a mistake", "instructor:ira"),
    ]
    with gradebook.read() as session:
        assert len(session.scalars(select(Override)).all()) == 3


@pytest.mark.parametrize("days", [-4100, 4100])
def test_an_extension_ends_within_ten_years(gradebook: Gradebook, days: int) -> None:
    with pytest.raises(GradebookError, match="cannot be given"):
        set_due(gradebook, days)


@pytest.mark.parametrize("days", [-366, 366, 10**20])
def test_late_days_are_those_of_a_year_at_most(gradebook: Gradebook, days: int) -> None:
    with pytest.raises(GradebookError, match="so many late days"), gradebook.begin("instructor:ira") as work:
        change_late_days(work, student_id="ana", days=days, reason="why")


def test_what_is_not_there_cannot_be_taken_back(gradebook: Gradebook) -> None:
    with pytest.raises(GradebookError, match="no override"):
        set_score(gradebook, None)
    with pytest.raises(GradebookError, match="no extension"):
        set_due(gradebook, None)
    set_score(gradebook, "1")
    set_score(gradebook, None)
    with pytest.raises(GradebookError, match="no override"):
        set_score(gradebook, None)


def test_an_extension_ends_after_the_deadline(gradebook: Gradebook) -> None:
    with pytest.raises(GradebookError, match="no later than the deadline"):
        set_due(gradebook, 0)
    set_due(gradebook, 2)
    set_due(gradebook, 1)
    said = events(gradebook, "deadline.extend")
    assert said[1].before == {"until": (START + timedelta(days=2)).isoformat()}
    assert said[1].after == {"until": (START + timedelta(days=1)).isoformat()}


def test_a_time_without_a_zone_is_refused_before_it_is_misread(gradebook: Gradebook) -> None:
    naive = START.replace(tzinfo=None)

    def store() -> None:
        with gradebook.begin("instructor:ira") as work:
            extend(work, student_id="ana", checkpoint=FOUNDATION, until=naive, reason="ill")

    with pytest.raises(Exception, match="without a zone"):
        store()


def test_late_days_add_up(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        assert change_late_days(work, student_id="ana", days=3, reason="ill") == 3
    with gradebook.begin("instructor:ira") as work:
        assert change_late_days(work, student_id="ana", days=-1, reason="one too many") == 2
    with pytest.raises(GradebookError, match="changes nothing"), gradebook.begin("instructor:ira") as work:
        change_late_days(work, student_id="ana", days=0, reason="none")


def test_an_unknown_student_is_no_exception_to_anything(gradebook: Gradebook) -> None:
    with pytest.raises(GradebookError, match="not on the roster"):
        set_score(gradebook, "50", student="../x")
