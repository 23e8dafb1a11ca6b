"""Every page of the gradebook on a class of 1,000 with five attempts each, and 20 readers at once.

1,000 students x 16 checkpoints x 5 attempts x 20 tests in both modes, by the generator of `gradebook_matrix`, on
SQLite. The server is a process of its own; each reader asks for the next page as soon as the last one is there. Before
the readers come, one request warms what is kept of the class; how long that takes is the figure of the first look.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, most, spread
from benchmarks.gradebook_matrix import build, publish_most
from benchmarks.registry import Size, say
from tito.gradebook import Gradebook

READERS: Final = 20
BOUND: Final = 300
FIRST: Final = 1000
PAGES: Final = {
    "matrix": "/",
    "matrix by total": "/?sort=total&order=down",
    "student": "/students/s00017",
    "submission": "/submissions/17",
    "checkpoints": "/checkpoints",
    "checkpoint": "/checkpoints/cp05_differentiation",
    "written answers": "/written",
    "regrading": "/regrading",
    "regrading a checkpoint": "/regrading/cp05_differentiation",
    "at risk": "/at-risk",
    "changes": "/audit",
}
"""A name for people, and an address. Similarity is left out: the generator writes no programs."""


def run(size: Size) -> list[Figure]:
    """Build the class, and read every page."""
    students, each = (20, 2) if size.small else (1000, 20)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "gradebook.db")
        with Gradebook.open(f"sqlite:///{file}", create=True) as book:
            build(book, students, attempts=5, tests=20)
            publish_most(book)
        say(f"{students} students, {file.stat().st_size / 1e6:.0f} MB")
        for name, path in PAGES.items():
            with _server(file) as port:  # a fresh one: nothing is kept of the class yet
                with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
                    first = _ask(connection, path)
                taken = _crowd(port, path, each)
            said = f"{name}: 19 of 20 answers to {READERS} readers at once ({spread(taken)})"
            figures.append(most(said, taken[int(len(taken) * 0.95)], "ms", bound=BOUND))
            figures.append(most(f"{name}: the first look at a class that has changed", first, "ms", bound=FIRST))
            say(str(figures[-2]))
    return figures


def _crowd(port: int, path: str, each: int) -> list[float]:
    """Milliseconds of every answer, the quickest first."""

    def read(_reader: int) -> list[float]:
        with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            return [_ask(connection, path) for _ in range(each)]

    with ThreadPoolExecutor(READERS) as readers:
        return sorted(taken for answers in readers.map(read, range(READERS)) for taken in answers)


def _ask(connection: HTTPConnection, path: str) -> float:
    begun = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body[:2000]
    return (time.perf_counter() - begun) * 1000


@contextmanager
def _server(database: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.pages_server", str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # both were asked for
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(30)
