"""The matrix: filters, order, pages, and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Enter
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.pages.kept import Kept, Standings
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")


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
    standings = Standings(samples.course(), clock, Kept())
    with gradebook.read() as session:
        standings(session)
    first = len([text for text in sent if text.startswith("SELECT")])
    sent.clear()
    with gradebook.read() as session:
        standings(session)
    assert first == 11
    assert len([text for text in sent if text.startswith("SELECT")]) == 1
    samples.hand_in(gradebook)
    with gradebook.read() as session:
        row = next(row for row in standings(session) if row.student_id == "ana")
    assert row.cells[1].submission_id is not None


@pytest.mark.parametrize("path", ["/audit?checkpoint=99", "/audit?checkpoint=tensr", "/audit?before=x"])
def test_a_filter_that_names_nothing_is_explained(enter: Enter, path: str) -> None:
    refused = enter(INSTRUCTOR).get(path)
    assert refused.status == 400
    assert "To the first page" in refused.text
