"""Every page of the gradebook on a class of 1,000 with five attempts each, and 20 readers at once.

1,000 students x 16 checkpoints x 5 attempts x 20 tests in both modes, by the generator of `gradebook_class`, on SQLite
and on PostgreSQL. The server is a process of its own; each reader asks for the next page as soon as the last one is
there, and no two ask for the same student's. Before the readers come, one request is the first look at a class of which
nothing is kept yet.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks.classes import CLONE
from benchmarks.figures import Figure, most, spread
from benchmarks.gradebook_class import Extent
from benchmarks.kept_class import KeptClass, a_class, on_postgres
from benchmarks.registry import Size, say
from benchmarks.visits import VISITS, Places, Visit
from tito.gradebook import Gradebook
from tito.hub.running import LOOPBACK, free_ports, started

READERS: Final = 20
BOUND: Final = 300
FIRST: Final = 1000
_OF_THE_STORE: Final = ("similarity", "pair")
"""Pages whose work is with programs, whatever the database: once is enough, for comparing a class takes minutes."""
_COMPARED: Final = 1800
"""Seconds after which the comparison of a class is taken to hang."""
_LOOKED_AT: Final = 20
"""Pairs of submissions that are looked at: those that are most alike."""


def run(size: Size) -> list[Figure]:
    """Read every page on both databases."""
    figures = []
    with a_class(size, Extent()) as kept:
        with Gradebook.open(kept.url) as book:
            places = Places(book, kept.extent)
        figures += _read("SQLite", kept, kept.url, places, size)
        with on_postgres(kept) as url:
            if url is None:
                say("PostgreSQL is not installed: left out")
            else:
                figures += _read("PostgreSQL", kept, url, places, size, without=_OF_THE_STORE)
    return figures


def _read(
    database: str, kept: KeptClass, url: str, places: Places, size: Size, *, without: Collection[str] = ()
) -> list[Figure]:
    figures = []
    chosen = [visit for visit in VISITS if visit.page not in without]
    for visits in [chosen] if size.small else _apart(chosen):
        with server(kept, url) as served:  # a fresh one for each page: nothing is kept of the class yet
            for visit in visits:
                crowd = _Crowd(2, 1) if size.small else _Crowd(READERS, 15)
                figures += _visit(f"{database}, {visit.name}", served, visit, places, crowd)
    return figures


def _apart(visits: Sequence[Visit]) -> Iterator[list[Visit]]:
    """Each page, with what follows from it: pairs are there once the class was compared."""
    for visit in visits:
        if visit.page != "pair":
            yield [visit, *(one for one in visits if one.page == "pair" and visit.page == "similarity")]


def _visit(name: str, served: Served, visit: Visit, places: Places, crowd: _Crowd) -> list[Figure]:
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=120)) as connection:
        first = ask(connection, *places.of(visit, 0))
        if visit.page == "similarity":
            places.pairs = _pairs(connection, *places.of(visit, 0))
    before = served.worked
    taken = crowd.read(served.port, visit, places)
    each = (served.worked - before) / len(taken)
    told = (
        f"{name}: 19 of 20 answers to {crowd.readers} readers at once ({spread(taken)}; {each:.1f} of processor each)"
    )
    busy = most(told, taken[int(len(taken) * 0.95)], "ms", bound=BOUND)
    say(f"{busy}; first look {first:.0f} ms")
    return [busy, most(f"{name}: the first look at a class that has changed", first, "ms", bound=FIRST)]


def _pairs(connection: HTTPConnection, path: str, headers: dict[str, str]) -> list[tuple[int, int]]:
    """The pairs on top of the list, once it is there."""
    begun = time.perf_counter()
    while (found := json.loads(fetch(connection, path, {**headers, "Accept": "application/json"})))["running"]:
        taken = time.perf_counter() - begun
        assert taken < _COMPARED, f"after {taken:.0f} s {found['done']} of {found['of']} submissions are compared"
        time.sleep(0.5)
    assert not found["problem"], found["problem"]
    say(f"{found['compared']} submissions compared in {time.perf_counter() - begun:.0f} s")
    return [(pair["one"]["submission"], pair["other"]["submission"]) for pair in found["pairs"][:_LOOKED_AT]]


@dataclass(frozen=True, slots=True)
class _Crowd:
    """So many readers, each with so many requests."""

    readers: int
    each: int

    def read(self, port: int, visit: Visit, places: Places) -> list[float]:
        """Milliseconds of every answer, the quickest first."""

        def answers(reader: int) -> list[float]:
            with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
                numbers = (1 + reader * self.each + turn for turn in range(self.each))
                return [ask(connection, *places.of(visit, number)) for number in numbers]

        with ThreadPoolExecutor(self.readers) as readers:
            return sorted(taken for each in readers.map(answers, range(self.readers)) for taken in each)


def ask(connection: HTTPConnection, path: str, headers: dict[str, str]) -> float:
    """Return how many milliseconds an answer took."""
    begun = time.perf_counter()
    fetch(connection, path, headers)
    return (time.perf_counter() - begun) * 1000


def fetch(connection: HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    """Return an answer's body, which must be what was asked for."""
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, body[:2000])
    return body


@dataclass(frozen=True, slots=True)
class Served:
    """A server of the pages on this machine."""

    port: int
    process: int

    @property
    def worked(self) -> float:
        """Milliseconds of processor time so far: unlike the answers, they do not grow with what else goes on here."""
        # The name of the program, in parentheses, may hold blanks; user and system time are the 14th and 15th field.
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return 1000 * sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(kept: KeptClass, url: str) -> Iterator[Served]:
    """Serve the pages in a process of its own."""
    (port,) = free_ports(1)
    root = kept.course.root
    command = [sys.executable, "-m", "benchmarks.pages_server", str(root), url, str(port)]
    with started("the pages", command, root / "pages.log", cwd=CLONE) as child:
        child.until(lambda: listens(port), "their port")
        yield Served(port, child.process.pid)


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as attempt:
        return attempt.connect_ex((LOOPBACK, port)) == 0
