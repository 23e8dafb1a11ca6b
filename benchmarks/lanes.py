"""Two lanes against one: the same submissions, whole runs, the time between two results once the lanes are warm.

A lane reads each deal from the disk when it first needs it, which is most of the work on its first submissions; so the
first 140 are not measured, nor are starting and ending. The solution, isolated mode. The processor time beside it tells
whether a poor ratio is ours, or that of other programs on the machine.
"""

from __future__ import annotations

from benchmarks.classes import bench_course, solutions
from benchmarks.figures import Figure, middle, spread, times
from benchmarks.grading import Gradebooks
from benchmarks.registry import Size, say

LEAST = 1.7


def run(size: Size) -> list[Figure]:
    """Measure both in alternation."""
    course = bench_course()
    warm, count = (2, 4) if size.small else (140, 60)
    books = Gradebooks(course)
    books.add("lanes", solutions(course, warm + count))
    books.grade("lanes")  # draws the deals
    found: dict[int, list[float]] = {1: [], 2: []}
    work: dict[int, list[float]] = {1: [], 2: []}
    for repeat in range(size.repeats):
        for lanes, values in found.items():
            told = books.grade("lanes", "--lanes", str(lanes), "--warm", str(warm)).told
            assert told["count"] == warm + count
            values.append(told["each"] * 1000)
            work[lanes].append(sum(told["used"]) * 1000)
        say(f"repetition {repeat + 1} of {size.repeats}: {found[1][-1]:.0f} ms and {found[2][-1]:.0f} ms")
    one, two = found[1], found[2]
    name = f"{count} submissions, time for each (1 lane {spread(one)}, 2 lanes {spread(two)})"
    used = Figure(
        f"processor time for each, everything included ({spread(work[1])} and {spread(work[2])})",
        (("1 lane", middle(work[1])), ("2 lanes", middle(work[2]))),
        "ms",
        f"two cores that do nothing else allow {middle(one) / (middle(work[2]) / 2):.2f} times",
    )
    figure = times(name, middle(one), middle(two), "ms", labels=("1 lane", "2 lanes"), least=LEAST)
    return [figure, used]
