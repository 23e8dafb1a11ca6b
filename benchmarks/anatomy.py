"""Where the time of a submission goes, step by step, from the store to the gradebook (the profile in docs).

One process does here what a lane and the process with the gradebook do, so that a clock can be read between the steps.
Warm deals, the solution, isolated mode.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import processes
from benchmarks.classes import ACTOR, BENCH, CP01, bench_course, hand_in, solutions
from benchmarks.figures import Figure, middle
from benchmarks.registry import Size, say
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.grading import Task, record_result, register_graders, to_grade
from tito.grading.artifacts import write_artifacts
from tito.grading.grader import Grader, reference, test_cells
from tito.grading.jobs import Answer
from tito.grading.suite import Suite, with_suite
from tito.grading.version import grader_version
from tito.notebooks.assemble import assemble
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.supervisor import Sandbox, Worker
from tito.sandbox.tiers import Tier


class Clock:
    """Milliseconds by step, for each submission."""

    def __init__(self) -> None:
        self.steps: dict[str, list[float]] = {}
        self.inside = 0.0  # of the steps within the one that is being measured

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step, without the steps inside it."""
        outer, self.inside = self.inside, 0.0
        begun = time.perf_counter()
        try:
            yield
        finally:
            took = (time.perf_counter() - begun) * 1000
            self.steps.setdefault(name, []).append(took - self.inside)
            self.inside = outer + took

    def watch(self, owner: type, method: str, name: str) -> Callable[[], None]:
        """Measure every call of a method under a name; returns what undoes that."""
        original = getattr(owner, method)

        def timed(*args: Any, **named: Any) -> Any:
            with self.step(name):
                return original(*args, **named)

        setattr(owner, method, timed)
        return lambda: setattr(owner, method, original)


def run(size: Size) -> list[Figure]:
    """Grade some submissions with a clock in hand."""
    course = bench_course()
    count = 3 if size.small else 60
    submissions = solutions(course, count)
    database = BENCH / "anatomy.db"
    hand_in(course, submissions, earlier=False, database=database)
    clock = Clock()
    figures: list[Figure] = []

    def work(suite: Suite) -> None:
        with Gradebook.open(f"sqlite:///{database}") as book, Grader(course, suite, Tier.NAMESPACES) as grader:
            with book.begin(ACTOR) as unit:
                register_graders(unit, CP01, grader_version(course, CP01))
            with book.read() as session:
                tasks = to_grade(session, checkpoints=[CP01.number])
            for task in tasks:  # deals and caches
                _submission(course, book, grader, task, Clock(), record=False)
            figures.extend(_measured(course, book, grader, tasks, clock))

    structure = AssignmentStructure.read(course, CP01)
    with_suite(course.root, {CP01.slug: test_cells(structure)}, reference().package, work)
    return figures


def _measured(course: Course, book: Gradebook, grader: Grader, tasks: list[Task], clock: Clock) -> list[Figure]:
    undo = [
        clock.watch(Sandbox, "start", "worker: start, isolate, load the notebook's cells"),
        clock.watch(Worker, "run", "worker: run the calls; their answers decoded"),
    ]
    own, boxed = time.process_time(), processes.unwaited_cpu(os.getpid())
    try:
        for task in tasks:
            _submission(course, book, grader, task, clock, record=True)
    finally:
        for step in undo:
            step()
    own, boxed = time.process_time() - own, processes.unwaited_cpu(os.getpid()) - boxed
    total = 0.0
    figures = []
    for name, values in clock.steps.items():
        each = sum(values) / len(tasks) if len(values) > len(tasks) else middle(values)
        total += each
        figures.append(Figure(name, (("ours", each),), "ms", ""))
    say(f"{len(tasks)} submissions, {total:.1f} ms each")
    return [
        *figures,
        Figure("processor time on this side of the sandbox", (("ours", own / len(tasks) * 1000),), "ms", ""),
        Figure("processor time inside the sandbox, ending included", (("ours", boxed / len(tasks) * 1000),), "ms", ""),
    ]


def _submission(course: Course, book: Gradebook, grader: Grader, task: Task, clock: Clock, *, record: bool) -> None:
    store = Store(course.paths.store)
    structure = grader.plan(CP01).structure
    with clock.step("lane: read the store, put the notebook together"):
        handin = assemble(structure, store.get(task.digest))
    with clock.step("lane: deals, comparisons, outcomes"):
        result = grader.grade(CP01, task.digest, handin.modules, {}, handin.notes)
    with clock.step("lane: marked notebook, feedback page, result"):
        folder = f"{task.student_id}/{CP01.slug}"
        write_artifacts(course, CP01, structure, handin, result, folder=folder, student=task.student_id)
    with clock.step("lane to gradebook: the answer as JSON, and back"):
        answer = Answer.decode(Answer(0, result).encode())
    assert answer.result is not None
    if record:
        with clock.step("gradebook: record the result, one transaction"), book.begin(ACTOR) as unit:
            record_result(unit, task.submission_id, answer.result)
