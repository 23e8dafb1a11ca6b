"""The changes: filters that name what there is, and moments that people can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import extend, override
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import audit

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


class TestDays:
    """Two changes, a minute before and a minute after midnight in Kolkata."""

    @pytest.fixture
    def course(self) -> Course:
        return replace(samples.course(), zone=ZoneInfo("Asia/Kolkata"))

    @pytest.fixture(autouse=True)
    def two(self, gradebook: Gradebook, clock: Clock) -> None:
        for minute, days in ((29, 1), (31, 2)):
            clock.now = datetime(2027, 2, 1, 18, minute, tzinfo=UTC)
            with gradebook.begin("instructor:ira") as work:
                work.audit("late.change", student=1, after={"days": days})

    @pytest.mark.parametrize(
        ("query", "days"),
        [
            ("since=2027-02-01", [2, 1]),
            ("since=2027-02-02", [2]),
            ("since=2027-02-03", []),
            ("until=2027-02-02", [2, 1]),
            ("until=2027-02-01", [1]),
            ("until=2027-01-31", []),
            ("since=2027-02-01&until=2027-02-01", [1]),
            ("since=2027-02-02&until=+2027-02-02+", [2]),
        ],
    )
    def test_are_the_courses_and_the_last_one_is_included(self, enter: Enter, query: str, days: list[int]) -> None:
        events = enter(INSTRUCTOR).json(f"/audit?action=late.change&{query}")["events"]
        assert [one["after"]["days"] for one in events] == days

    def test_stay_in_the_form_and_on_the_way_to_older_changes(
        self, enter: Enter, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit, "PAGE", 1)
        page = enter(INSTRUCTOR).get("/audit?since=2027-02-01&until=2027-02-02").text
        assert 'name="since" size="10" value="2027-02-01"' in page
        assert 'name="until" size="10" value="2027-02-02"' in page
        assert "since=2027-02-01&amp;until=2027-02-02&amp;before=" in page
        assert "days in Asia/Kolkata" in page

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("since=yesterday", "is no day"),
            ("until=2027-02-30", "is no day"),
            ("since=2027-02-01T00:00", "is no day"),
            ("since=0001-01-01", "is no day of this course"),
            ("until=9999-12-31", "is no day of this course"),
            ("since=2027-02-02&until=2027-02-01", "No day is from 2027-02-02 until 2027-02-01"),
            ("since=%3Cscript%3E", "is no day"),
        ],
    )
    def test_that_are_none_are_explained(self, enter: Enter, query: str, said: str) -> None:
        refused = enter(INSTRUCTOR).get(f"/audit?{query}")
        assert refused.status == 400
        assert said in refused.text
        assert "Expected: a" in refused.text
        assert "<script>" not in refused.text


@pytest.mark.parametrize("day", ["2024-04-26", "2024-11-01"])
def test_a_day_begins_also_where_clocks_skip_or_repeat_its_midnight(day: str) -> None:
    """In Cairo clocks went from 00:00 to 01:00 on 26 April 2024, and from 24:00 back to 23:00 on 31 October."""
    begun = audit.beginning(date.fromisoformat(day), ZoneInfo("Africa/Cairo"))
    before = begun - timedelta(microseconds=1)
    local, last = (moment.astimezone(ZoneInfo("Africa/Cairo")) for moment in (begun, before))
    assert (local.date().isoformat(), last.date() < local.date()) == (day, True)


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
