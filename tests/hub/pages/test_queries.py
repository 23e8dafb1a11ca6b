"""No page sends more queries for a larger class: each is asked for twice in two classes, and counted.

So each page runs on both databases, which are asked in the same SQL but read it with their own eyes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from benchmarks.gradebook_class import NOW, Extent, course, fill
from benchmarks.pages_server import WHO, Anybody
from benchmarks.visits import VISITS, Places, Visit
from tito.gradebook import Gradebook
from tito.hub.pages.asked import Asked
from tito.hub.pages.handlers import Site
from tito.hub.pages.site import PAGES, find_page
from tito.hub.pages.viewer import Role, Viewer
from tools.postgres import Server

_ASKED = 3
"""The request of the benchmark whose student has a regrade request in both classes: a list of none asks for less."""
MOST = 30
"""Queries that the dearest page may send when it is opened for the first time."""


class Counting:
    """A class whose pages are read, and the number of queries that each reading sends."""

    def __init__(self, folder: Path, extent: Extent, url: str = "") -> None:
        self.book = Gradebook.open(url or f"sqlite:///{folder}/gradebook.db", create=True)
        self._course = course(folder)
        fill(self.book, self._course, extent)
        self._places = Places(self.book, extent)
        self._sent: list[str] = []
        event.listen(self.book.engine, "before_cursor_execute", lambda *arguments: self._sent.append(arguments[2]))

    def read(self, visit: Visit) -> tuple[int, int]:
        """Queries of the first look, and of the next one."""
        site = Site(self._course, self.book, Anybody(), clock=lambda: NOW)
        page = find_page(visit.page)
        path, headers = self._places.of(visit, _ASKED)
        path, _, asked = path.partition("?")
        place = re.fullmatch(page.pattern, path)
        assert place is not None
        query = dict(part.split("=") for part in asked.replace("+", " ").split("&") if part)
        viewer = Viewer(Role.STUDENT, headers[WHO]) if headers else Viewer(Role.INSTRUCTOR, "ira")
        counts = []
        for _ in range(2):
            self._sent.clear()
            with self.book.read() as session:
                page.view(Asked(session, self._course, NOW, viewer, site.kept, place.groupdict(), query))
            counts.append(sum(text.startswith(("SELECT", "WITH")) for text in self._sent))
        site.close()
        return counts[0], counts[1]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def classes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Counting, Counting]]:
    """One class, and one of three times as many with more of everything."""
    urls = ["", ""]
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        urls = [server.url(server.database()) for _ in urls]
    small = Counting(tmp_path_factory.mktemp("small"), Extent(students=6, attempts=2, tests=3), urls[0])
    large = Counting(tmp_path_factory.mktemp("large"), Extent(students=18, attempts=4, tests=5), urls[1])
    yield small, large
    for one in (small, large):
        one.book.close()


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_queries_do_not_grow_with_the_class(classes: tuple[Counting, Counting], visit: Visit) -> None:
    small, large = (one.read(visit) for one in classes)
    assert small == large
    assert max(large) <= MOST


def test_every_page_is_counted() -> None:
    assert {visit.page for visit in VISITS} == {page.name for page in PAGES}
