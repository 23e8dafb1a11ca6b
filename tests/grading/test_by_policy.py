"""Grading when it is due: what waits for which date, by a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.config import Course
from tito.course.policies import GradingPolicy
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.services.adjustments import extend
from tito.grading.engine import Summary, grade_pending
from tito.grading.jobs import Answer
from tito.grading.lanes import Answers

DUE = datetime(2027, 1, 15, 23, 59, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Checkpoint 01 is graded when it is due, 00 as it comes; both are due at the same moment."""
    course = mini.build(tmp_path / "course")
    assessments = [replace(one, due_at=DUE) for one in course.assessments]
    assessments[CP01.number] = replace(assessments[CP01.number], grading=GradingPolicy("due"))
    return replace(course, assessments=tuple(assessments))


@pytest.fixture
def gradebook(course: Course) -> Iterator[Gradebook]:
    """Ana has an extension by a day at checkpoint 01; both have handed in both."""
    with mini.enrol(course, "ana", "ben") as book:
        with book.begin("instructor:test") as work:
            extend(work, student_id="ana", checkpoint=CP01, until=DUE + DAY, reason="ill")
        for student in ("ana", "ben"):
            for checkpoint in (CP00, CP01):
                mini.submit(course, book, student, checkpoint, mini.handin(checkpoint))
        yield book


def run(course: Course, gradebook: Gradebook, now: datetime, *, by_policy: bool = True) -> Summary:
    """A run of grading at a moment, without lanes: every submission ends with a fault, and is to be graded still."""

    def fail(_setup: object, jobs: object, *_: object) -> Answers:
        yield from (Answer(job.number, fault="no lanes") for job in jobs)  # type: ignore[attr-defined]

    gradebook.clock = lambda: now
    return grade_pending(course, gradebook, actor="system:test", by_policy=by_policy, run=fail)


def asked(summary: Summary) -> list[str]:
    return sorted(f"{one.task.student_id} {one.task.checkpoint}" for one in summary.graded)


@pytest.mark.parametrize(
    ("now", "graded", "next_at"),
    [
        (DUE - DAY, ["ana 0", "ben 0"], DUE),
        (DUE - timedelta(microseconds=1), ["ana 0", "ben 0"], DUE),
        (DUE, ["ana 0", "ben 0", "ben 1"], DUE + DAY),
        (DUE + DAY, ["ana 0", "ana 1", "ben 0", "ben 1"], None),
    ],
    ids=["before", "just before", "due", "extension over"],
)
def test_each_student_is_graded_when_it_is_due_for_them(
    course: Course, gradebook: Gradebook, now: datetime, graded: list[str], next_at: datetime | None
) -> None:
    summary = run(course, gradebook, now)
    assert (asked(summary), summary.next_at) == (graded, next_at)
    assert summary.total == len(graded)


def test_what_fails_by_our_fault_is_tried_later_and_later(course: Course, gradebook: Gradebook) -> None:
    """And never forgotten; by hand it is tried at any time, and with other graders at once."""
    now, waited = DUE + 2 * DAY, []
    for _ in range(11):
        assert len(asked(run(course, gradebook, now))) == 4
        summary = run(course, gradebook, now + timedelta(seconds=1))
        assert asked(summary) == []
        assert summary.next_at is not None
        waited.append((summary.next_at - now) / timedelta(minutes=1))
        now = summary.next_at
    assert waited == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert len(asked(run(course, gradebook, now, by_policy=False))) == 4
    assert asked(run(course, gradebook, now)) == []
    scenarios = course.paths.graders / CP01.slug / "scenarios.py"
    scenarios.write_text(f"{scenarios.read_text()}# mended\n")
    assert asked(run(course, gradebook, now)) == ["ana 1", "ben 1"]


def test_whoever_grades_by_hand_grades_everything(course: Course, gradebook: Gradebook) -> None:
    summary = run(course, gradebook, DUE - DAY, by_policy=False)
    assert asked(summary) == ["ana 0", "ana 1", "ben 0", "ben 1"]
    assert summary.next_at is None


def test_a_policy_that_is_taken_back_holds_at_once(course: Course, gradebook: Gradebook) -> None:
    at_once = replace(course, assessments=tuple(replace(one, grading=GradingPolicy()) for one in course.assessments))
    assert len(asked(run(at_once, gradebook, DUE - DAY))) == 4
