"""How long the matrix of a large class takes to work out, and how many queries it sends."""

from __future__ import annotations

import time

from sqlalchemy import event

from benchmarks.figures import Figure, middle, most, spread
from benchmarks.gradebook_class import NOW, Extent
from benchmarks.kept_class import a_class
from benchmarks.registry import Size
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.queries import matrix

BOUND = 200.0


def run(size: Size) -> list[Figure]:
    """The figure that the project promises, on SQLite."""
    with a_class(size, Extent(attempts=1)) as kept, Gradebook.open(kept.url) as book:
        milliseconds, queries, rows = measure(book, kept.course, repeats=size.repeats + 4)
    name = f"the matrix of {rows} students x {len(CHECKPOINTS)}, {queries} queries ({spread(milliseconds)})"
    return [most(name, middle(milliseconds), "ms", bound=BOUND)]


def measure(book: Gradebook, course: Course, repeats: int) -> tuple[list[float], int, int]:
    """Return milliseconds of each reading of the whole matrix, queries per reading, and rows."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(book.engine, "before_cursor_execute", note)
    taken, count = [], 0
    for _ in range(repeats):
        sent.clear()
        begun = time.perf_counter()
        with book.read() as session:
            count = len(matrix(session, course, NOW))
        taken.append((time.perf_counter() - begun) * 1000)
    return taken, len(sent), count
