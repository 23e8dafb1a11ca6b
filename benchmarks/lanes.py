"""Two lanes against one: the same submissions, whole runs, the time between two results once the lanes are warm.

A lane reads each deal from the disk when it first needs it, which is most of the work on its first submissions; so the
first 140 are not measured, nor are starting and ending. The solution, isolated mode.

One lane keeps more than one core busy: the process that records results, and the sandbox that clears away after a
submission, work beside it. So there are two questions: what a second lane brings on the same two cores, and what two
cores bring, a lane each. The processor time beside them tells whether a poor ratio is ours, or that of other programs
on the machine.
"""

from __future__ import annotations

from benchmarks.classes import bench_course, solutions
from benchmarks.figures import Figure, middle, spread, times
from benchmarks.grading import Gradebooks
from benchmarks.registry import Size, say

LEAST = 1.7
RUNS = {
    "1 lane": ("--lanes", "1"),
    "2 lanes": ("--lanes", "2"),
    "1 lane on 1 core": ("--lanes", "1", "--cores", "1"),
}


def run(size: Size) -> list[Figure]:
    """Measure all in alternation."""
    course = bench_course()
    warm, count = (2, 4) if size.small else (140, 60)
    books = Gradebooks(course)
    books.add("lanes", solutions(course, warm + count))
    books.grade("lanes")  # draws the deals
    wall: dict[str, list[float]] = {name: [] for name in RUNS}
    work: dict[str, list[float]] = {name: [] for name in RUNS}
    for repeat in range(size.repeats):
        for name, options in RUNS.items():
            told = books.grade("lanes", *options, "--warm", str(warm)).told
            assert told["count"] == warm + count
            wall[name].append(told["each"] * 1000)
            work[name].append(sum(told["used"]) * 1000)
        taken = ", ".join(f"{name} {values[-1]:.0f} ms" for name, values in wall.items())
        say(f"repetition {repeat + 1} of {size.repeats}: {taken}")
    one, two, alone = RUNS
    told_of = {name: f"{name} {spread(values)}" for name, values in wall.items()}
    used = Figure(
        f"processor time for each, everything included ({spread(work[one])} and {spread(work[two])})",
        ((one, middle(work[one])), (two, middle(work[two]))),
        "ms",
        f"two cores that do nothing else allow {middle(wall[one]) / (middle(work[two]) / 2):.2f} times",
    )
    return [
        _times(f"{count} submissions, time for each ({told_of[one]}, {told_of[two]})", wall, one, two),
        used,
        _times(f"the same, a core for each lane ({told_of[alone]}, {told_of[two]})", wall, alone, two),
    ]


def _times(name: str, wall: dict[str, list[float]], before: str, after: str) -> Figure:
    return times(name, middle(wall[before]), middle(wall[after]), "ms", labels=(before, after), least=LEAST)
