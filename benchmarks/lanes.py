"""Two lanes against one: the same submissions, whole runs, the time between the first and the last result.

Starting is left out (it is the same for any number of submissions), ending too. Warm deals, the solution.
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
    count = 6 if size.small else 60
    books = Gradebooks(course)
    books.add("lanes", solutions(course, count))
    books.grade("lanes")  # draws the deals
    found: dict[int, list[float]] = {1: [], 2: []}
    for repeat in range(size.repeats):
        for lanes, values in found.items():
            told = books.grade("lanes", "--lanes", str(lanes)).told
            assert told["count"] == count
            values.append(told["between"] / (count - 1) * 1000)
        say(f"repetition {repeat + 1} of {size.repeats}: {found[1][-1]:.0f} ms and {found[2][-1]:.0f} ms")
    one, two = found[1], found[2]
    name = f"{count} submissions, time for each (1 lane {spread(one)}, 2 lanes {spread(two)})"
    return [times(name, middle(one), middle(two), "ms", labels=("1 lane", "2 lanes"), least=LEAST)]
