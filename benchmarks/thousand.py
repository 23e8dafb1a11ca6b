"""A thousand submissions in one run: the memory of the process that owns the gradebook and of its lane.

All hidden tests, every submission a text of its own, so that every deal is drawn and kept. Memory is read from /proc
after 100, 500 and all of them.
"""

from __future__ import annotations

from benchmarks.classes import bench_course, solutions
from benchmarks.figures import Figure, most, times
from benchmarks.grading import Gradebooks
from benchmarks.registry import Size, say

BOUND = 400.0
FLAT = 1.1
"""From 500 to 1,000 submissions memory may grow by a tenth; the first hundreds load the deals."""


def run(size: Size) -> list[Figure]:
    """Grade them once."""
    course = bench_course()
    marks = [2, 4, 6] if size.small else [100, 500, 1000]
    books = Gradebooks(course)
    books.add("thousand", solutions(course, marks[-1]))
    told = books.grade("thousand", "--memory-at", *map(str, marks)).told
    assert set(told["earned"]) == {told["earned"][0]}, "the same work gets the same points"
    memory = {int(count): parts for count, parts in told["memory"].items()}
    for count, parts in memory.items():
        each = ", ".join(f"{name} {values['now']:.0f} (peak {values['peak']:.0f})" for name, values in parts.items())
        say(f"after {count:>4} submissions, MB: {each}")
    now = {count: sum(values["now"] for values in parts.values()) for count, parts in memory.items()}
    say(f"parent at its end, everything published: peak {told['peak']:.0f}")
    lanes = [values["peak"] for name, values in memory[marks[-1]].items() if name != "parent"]
    peak = told["peak"] + sum(lanes)
    _, middle, last = marks
    figures = [
        most(f"peak of parent and lane together over {last} submissions", peak, "MB", bound=BOUND),
        times(
            f"memory after {middle} and {last} submissions",
            now[middle],
            now[last],
            "MB",
            labels=(f"after {middle}", f"after {last}"),
            least=1 / FLAT,
        ),
    ]
    return [*figures, Figure("time between results", (("ours", told["each"] * 1000),), "ms", "")]
