"""Marginal cost per submission against nbgrader's stock `autograde` with a kernel, on the same hand-ins.

Marginal: (time for n + k hand-ins - time for n) / k, of whole processes, so that starting up cancels on both sides.
The k hand-ins are the same for both sides. Ours runs at tier namespaces on one lane, records every result in the
gradebook, publishes it, and writes the marked notebook and the feedback page; nbgrader writes its notebook and its
database.
"""

from __future__ import annotations

from benchmarks.classes import Submission, bench_course, mixed, solutions
from benchmarks.figures import Figure, middle, share, spread
from benchmarks.grading import Gradebooks
from benchmarks.registry import Size, say
from benchmarks.stock_course import StockCourse
from tito.course.config import Course

_BASE = "a"
_MORE = "b"
_MODES = (
    ("public", "the notebook's own assertions", False, ("--public",)),
    ("all", "all hidden tests", False, ()),
    ("twice", "all hidden tests, isolated and cumulative", True, ()),
)
_REQUIRED = {("public", "wall"): 30, ("public", "cpu"): 15, ("all", "wall"): 8}


def run(size: Size) -> list[Figure]:
    """Measure both kinds of class."""
    course = bench_course()
    base, count = (1, 2) if size.small else (2, 16)
    figures = []
    for kind, make in (("the solution", solutions), ("a mixed class", mixed)):
        group = [*make(course, base, name=_BASE), *make(course, count, name=_MORE)]
        figures += _compare(course, kind, group, base, size)
    return figures


def _compare(course: Course, kind: str, group: list[Submission], base: int, size: Size) -> list[Figure]:
    count = len(group) - base
    repeats = min(3, size.repeats)  # each is a minute of kernels
    stock = StockCourse(course, group)
    books = Gradebooks(course)
    for mode, _, earlier, options in _MODES:
        books.add(f"{mode}-base", group[:base], earlier=earlier)
        books.add(f"{mode}-all", group, earlier=earlier)
        books.grade(f"{mode}-all", *options)  # draws the deals that these hand-ins get, once
    found: dict[tuple[str, str], list[float]] = {}
    for repeat in range(repeats):
        first, both = stock.autograde(f"{_BASE}*"), stock.autograde("*")
        _note(found, "stock", first.wall, both.wall, first.cpu, both.cpu, count)
        # Ours are short: a hiccup in one start would be a large part of a small difference, so they run more often.
        for mode, _, _, options in _MODES * (1 if size.small else 3):
            alone, every = books.grade(f"{mode}-base", *options), books.grade(f"{mode}-all", *options)
            _note(found, mode, alone.wall, every.wall, alone.cpu, every.cpu, count)
        say(f"{kind}, repetition {repeat + 1} of {repeats}: " + ", ".join(
            f"{side} {values[-1]:.0f} ms" for (side, what), values in found.items() if what == "wall"
        ))  # fmt: skip
    figures = []
    for mode, title, _, _ in _MODES:
        for what in ("wall", "cpu"):
            ours, theirs = found[mode, what], found["stock", what]
            name = f"{kind}, {title}: {what} time per submission (ours {spread(ours)}, stock {spread(theirs)})"
            required = _REQUIRED.get((mode, what))
            figures.append(share(name, middle(ours), middle(theirs), "ms", against="stock nbgrader", most=required))
    return figures


def _note(
    found: dict[tuple[str, str], list[float]],
    side: str,
    wall: float,
    wall_all: float,
    cpu: float,
    cpu_all: float,
    count: int,
) -> None:
    found.setdefault((side, "wall"), []).append((wall_all - wall) / count * 1000)
    found.setdefault((side, "cpu"), []).append((cpu_all - cpu) / count * 1000)
