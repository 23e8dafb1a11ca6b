"""Overrides, extensions and late days from the student's page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.gradebook.conftest import Clock, fill
from tests.hub.pages.conftest import Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import override
from tito.gradebook.work import Work
from tito.hub.pages.asked import Submitted
from tito.hub.pages.changes.exceptions import override as change_score
from tito.hub.pages.stale import Stale, mark
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import student
from tools.postgres import Server

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
PAGE = "/students/ana"


def test_an_override_counts_and_is_in_the_history(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    shown = browser.send(PAGE, f"{PAGE}/override", checkpoint="cp01_foundation", score="87.5", reason="oral exam")
    assert shown.status == 200
    assert shown.url.endswith(PAGE)
    assert "The score at cp01_foundation is now 87.5." in shown.text
    assert "is now 87.5." not in browser.get(PAGE).text  # said once
    data = browser.json(PAGE)
    assert data["steps"][1]["score"] == "87.5"
    assert (data["history"][0]["actor"], data["history"][0]["reason"]) == ("instructor:ira", "oral exam")


def test_a_comma_is_a_point(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    shown = browser.send(PAGE, f"{PAGE}/override", checkpoint="cp01", score="87,5", reason="oral exam")
    assert "The score at cp01_foundation is now 87.5." in shown.text
    assert browser.json(PAGE)["steps"][1]["score"] == "87.5"


def test_an_extension_in_the_courses_zone(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    shown = browser.send(PAGE, f"{PAGE}/extend", checkpoint="cp02", until="2027-02-01 23:59", reason="ill")
    assert shown.status == 200
    assert browser.json(PAGE)["steps"][2]["due_at"] is None  # the sample course has no deadlines to move
    assert browser.json(PAGE)["history"][0]["after"] == {"until": "2027-02-01T23:59:00+00:00"}


def test_late_days(enter: Enter) -> None:
    shown = enter(INSTRUCTOR).send(PAGE, f"{PAGE}/late-days", days="2", reason="network down")
    assert "now has +2 late days" in shown.text
    # The sample course has none that are free for all.
    assert "0 of 2 free late days used (+2 for this student alone)" in shown.text
    data = enter(INSTRUCTOR).json(PAGE)
    assert (data["late_days_used"], data["free_late_days"], data["extra_late_days"]) == (0, 2, 2)
    taken = enter(INSTRUCTOR).send(PAGE, f"{PAGE}/late-days", days="-3", reason="too many")
    assert "0 of 0 free late days used (-1 for this student alone)" in taken.text
    assert "(-1 for you alone)" in enter(Viewer(Role.STUDENT, "ana")).get(PAGE).text


@pytest.mark.parametrize(
    ("form", "fields", "said"),
    [
        ("override", {"checkpoint": "cp01", "score": "101", "reason": "why"}, "a number from 0 to 100"),
        ("override", {"checkpoint": "cp01", "score": "lots", "reason": "why"}, "is no number"),
        ("override", {"checkpoint": "cp01", "score": "1e999999999", "reason": "why"}, "is no number"),
        ("override", {"checkpoint": "cp01", "score": "87,1234", "reason": "why"}, "at most three decimals"),
        ("override", {"checkpoint": "cp01", "score": "NaN", "reason": "why"}, "a number from 0 to 100"),
        ("override", {"checkpoint": "cp01", "score": "90", "reason": " "}, "a reason is required"),
        ("override", {"checkpoint": "cp99", "score": "90", "reason": "why"}, "cp99"),
        ("extend", {"checkpoint": "cp01", "until": "tomorrow", "reason": "why"}, "is no time"),
        ("extend", {"checkpoint": "cp01", "until": "0001-01-01 00:00", "reason": "why"}, "within 10 years"),
        ("extend", {"checkpoint": "cp01", "until": "0001-01-01 00:00+01:00", "reason": "why"}, "is no time"),
        ("extend", {"checkpoint": "cp01", "until": "9999-12-31 23:59", "reason": "why"}, "within 10 years"),
        ("late-days", {"days": "some", "reason": "why"}, "is no number of days"),
        ("late-days", {"days": "9" * 20, "reason": "why"}, "from -365 to 365"),
        ("late-days", {"days": "-366", "reason": "why"}, "from -365 to 365"),
        ("late-days", {"days": "0", "reason": "why"}, "changes nothing"),
    ],
)
def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(
    enter: Enter, form: str, fields: dict[str, str], said: str
) -> None:
    browser = enter(INSTRUCTOR)
    before = browser.json(PAGE)
    shown = browser.send(PAGE, f"{PAGE}/{form}", **fields)
    assert shown.status == 422
    assert said in shown.text
    assert "Nothing was changed" in shown.text
    if fields["reason"] == "why":
        assert 'value="why"' in shown.text
    assert browser.json(PAGE) == before


def test_a_form_without_the_sites_token_is_refused(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    refused = browser.post(f"{PAGE}/override", {"checkpoint": "cp01", "score": "100", "reason": "forged", "seen": "99"})
    assert refused.status == 403
    assert browser.json(PAGE)["steps"][1]["score"] is None


def test_a_stale_form_shows_both_versions_and_asks(enter: Enter, gradebook: Gradebook, clock: Clock) -> None:
    browser = enter(INSTRUCTOR)
    opened = browser.get(PAGE)
    clock.forward(minutes=5)
    with gradebook.begin("grader:gus") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(60), reason="from the exam")
    mine = {"checkpoint": "cp01_foundation", "score": "90", "reason": "a better exam", "_xsrf": opened.xsrf}
    asked = browser.post(f"{PAGE}/override", mine | {"seen": opened.seen})
    assert asked.status == 409
    assert "from the exam" in asked.text
    assert "a better exam" in asked.text
    assert browser.json(PAGE)["steps"][1]["score"] == "60"
    assert browser.post(f"{PAGE}/override", mine | {"seen": asked.seen}).status == 200
    assert browser.json(PAGE)["steps"][1]["score"] == "90"


@pytest.mark.parametrize("way", ["page", "command line"])
def test_a_form_waits_for_a_change_that_is_not_committed_yet(
    postgres: Server, clock: Clock, course: Course, way: str
) -> None:
    """On PostgreSQL, where two may write at once."""
    book = fill(postgres.url(postgres.database()), clock)

    def send(work: Work, score: str) -> None:
        fields = {"checkpoint": "cp01", "score": score, "reason": "oral exam", "seen": str(seen)}
        change_score(Submitted(work, course, INSTRUCTOR, {"student": "ana"}, fields))

    def send_second() -> None:
        with book.begin("instructor:una") as work:
            send(work, "90")

    with book, ThreadPoolExecutor(1) as pool:
        with book.read() as session:
            seen = mark(session, 1)
        with book.begin("instructor:ira") as work:
            if way == "page":
                send(work, "60")
            else:
                override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(60), reason="why")
            work.session.flush()
            second = pool.submit(send_second)
            while not (second.done() or waiting(book)):
                pass
        with pytest.raises(Stale) as told:
            second.result()
        assert told.value.events[0].after == {"score": "60"}


def waiting(book: Gradebook) -> bool:
    """Whether one connection waits for another's lock."""
    with book.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_long_history_goes_on_on_the_next_page(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(student, "HISTORY", 2)
    browser = enter(INSTRUCTOR)
    for reason in ("ill", "move", "flood"):
        browser.send("/students/ana", "/students/ana/late-days", days="1", reason=reason)
    first = browser.json("/students/ana")
    assert [change["reason"] for change in first["history"]] == ["flood", "move"]
    assert f'href="/students/ana?before={first["older"]}#history"' in browser.get("/students/ana").text
    second = browser.json(f"/students/ana?before={first['older']}")
    assert second["history"][0]["reason"] == "ill"
    assert second["older"] is None
    own = enter(Viewer(Role.STUDENT, "ana")).json("/students/ana")
    assert ([change["reason"] for change in own["history"]], own["older"]) == (["flood", "move", "ill"], None)
