import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.config import Course
from tito.errors import TitoError
from tito.grading.jobs import Answer, Job
from tito.grading.lanes import PATIENCE, Lane, LanePool, Setup, run_lanes
from tito.grading.trial import GraderError
from tito.notebooks.store import Store

TIER = "landlock"
HANG = "#| export\ndef double(x):\n    while True:\n        pass\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def setup(course: Course) -> Setup:
    return Setup(course, TIER, frozenset([CP01.slug]), {CP01.slug: "v1"})


def jobs(course: Course, count: int) -> list[Job]:
    store = Store(course.paths.store)
    digests = [store.put(mini.handin(CP01, double=f"#| export\n# student {number}")) for number in range(count)]
    return [Job(number, CP01.slug, digest) for number, digest in enumerate(digests)]


def test_every_job_is_answered_once_by_either_lane(course: Course) -> None:
    answers = list(run_lanes(setup(course), jobs(course, 7), 2))
    assert sorted(answer.number for answer in answers) == list(range(7))
    assert all(answer.result is not None for answer in answers)


def test_a_lane_holds_one_job_and_nothing_waits_behind_it(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    send = Lane.send
    monkeypatch.setattr(Lane, "send", lambda lane, job: (given.append((lane.pid, job.number)), send(lane, job)))
    first, *others = jobs(course, 4)
    hanging = replace(first, digest=Store(course.paths.store).put(mini.handin(CP01, double=HANG)))
    answers = [answer.number for answer in run_lanes(setup(course), [hanging, *others], 2)]
    assert answers == [1, 2, 3, 0]
    assert len({lane for lane, number in given if number > 0}) == 1, "the lane that hangs was given no other job"


def test_no_more_lanes_are_started_than_there_are_jobs(course: Course) -> None:
    with LanePool(course.root, TIER, [CP01.slug]) as pool:
        list(pool.answers(jobs(course, 2), 4))
        assert len(pool.processes) == 2


def test_jobs_that_come_later_are_answered_while_another_one_hangs(course: Course) -> None:
    """Also those of a checkpoint that no lane was started for, on a lane that takes a free one's place."""
    store = Store(course.paths.store)
    hanging = Job(0, CP01.slug, store.put(mini.handin(CP01, double=HANG)))
    later = deque([*jobs(course, 3)[1:], Job(3, CP00.slug, store.put(mini.handin(CP00)))])
    ticks: list[int] = []

    def come() -> Iterator[Job | None]:
        yield hanging
        while True:
            yield later.popleft() if ticks and later else None

    with LanePool(course.root, TIER, [CP01.slug]) as pool:
        answers = list(pool.answers(come(), 2, tick=lambda: ticks.append(len(later))))
        assert [answer.number for answer in answers] == [1, 2, 3, 0]
        assert all(answer.result is not None for answer in answers)
        assert not pool.whole, "it has a lane that may have read something newer"
    assert ticks[0] == 3


def test_a_lane_runs_this_tito_and_the_courses_own_reference(course: Course) -> None:
    (course.root / "tito").mkdir()
    (course.root / "tito" / "__init__.py").write_text("raise RuntimeError('the Tito of the course folder')\n")
    (answer,) = run_lanes(setup(course), jobs(course, 1), 1)  # the reference answers only this course's graders
    assert answer.result is not None


def test_a_public_job_runs_the_notebooks_own_cells_alone(course: Course) -> None:
    job = replace(jobs(course, 1)[0], public_only=True)
    (answer,) = run_lanes(setup(course), [job], 1)
    assert answer.result is not None
    assert [outcome.test for outcome in answer.result.counted()] == ["cell::test-double", "cell::test-shout"]


def test_a_lane_that_is_killed_is_replaced_and_its_jobs_are_answered(course: Course) -> None:
    with LanePool(course.root, TIER, [CP01.slug]) as pool:
        answers = []
        for answer in pool.answers(jobs(course, 5), 1):
            if not answers:
                os.kill(pool.processes[0], signal.SIGKILL)
            answers.append(answer)
    assert sorted(answer.number for answer in answers) == list(range(5))
    assert all(answer.result is not None for answer in answers)


def test_a_job_that_ends_every_lane_is_answered_as_our_fault(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tito.grading.lanes.Lane.send", _die_on_first)
    answers = {answer.number: answer for answer in run_lanes(setup(course), jobs(course, 2), 1)}
    assert answers[0].result is None
    assert "ended twice" in answers[0].fault
    assert answers[1].result is not None


def test_a_job_on_which_every_lane_hangs_is_answered_too(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tito.grading.lanes.Lane.send", _hang_on_first)
    answers = {answer.number: answer for answer in run_lanes(setup(course), jobs(course, 3), 1)}
    assert answers[0].result is None
    assert "did not come to an end twice" in answers[0].fault
    assert all(answers[number].result is not None for number in (1, 2))


def _hang_on_first(lane: object, job: Job) -> None:
    lane.job = job  # type: ignore[attr-defined]
    if job.number == 0:
        os.kill(lane.pid, signal.SIGSTOP)  # type: ignore[attr-defined]
        lane.since = time.monotonic() - 2 * PATIENCE  # type: ignore[attr-defined]
    else:
        lane.since = time.monotonic()  # type: ignore[attr-defined]
        lane._write(job)  # type: ignore[attr-defined]


def _die_on_first(lane: object, job: Job) -> None:
    lane.job = job  # type: ignore[attr-defined]
    if job.number == 0:
        os.kill(lane.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    else:
        lane._write(job)  # type: ignore[attr-defined]


def test_a_digest_that_is_not_in_the_store_is_a_fault_and_the_lane_goes_on(course: Course) -> None:
    good = jobs(course, 1)[0]
    bad = Job(1, CP01.slug, "0" * 64)
    answers = {answer.number: answer for answer in run_lanes(setup(course), [bad, good], 1)}
    assert answers[1].fault
    assert answers[0].result is not None


def test_graders_that_contradict_the_reference_stop_everything(course: Course) -> None:
    tests = course.paths.graders / CP01.slug / "test_tiny.py"
    tests.write_text(tests.read_text().replace('mentions=["int"]', 'mentions=["banana"]'))
    with pytest.raises(GraderError, match="the reference itself does not pass"):
        list(run_lanes(setup(course), jobs(course, 1), 1))


def test_hidden_points_above_the_cells_are_refused(course: Course) -> None:
    tests = course.paths.graders / CP01.slug / "test_tiny.py"
    tests.write_text(tests.read_text().replace("@points(30", "@points(41"))
    with pytest.raises(TitoError, match="at most the cell's 40 points"):
        list(run_lanes(setup(course), jobs(course, 1), 1))


def test_jobs_and_answers_travel_unchanged() -> None:
    job = Job(3, CP01.slug, "ab", {0: "cd"}, "ana/cp01", "Ana \N{SNOWMAN}\n", public_only=True)
    assert Job.decode(job.encode()) == job
    answer = Answer(3, fault="no\nluck")
    assert Answer.decode(answer.encode()) == answer
    assert answer.encode().count(b"\n") == 1
