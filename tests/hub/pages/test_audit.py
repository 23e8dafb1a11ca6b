"""The changes: filters that name what there is, and moments that people can read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.hub.pages.conftest import Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import extend, override
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")


@pytest.fixture
def changed(gradebook: Gradebook) -> Gradebook:
    """Ana has a score by hand at 01, Ben a later deadline at 02."""
    with gradebook.begin("grader:gus") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(75), reason="oral <script>")
    with gradebook.begin("instructor:ira") as work:
        until = datetime(2027, 2, 1, 22, 59, tzinfo=UTC)
        extend(work, student_id="ben", checkpoint=CHECKPOINTS[2], until=until, reason="ill")
        work.audit("late.change", student=1, after={"days": "2027-02-31T00:00:00+00:00"})
    return gradebook


def test_each_filter_leaves_what_fits(enter: Enter, changed: Gradebook) -> None:
    browser = enter(INSTRUCTOR)

    def found(query: str) -> list[tuple[str, str]]:
        return [(one["action"], one["student"]) for one in browser.json(f"/audit?{query}")["events"]]

    assert found("action=grade.override") == [("grade.override", "ana")]
    assert found("actor=grader:gus") == [("grade.override", "ana")]
    assert found("checkpoint=02") == [("deadline.extend", "ben")]
    assert ("deadline.extend", "ben") in found("student=ben")
    assert found("action=grade.override&student=ben") == []
    assert set(browser.json("/audit")["actions"]) >= {"grade.override", "deadline.extend"}
    page = browser.get("/audit?checkpoint=cp02").text
    assert '<option value="cp02" selected>' in page


def test_moments_are_in_the_courses_zone_and_what_only_looks_like_one_stays(enter: Enter, changed: Gradebook) -> None:
    page = enter(INSTRUCTOR).get("/audit").text
    assert 'until <time datetime="2027-02-01T22:59:00+00:00">Mon 01 Feb 2027 22:59 UTC+00:00</time>' in page
    assert "days 2027-02-31T00:00:00+00:00<" in page
    assert "oral &lt;script&gt;" in page


def test_a_digest_is_shown_short_and_told_whole(enter: Enter, gradebook: Gradebook) -> None:
    digest = "0123456789abcdef" * 4
    with gradebook.begin("instructor:ira") as work:
        work.audit("late.change", student=1, after={"digest": digest})
    browser = enter(INSTRUCTOR)
    page = browser.get("/audit").text
    assert "digest 0123456789ab\N{HORIZONTAL ELLIPSIS}<" in page
    assert digest not in page
    assert browser.json("/audit")["events"][0]["after"] == {"digest": digest}


def test_more_than_a_page_goes_on(enter: Enter, gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        for _ in range(150):
            work.audit("late.change", student=1)
    browser = enter(INSTRUCTOR)
    first = browser.json("/audit?action=late.change")
    second = browser.json(f"/audit?action=late.change&before={first['older']}")
    numbers = [one["number"] for one in (*first["events"], *second["events"])]
    assert len(numbers) == 150
    assert numbers == sorted(numbers, reverse=True)
    assert second["older"] is None
