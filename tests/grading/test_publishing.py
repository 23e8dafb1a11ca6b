"""Grades that are published while a run goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import Course
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.models import Published, PublishedGrade
from tito.gradebook.services.grading import Task
from tito.gradebook.services.publication import publish, roll_back
from tito.grading.engine import Graded, Summary, grade_pending
from tito.grading.jobs import Job
from tito.grading.lanes import Answers, Setup, run_lanes
from tito.grading.publishing import SOON, Lots, publish_new
from tito.grading.trial import GraderError


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def published(gradebook: Gradebook) -> int:
    with gradebook.read() as session:
        return session.query(PublishedGrade).count()


def hand_in(course: Course, gradebook: Gradebook, *students: str) -> None:
    for student in students:
        mini.submit(course, gradebook, student, CP01, mini.handin(CP01, double=f"#| export\n# {student}"))


def test_each_grade_is_seen_before_the_next_is_made(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    gradebook = mini.enrol(course, "ana", "ben", "cem")
    hand_in(course, gradebook, "ana", "ben", "cem")
    monkeypatch.setattr("tito.grading.publishing.SOON", 0)
    seen: list[tuple[int, int]] = []

    def look(summary: Summary, _graded: Graded | None) -> None:
        seen.append((len(summary.graded), published(gradebook)))

    grade_pending(course, gradebook, actor="system:test", lanes=1, soon=True, progress=look)
    assert seen == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_without_soon_all_are_published_together(course: Course) -> None:
    gradebook = mini.enrol(course, "ana", "ben")
    hand_in(course, gradebook, "ana", "ben")
    seen: list[int] = []
    grade_pending(
        course, gradebook, actor="system:test", lanes=1, progress=lambda *_: seen.append(published(gradebook))
    )
    assert (seen, published(gradebook)) == ([0, 0, 0], 2)


def test_soon_leaves_alone_what_earlier_runs_left(course: Course) -> None:
    gradebook = mini.enrol(course, "ana", "ben")
    hand_in(course, gradebook, "ana")
    grade_pending(course, gradebook, actor="system:test", lanes=1, show=False)
    hand_in(course, gradebook, "ben")
    grade_pending(course, gradebook, actor="system:test", lanes=1, soon=True)
    assert published(gradebook) == 1
    publish_new(course, gradebook, [CP01], "system:test")
    assert published(gradebook) == 2


def test_of_students_who_are_named_nobody_elses_folder_is_looked_at(course: Course) -> None:
    gradebook = mini.enrol(course, "ana", "ben")
    hand_in(course, gradebook, "ana", "ben")
    grade_pending(course, gradebook, actor="system:test", lanes=1)
    result = course.paths.autograded / "ana" / CP01.slug / "result.json"
    receipt = json.loads(result.read_text())["receipt"]
    result.write_text("{}")
    publish_new(course, gradebook, [CP01], "system:test", students=["ben"])
    assert result.read_text() == "{}"
    publish_new(course, gradebook, [CP01], "system:test")
    assert json.loads(result.read_text())["receipt"] == receipt


def test_what_was_taken_back_is_not_published_by_the_next_run(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    hand_in(course, gradebook, "ana")
    grade_pending(course, gradebook, actor="system:test", lanes=1)
    with gradebook.begin("instructor:test") as work:
        roll_back(work, 1, reason="a grader was wrong")
    shutil.rmtree(course.paths.autograded / "ana")
    for again in (False, True):
        grade_pending(course, gradebook, actor="system:test", lanes=1, again=again)
        with gradebook.read() as session:
            assert session.query(Published).count() == 0
        assert not (course.paths.autograded / "ana").exists()
    with gradebook.begin("instructor:test") as work:
        assert publish(work, course, CP01)[0] is not None


def test_soon_and_not_shown_is_not_shown(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    hand_in(course, gradebook, "ana")
    grade_pending(course, gradebook, actor="system:test", lanes=1, show=False, soon=True)
    assert published(gradebook) == 0


def test_a_grade_is_published_at_once_or_a_second_after_others(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    gradebook = mini.enrol(course, "ana", "ben", "cem")
    hand_in(course, gradebook, "ana", "ben", "cem")
    lots: list[set[str]] = []

    def note(*_: object, students: set[str]) -> None:
        lots.append(students)

    monkeypatch.setattr("tito.grading.publishing.publish_new", note)
    now = [10.0]
    waiting = Lots(course, gradebook, "system:test", clock=lambda: now[0])
    waiting.add(_task("ana"))
    assert lots == [{"ana"}], "nobody waits for others who may come"
    for now[0], name in ((10.0 + SOON / 4, "ben"), (10.0 + SOON / 2, "cem")):
        waiting.add(_task(name))
    waiting.publish_due()
    assert len(lots) == 1
    now[0] = 10.0 + SOON
    waiting.publish_due()
    waiting.publish_due()
    assert lots[1:] == [{"ben", "cem"}]
    now[0] += SOON / 2
    waiting.add(_task("ana"))
    waiting.publish()
    waiting.publish()
    assert lots[2:] == [{"ana"}]


@pytest.mark.parametrize(("error", "count"), [(GraderError("a test is wrong"), 2), (KeyboardInterrupt(), 1)])
def test_what_was_graded_before_a_run_failed_is_published(
    course: Course, monkeypatch: pytest.MonkeyPatch, error: BaseException, count: int
) -> None:
    monkeypatch.setattr("tito.grading.publishing.SOON", 1e9)
    gradebook = mini.enrol(course, "ana", "ben")
    hand_in(course, gradebook, "ana", "ben")

    def one(setup: Setup, jobs: Iterable[Job], *rest: Any) -> Answers:
        yield from run_lanes(setup, jobs, *rest)
        raise error

    with pytest.raises(type(error)):
        grade_pending(course, gradebook, actor="system:test", lanes=1, soon=True, run=one)
    assert published(gradebook) == count


def _task(student: str) -> Task:
    return Task(1, student, CP01.number, 1, "", {}, 1, 0)
