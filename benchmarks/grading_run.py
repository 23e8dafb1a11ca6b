"""One grading run as a process of its own, which other benchmarks start and measure from outside.

    python -m benchmarks.grading_run ROOT DATABASE [--public] [--lanes 1] [--cores N] [--tier namespaces] [--warm 1]
                                    [--memory-at 100 500]

It is `tito grade` without its progress bar; with `--public`, the notebook's own test cells alone. Prints one line of
JSON: how many were graded and their points, the CPU time that the process that started this one cannot see, and the
memory of this process and its lanes after some numbers of submissions.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import processes
from benchmarks.classes import ACTOR, CP01
from tito.course.config import Course, load_course
from tito.course.points import show
from tito.course.results import Result
from tito.gradebook import Gradebook
from tito.gradebook.services.grading import record_result, register_graders, to_grade
from tito.grading.engine import Graded, Summary, grade_pending
from tito.grading.jobs import Job
from tito.grading.lanes import Setup, run_lanes
from tito.grading.version import grader_version
from tito.sandbox.tiers import Tier

After = Callable[[Result, bool], None]
"""Called with each result, and whether it is the last one."""


class Watch:
    """Looks at the processes while they grade."""

    def __init__(self, marks: list[int], warm: int) -> None:
        self.marks = marks
        self.warm = warm
        self.count = 0
        self.earned: list[str] = []
        self.seconds: list[float] = []
        self.unwaited_cpu = 0.0
        self.memory: dict[int, dict[str, dict[str, float]]] = {}
        self.first = self.last = 0.0
        self.used: list[tuple[float, float]] = []  # CPU seconds of this process, and of all below it

    def after(self, result: Result, last: bool) -> None:
        """Note one result."""
        self.last = time.perf_counter()
        self.count += 1
        if self.count == self.warm:
            self.first = self.last
        self.earned.append(show(result.earned))
        self.seconds.append(result.seconds)
        if last or self.count == self.warm:
            below = sum(process.cpu for process in processes.tree(os.getpid()).values())
            self.used.append((time.process_time(), below))
        if last:
            self.unwaited_cpu = processes.unwaited_cpu(os.getpid())
        if self.count in self.marks:
            lanes = [pid for pid, process in processes.tree(os.getpid()).items() if process.parent == os.getpid()]
            named = {"parent": os.getpid()} | {f"lane {place}": pid for place, pid in enumerate(lanes, 1)}
            self.memory[self.count] = {name: processes.memory(pid) for name, pid in named.items()}


def main() -> int:
    """Grade what the database says is to grade."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--public", action="store_true")
    parser.add_argument("--lanes", type=int, default=1)
    parser.add_argument("--cores", type=int, help="run on so many of the machine's cores (default: on all)")
    parser.add_argument("--tier", type=Tier.parse, default=Tier.NAMESPACES)
    parser.add_argument("--warm", type=int, default=1, help="measure from this result on")
    parser.add_argument("--memory-at", type=int, nargs="*", default=[])
    options = parser.parse_args()
    if options.cores is not None:  # the lanes and their sandboxes inherit it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    course = load_course(options.root)
    watch = Watch(options.memory_at, options.warm)
    with Gradebook.open(f"sqlite:///{options.database}") as book:
        run = _public if options.public else _whole
        run(course, book, options.tier, options.lanes, watch.after)
    told = {name: getattr(watch, name) for name in ("count", "earned", "seconds", "unwaited_cpu", "memory")}
    left = watch.count - options.warm
    told["used"] = [(end - start) / left for start, end in zip(watch.used[0], watch.used[-1], strict=True)]
    told |= {"each": (watch.last - watch.first) / left, "peak": processes.memory(os.getpid())["peak"]}
    print(json.dumps(told))
    return 0


def _whole(course: Course, book: Gradebook, tier: Tier, lanes: int, after: After) -> None:
    """Everything, by the function that `tito grade` calls."""

    def progress(summary: Summary, graded: Graded | None) -> None:
        if graded is not None:
            assert graded.result is not None, graded.fault
            after(graded.result, len(summary.graded) == summary.total)

    grade_pending(course, book, actor=ACTOR, checkpoints=[CP01], lanes=lanes, tier=tier, progress=progress, keep=False)


def _public(course: Course, book: Gradebook, tier: Tier, lanes: int, after: After) -> None:
    """The test cells alone, otherwise the same: jobs to a lane, its files written, each result recorded."""
    versions = {CP01.slug: grader_version(course, CP01)}
    with book.begin(ACTOR) as work:
        register_graders(work, CP01, versions[CP01.slug])
    with book.read() as session:
        tasks = to_grade(session, checkpoints=[CP01.number])

    def jobs() -> Iterator[Job]:
        for number, task in enumerate(tasks):
            folder = f"{task.student_id}/{CP01.slug}"
            yield Job(number, CP01.slug, task.digest, {}, folder, task.student_id, public_only=True)

    setup = Setup(course, tier.label, frozenset(versions), versions)
    for count, answer in enumerate(run_lanes(setup, jobs(), lanes), 1):
        assert answer.result is not None, answer.fault
        with book.begin(ACTOR) as work:
            record_result(work, tasks[answer.number].submission_id, answer.result)
        after(answer.result, count == len(tasks))


if __name__ == "__main__":
    sys.exit(main())
