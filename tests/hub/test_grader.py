"""The grader's loop: when it grades, and what does not end it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.grading import mini
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.grading.engine import Summary
from tito.hub.grader import Pace, run_grader

QUICK = Pace(look=0.001, sweep=1e9, pause=0.001)
Step = Callable[[Course, Gradebook], None]


def runs(course: Course, *steps: Step, pace: Pace = QUICK) -> list[str]:
    """Run the loop until each step was a run of grading; return who the runs were done by."""
    stop, left, actors = threading.Event(), list(steps), []

    def grade(course: Course, gradebook: Gradebook, **options: Any) -> Summary:
        actors.append(options["actor"])
        step = left.pop(0)
        if not left:
            stop.set()
        step(course, gradebook)
        return Summary("none", 1)

    run_grader(course, stop, pace, grade=grade)
    return actors


def nothing(_course: Course, _gradebook: Gradebook) -> None:
    """A run that finds nothing to do."""


def hands_in(course: Course, gradebook: Gradebook) -> None:
    """Somebody submits while a run is going on, after it has read what there is to do."""
    mini.submit(course, gradebook, "ana", mini.CP01, mini.handin(mini.CP01))


def fails(_course: Course, _gradebook: Gradebook) -> None:
    raise TitoError("another `tito grade` is running")


def test_what_comes_during_a_run_is_graded_by_the_next(tmp_path: Path) -> None:
    course = mini.build(tmp_path)
    mini.enrol(course, "ana").close()
    assert runs(course, hands_in, nothing) == ["system:grader"] * 2


def test_a_run_that_cannot_start_is_tried_again(tmp_path: Path) -> None:
    course = mini.build(tmp_path)
    mini.enrol(course, "ana").close()
    assert len(runs(course, fails, fails, nothing)) == 3


def test_without_anything_new_it_looks_again_after_a_while(tmp_path: Path) -> None:
    course = mini.build(tmp_path)
    mini.enrol(course, "ana").close()
    assert len(runs(course, nothing, nothing, nothing, pace=Pace(look=0.001, sweep=0.003, pause=0.001))) == 3
