"""The matrix: filters, order, pages, and what it costs."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Answer, Browser, Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.publication import publish
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.gradebook.standing import StudentRow
from tito.hub.pages.kept import Kept, Standings
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
MNIST = CHECKPOINTS[7].milestone


def add(gradebook: Gradebook, count: int) -> None:
    with gradebook.begin("instructor:ira") as work:
        entries = [RosterEntry(f"s{number:04}", f"Student {number:04}", None, "C") for number in range(count)]
        import_roster(work, [RosterEntry("ana", "Ana Lovelace", None, "A"), *entries])


def test_colour_never_stands_alone(enter: Enter, gradebook: Gradebook) -> None:
    samples.hand_in(gradebook)
    page = enter(INSTRUCTOR).get("/").text
    assert '<td class="cell submitted"><a class="word" href="/submissions/1">submitted</a></td>' in page
    assert '<td class="cell not-started"><span class="word">not started</span></td>' in page


def test_filters_and_order(enter: Enter, gradebook: Gradebook) -> None:
    samples.hand_in(gradebook)
    browser = enter(INSTRUCTOR)

    def found(query: str) -> list[str]:
        return [line["student"] for line in browser.json(f"/?{query}")["lines"]]

    assert found("section=B") == ["ben"]
    assert found("search=LOVE") == ["ana"]
    assert found("state=submitted") == ["ana"]
    assert found("sort=name&order=down") == ["ben", "ana"]
    assert found("search=nobody") == []


@pytest.mark.parametrize(
    "query", ["sort=cp16", "order=sideways", "state=great", "page=0", "page=x", "page=" + "9" * 20]
)
def test_a_query_that_cannot_be_is_explained(enter: Enter, query: str) -> None:
    refused = enter(INSTRUCTOR).get(f"/?{query}")
    assert refused.status == 400
    assert "Expected:" in refused.text


def test_it_comes_in_pages(enter: Enter, gradebook: Gradebook) -> None:
    add(gradebook, 150)
    browser = enter(INSTRUCTOR)
    first, second = browser.json("/"), browser.json("/?page=2")
    assert (len(first["lines"]), len(second["lines"]), first["pages"]) == (100, 52, 2)
    assert not {line["student"] for line in first["lines"]} & {line["student"] for line in second["lines"]}


def test_names_are_text(enter: Enter, gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("eve", "<script>alert(1)</script>", None, "<b>")])
    page = enter(INSTRUCTOR).get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>" not in page


@pytest.mark.parametrize("students", [2, 300])
def test_queries_do_not_grow_with_the_class(gradebook: Gradebook, clock: Clock, students: int, tmp_path: Path) -> None:
    add(gradebook, students)
    sent: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    kept = Kept()

    def rows(session: Session) -> Sequence[StudentRow]:
        return Standings(session, samples.course(), clock(), kept).rows

    with gradebook.read() as session:
        rows(session)
    first = len([text for text in sent if text.startswith("SELECT")])
    sent.clear()
    with gradebook.read() as session:
        rows(session)
    assert first == 11
    assert len([text for text in sent if text.startswith("SELECT")]) == 1
    samples.hand_in(gradebook)
    with gradebook.read() as session:
        row = next(row for row in rows(session) if row.student_id == "ana")
    assert row.cells[1].submission_id is not None


@pytest.mark.parametrize("path", ["/audit?checkpoint=99", "/audit?checkpoint=tensr", "/audit?before=x"])
def test_a_filter_that_names_nothing_is_explained(enter: Enter, path: str) -> None:
    refused = enter(INSTRUCTOR).get(path)
    assert refused.status == 400
    assert "To the first page" in refused.text


@pytest.fixture
def graded(gradebook: Gradebook, course: Course) -> Gradebook:
    """Ana: 17.5 published at checkpoint 01 (a quarter of 70), 75 counting now; the milestone of 07, unpublished."""
    samples.graders(gradebook)
    samples.graders(gradebook, number=7)
    samples.grade(gradebook, samples.hand_in(gradebook), samples.outcome(earned="1"))
    with gradebook.begin("instructor:ira") as work:
        publish(work, course, CHECKPOINTS[1])
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal(75), reason="oral")
    handed = samples.hand_in(gradebook, number=7)
    assert MNIST is not None
    samples.grade(gradebook, handed, samples.outcome(MNIST.test), number=7)
    return gradebook


def line_of_ana(browser: Browser, query: str = "") -> Any:
    return next(one for one in browser.json(f"/?{query}")["lines"] if one["student"] == "ana")


def test_totals_by_tier_and_milestones(enter: Enter, graded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    shown = browser.json("/")
    assert [(tier["name"], tier["weight"]) for tier in shown["tiers"]] == [
        ("setup", "6.25"),
        ("foundation", "43.75"),
        ("architecture", "31.25"),
        ("optimization", "18.75"),
    ]
    ana = line_of_ana(browser)
    assert (ana["total"], ana["tiers"], ana["milestones"]) == ("72.5", [None, "72.5", None, None], 1)
    assert [cell["checkpoint"] for cell in ana["cells"] if cell["milestone"]] == [7]
    page = browser.get("/").text
    assert '<span class="word">milestone</span>' in page
    assert '<span class="word">43.75 % of all</span>' not in page  # whole percents are enough in a head
    assert '<span class="word">44 % of all</span>' in page
    assert [line["student"] for line in browser.json("/?sort=foundation&order=up")["lines"]] == ["ben", "ana"]
    assert [line["student"] for line in browser.json("/?sort=milestones&order=down")["lines"]] == ["ana", "ben"]


def test_scores_as_students_see_them(enter: Enter, graded: Gradebook) -> None:
    ana = line_of_ana(enter(INSTRUCTOR), "scores=published")
    assert (ana["total"], ana["tiers"][1], ana["milestones"]) == ("17.5", "17.5", 0)
    assert (ana["cells"][1]["score"], ana["cells"][7]["score"]) == ("17.5", None)


def table(answer: Answer) -> list[list[str]]:
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


def test_the_csv_is_what_is_shown_with_filter_order_and_scores(enter: Enter, graded: Gradebook) -> None:
    add(graded, 150)
    browser = enter(INSTRUCTOR)
    answer = browser.get("/?format=csv&sort=id&order=down")
    assert re.fullmatch(r'attachment; filename="gradebook-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"])
    header, *lines = table(answer)
    assert [line[0] for line in lines] == [f"s{number:04}" for number in range(149, -1, -1)] + ["ben", "ana"]
    assert [line[0] for line in table(browser.get("/?format=csv&section=B"))[1:]] == ["ben"]
    ana = dict(zip(header, lines[-1], strict=True))
    assert (ana["cp01_foundation"], ana["total_so_far"], ana["foundation_so_far"]) == ("75.00", "72.50", "72.50")
    assert (ana["milestones"], ana["cp01_foundation_state"], ana["cp01_foundation_days_late"]) == ("1", "graded", "0")
    seen = table(browser.get("/?format=csv&scores=published&search=ana"))
    ana = dict(zip(*seen, strict=True))
    assert (ana["cp01_foundation"], ana["total_so_far"], ana["milestones"]) == ("17.50", "17.50", "0")


def test_which_scores_canvas_gets_is_said_beside_the_way_there(enter: Enter, graded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    now, published = (browser.get(f"/?scores={scores}").text for scores in ("now", "published"))
    ways = {
        said: html.unescape(href) for href, said in re.findall(r'<a href="([^"]*format=canvas[^"]*)">([^<]*)</a>', now)
    }
    assert set(ways) == {"for Canvas, as students see it", "for Canvas, as it counts now"}
    counting, seen = (table(browser.get(ways[said])) for said in sorted(ways))
    assert seen != counting
    assert seen == table(browser.get("/?format=canvas&scores=published"))
    assert counting == table(browser.get("/?format=canvas&scores=now"))
    assert re.findall(r"format=canvas[^>]*>([^<]*)<", published) == ["for Canvas"]


def test_canvas_gets_the_same_students_and_scores(enter: Enter, graded: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    header, points, *lines = table(browser.get("/?format=canvas&scores=published&sort=id&order=down"))
    assert (header[0], header[5:]) == ("Student", [CHECKPOINTS[1].title])
    assert points[0].strip() == "Points Possible"
    assert [(line[2], line[5:]) for line in lines] == [("ben", [""]), ("ana", ["17.50"])]


def test_a_file_is_its_readers_alone(enter: Enter, graded: Gradebook) -> None:
    of_b = enter(Viewer(Role.GRADER, "gus", frozenset({"B"})))
    assert [line[0] for line in table(of_b.get("/?format=csv"))[1:]] == ["ben"]
    assert enter(Viewer(Role.STUDENT, "ana")).get("/?format=csv").status == 403
    assert of_b.get("/?format=csv&sort=cp16").status == 400


def test_what_is_a_formula_in_a_name_is_text_in_the_file(enter: Enter, gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("eve", '=HYPERLINK("https://attacker.example")', None, None)])
    browser = enter(INSTRUCTOR)
    for form in ("csv", "canvas"):
        assert not any(cell.startswith("=") for line in table(browser.get(f"/?format={form}")) for cell in line)
