"""Every page of the gradebook on a class of 1,000 with five attempts each, and 20 readers at once.

1,000 students x 16 checkpoints x 5 attempts x 20 tests in both modes, by the generator of `gradebook_class`, on SQLite
and on PostgreSQL. The server is a process of its own; each reader asks for the next page as soon as the last one is
there, and no two ask for the same student's. Before the readers come, one request is the first look at a class of which
nothing is kept yet.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final

from sqlalchemy import select

from benchmarks.figures import Figure, most, spread
from benchmarks.gradebook_class import Extent, never, submission_id
from benchmarks.gradebook_work import OWN
from benchmarks.kept_class import KeptClass, a_class, on_postgres
from benchmarks.pages_server import WHO
from benchmarks.registry import Size, say
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import Gradebook
from tito.gradebook.models import Reading, RegradeRequest, WrittenScore

READERS: Final = 20
BOUND: Final = 300
FIRST: Final = 1000


@dataclass(frozen=True, slots=True)
class Visit:
    """A page in one of its uses. `path` is filled in anew for each request; `student`: it is the student who asks."""

    name: str
    page: str
    path: str
    student: bool = False


VISITS: Final = (
    Visit("matrix", "matrix", "/?page={leaf}"),
    Visit("matrix by total", "matrix", "/?sort=total&order=down&page={leaf}"),
    Visit("matrix of a section", "matrix", "/?section=Section+{section}"),
    Visit("my checkpoints", "my", "/my", student=True),
    Visit("student", "student", "/students/s{student:05}"),
    Visit("student, as they see it", "student", "/students/s{student:05}", student=True),
    Visit("submission", "submission", "/submissions/{submission}"),
    Visit("submission, as its student sees it", "submission", "/submissions/{submission}", student=True),
    Visit("submission against the attempt before", "submission", "/submissions/{submission}?against=previous"),
    Visit("submission against the solution", "submission", "/submissions/{submission}?against=solution"),
    Visit("checkpoints", "checkpoints", "/checkpoints"),
    Visit("checkpoint", "analysis", "/checkpoints/{slug}"),
    Visit("written answers", "written", "/written"),
    Visit("written question", "written_question", "/written/{question}?page={leaf}"),
    Visit("written answer", "written_answer", "/written/{question}/{answer}"),
    Visit("second reading", "written_second", "/written/{question}/{answer}/second"),
    Visit("submissions alike", "similarity", "/similarity/{slug}"),
    Visit("two submissions side by side", "pair", "/similarity/{slug}/{submission}/{another}"),
    Visit("at risk", "at_risk", "/at-risk"),
    Visit("regrading", "regrading", "/regrading"),
    Visit("regrading a checkpoint", "regrade", "/regrading/{slug}"),
    Visit("requests", "requests", "/requests"),
    Visit("requests, as a student sees them", "requests", "/requests", student=True),
    Visit("request", "request", "/requests/{request}"),
    Visit("changes", "audit", "/audit?before={event}"),
    Visit("leaderboard", "leaderboard", "/leaderboard", student=True),
    Visit("receipt", "receipt", "/receipts/{submission}"),
)


def run(size: Size) -> list[Figure]:
    """Read every page on both databases."""
    figures = []
    with a_class(size, Extent()) as kept:
        places = _Places(kept)
        figures += _read("SQLite", kept, kept.url, places, size)
        with on_postgres(kept) as url:
            if url is None:
                say("PostgreSQL is not installed: left out")
            else:
                figures += _read("PostgreSQL", kept, url, places, size)
    return figures


def _read(database: str, kept: KeptClass, url: str, places: _Places, size: Size) -> list[Figure]:
    figures = []
    for visits in [VISITS] if size.small else [[visit] for visit in VISITS]:
        with server(kept, url) as port:  # a fresh one for each page: nothing is kept of the class yet
            for visit in visits:
                crowd = _Crowd(2, 1) if size.small else _Crowd(READERS, 15)
                figures += _visit(f"{database}, {visit.name}", port, visit, places, crowd)
    return figures


def _visit(name: str, port: int, visit: Visit, places: _Places, crowd: _Crowd) -> list[Figure]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        first = ask(connection, *places.of(visit, 0))
        if visit.page == "similarity":
            _wait_for_pairs(connection, *places.of(visit, 0))
    taken = crowd.read(port, visit, places)
    told = f"{name}: 19 of 20 answers to {crowd.readers} readers at once ({spread(taken)})"
    busy = most(told, taken[int(len(taken) * 0.95)], "ms", bound=BOUND)
    say(f"{busy}; first look {first:.0f} ms")
    return [busy, most(f"{name}: the first look at a class that has changed", first, "ms", bound=FIRST)]


class _Places:
    """Addresses of a class: what the n-th request asks for."""

    def __init__(self, kept: KeptClass) -> None:
        self._extent = kept.extent
        with Gradebook.open(kept.url) as book, book.read() as session:
            self._requests = session.scalars(select(RegradeRequest.id)).all()
            scored = select(WrittenScore.question_id, WrittenScore.submission_id)
            self._answers = session.execute(scored.where(WrittenScore.reading == Reading.COUNTED)).all()
            read = set(session.execute(scored.where(WrittenScore.reading == Reading.SECOND)).all())
            self._answers = [one for one in self._answers if one not in read]

    def of(self, visit: Visit, number: int) -> tuple[str, dict[str, str]]:
        """Return path and headers of a request."""
        students, attempts = self._extent.students, self._extent.attempts
        student = 1 + self._there(37 * number) % students
        question, answer = self._answers[997 * number % len(self._answers)]
        path = visit.path.format(
            leaf=1 + number % max(1, students // 100),
            section=1 + number % 8,
            student=student,
            submission=self._newest(student),
            another=self._newest(1 + self._there(student) % students),
            slug=OWN.slug,
            question=question,
            answer=answer,
            request=self._requests[number % len(self._requests)],
            event=max(1, attempts * students * len(CHECKPOINTS) - 100 * number),
        )
        return path, {WHO: f"s{student:05}"} if visit.student else {}

    def _there(self, number: int) -> int:
        """The next number of a student, less one, who handed in what is asked for here."""
        students = self._extent.students
        while never(1 + number % students, OWN.number):
            number += 1
        return number

    def _newest(self, student: int) -> int:
        return submission_id(self._extent, student, OWN.number, self._extent.attempts)


def _wait_for_pairs(connection: HTTPConnection, path: str, headers: dict[str, str]) -> None:
    begun = time.perf_counter()
    while json.loads(fetch(connection, path, {**headers, "Accept": "application/json"}))["running"]:
        time.sleep(0.2)
    say(f"compared in {time.perf_counter() - begun:.0f} s")


@dataclass(frozen=True, slots=True)
class _Crowd:
    """So many readers, each with so many requests."""

    readers: int
    each: int

    def read(self, port: int, visit: Visit, places: _Places) -> list[float]:
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


@contextmanager
def server(kept: KeptClass, url: str) -> Iterator[int]:
    """Serve the pages; give the port."""
    command = [sys.executable, "-m", "benchmarks.pages_server", str(kept.course.root), url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # both were asked for
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(30)
