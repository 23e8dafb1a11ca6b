"""From submit to visible feedback on an idle hub, checkpoint 01: kept lanes against lanes that start each time.

Finished work, each of another text, goes to a real hub through its proxy, one after the other. The time runs from the
POST until `GET api/submissions` says that it is published and its feedback has come; the student asks every 20 ms. One
grader does both sides in turns: every other submission is graded on fresh lanes, as if none were kept. Deals are drawn
before.
"""

from __future__ import annotations

import sys
import time
from typing import Final

from benchmarks.classes import BENCH, CP01, Submission, solutions
from benchmarks.figures import Figure, middle, most, spread, times
from benchmarks.hub import Hub, Person, running
from benchmarks.registry import Size, say
from tito.course.config import Course
from tito.grading.deal import DEALS
from tito.grading.deck import deck_folder, is_complete, mark_complete
from tito.grading.engine import choose_tier
from tito.grading.jobs import Job
from tito.grading.lanes import Setup, run_lanes
from tito.grading.version import grader_version

BOUND: Final = 2.0
STUDENT: Final = "s0000"
FOLDER = BENCH / "hub"
_AGAIN: Final = 0.02
"""Seconds after which the student asks again."""


def run(size: Size) -> list[Figure]:
    """Submit in turns: the first of each pair is graded on the lanes that are kept."""
    pairs = 3 if size.small else 30
    grader = [sys.executable, "-m", "benchmarks.feedback_grader", str(FOLDER / "course")]
    with running([STUDENT], folder=FOLDER, grader=grader) as hub:
        draw_deals(hub.course)
        student = hub.student(STUDENT)
        taken = [seconds(hub, student, one) for one in solutions(hub.course, 2 * pairs + 2)]
    kept, fresh = taken[2::2], taken[3::2]  # the first pair starts lanes, and reads what every other one reads again
    say(f"kept lanes {spread(kept)} s, fresh lanes {spread(fresh)} s")
    return [
        most(f"from submit to feedback, median of {pairs} ({spread(kept)})", middle(kept), "s", bound=BOUND),
        times(
            f"the same with lanes that start each time, in turns ({spread(fresh)})",
            middle(fresh),
            middle(kept),
            "s",
            labels=("fresh lanes", "kept lanes"),
            least=1,
        ),
    ]


def seconds(hub: Hub, student: Person, handin: Submission) -> float:
    """Submit once and return how long it took until its feedback was there."""
    begun = time.perf_counter()
    receipt = hub.submit(student, handin.files)
    assert receipt.status == 201, receipt
    number = receipt.json["submission"]
    hub.child.until(lambda: _state(hub, student, number) == "published", f"the result of {number}", every=_AGAIN)
    feedback = hub.api("GET", f"submissions/{number}/feedback", student)
    taken = time.perf_counter() - begun
    assert feedback.json["score"] == "70", feedback.json["score"]  # all that tests give
    return taken


def draw_deals(course: Course) -> None:
    """Draw every deal of checkpoint 01 that is not drawn yet, as the first large run under new graders does."""
    versions = {CP01.slug: grader_version(course, CP01)}
    folder = deck_folder(course, CP01, versions[CP01.slug])
    if is_complete(folder):
        return
    setup = Setup(course, choose_tier(course).label, frozenset(versions), versions)
    for answer in run_lanes(setup, [Job(deal, CP01.slug, "", deal=deal) for deal in range(DEALS)], 1):
        assert not answer.fault, answer.fault
    mark_complete(folder)


def _state(hub: Hub, student: Person, number: int) -> str:
    lines = hub.api("GET", "submissions", student).json["submissions"]
    return str(next(line["state"] for line in lines if line["id"] == number))
