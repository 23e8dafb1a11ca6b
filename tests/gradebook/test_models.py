"""Column types keep what they are given, exactly, and refuse what they cannot keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from tests.gradebook.samples import digest, hand_in
from tito.gradebook import Gradebook
from tito.gradebook.models import Submission
from tito.gradebook.models.base import ExactScore, Points, UtcTime
from tito.gradebook.models.submissions import Intake

DIALECTS = (sqlite.dialect(), postgresql.dialect())


@given(st.integers(-(10**15), 10**15).map(lambda milli: Decimal(milli).scaleb(-3)))
def test_points_are_exact(points: Decimal) -> None:
    for dialect in DIALECTS:
        stored = Points().process_bind_param(points, dialect)
        assert isinstance(stored, int)
        assert Points().process_result_value(stored, dialect) == points


@pytest.mark.parametrize("points", ["0.0001", "NaN", "Infinity"])
def test_points_that_would_be_rounded_are_refused(points: str) -> None:
    with pytest.raises(ValueError, match="points"):
        Points().process_bind_param(Decimal(points), DIALECTS[0])


@given(st.fractions())
def test_scores_are_exact(score: Fraction) -> None:
    stored = ExactScore().process_bind_param(score, DIALECTS[0])
    assert isinstance(stored, str)
    assert ExactScore().process_result_value(stored, DIALECTS[0]) == score


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001
def test_times_are_the_same_moment_in_utc(local: datetime, hours: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(hours=hours)))
    for dialect in DIALECTS:
        back = UtcTime().process_result_value(UtcTime().process_bind_param(moment, dialect), dialect)
        assert back == moment
        assert back is not None
        assert back.tzinfo is UTC


def test_the_schema_refuses_an_accepted_hand_in_without_a_number(gradebook: Gradebook) -> None:
    said = hand_in(gradebook)

    def store(status: Intake, attempt: int | None) -> None:
        with gradebook.begin("system:test") as work:
            work.audit("test.event")
            work.session.add(
                Submission(
                    student_id=1,
                    checkpoint=1,
                    attempt=attempt,
                    received_at=said.received_at,
                    digest=digest("x"),
                    idempotency_key="x",
                    status=status,
                )
            )

    for status, attempt in ((Intake.ACCEPTED, None), (Intake.REJECTED, 2), (Intake.ACCEPTED, 0), (Intake.ACCEPTED, 1)):
        with pytest.raises(IntegrityError):
            store(status, attempt)
    store(Intake.ACCEPTED, 2)
