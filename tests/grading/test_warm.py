"""Lanes that are kept: when they are used again, when they are not, and that nothing of a run reaches the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from benchmarks import processes
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tests.grading.test_lanes import TIER, jobs, setup
from tests.waiting import until
from tito.course.config import Course
from tito.errors import TitoError
from tito.grading.engine import Graded, Summary, grade_pending, only_one
from tito.grading.jobs import Answer, Job
from tito.grading.lanes import Answers, LaneError, LanePool, Setup
from tito.grading.trial import GraderError
from tito.grading.warm import WarmLanes, _Kept

BOTH = frozenset([CP00.slug, CP01.slug])


class Pool:
    """A pool that starts nothing and answers at once."""

    made: ClassVar[list[Pool]] = []

    def __init__(self, root: Path, tier: str, slugs: Sequence[str], *, nice: int = 0) -> None:
        self.slugs, self.lanes, self.ended, self.whole = tuple(slugs), 0, False, True
        self.made.append(self)

    @property
    def processes(self) -> range:
        return range(self.lanes)

    def answers(self, asked: Iterable[Job], most: int, *_: object) -> Iterator[Answer]:
        self.lanes = most
        yield from (Answer(job.number) for job in asked)

    def end(self, *, at_once: bool = False) -> None:
        self.ended = True


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> list[Pool]:
    """The pools that a test makes, in order; all but the last one have ended."""
    monkeypatch.setattr("tito.grading.warm.LanePool", Pool)
    monkeypatch.setattr(Pool, "made", [])
    return Pool.made


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def asked(course: Course, *slugs: str, **versions: str) -> Setup:
    known = {CP00.slug: "v1", CP01.slug: "v1"} | {f"cp{number}": version for number, version in versions.items()}
    return Setup(course, TIER, frozenset(slugs or [CP01.slug]), known)


def run(lanes: WarmLanes, what: Setup, count: int = 1, on: int = 1) -> None:
    list(lanes(what, [Job(number, CP01.slug, "") for number in range(count)], on))


def test_lanes_are_used_again_however_many_are_asked_for(course: Course, pools: list[Pool]) -> None:
    with WarmLanes() as lanes:
        for on in (1, 2, 1):
            run(lanes, asked(course), on=on)
            assert pools[0].lanes == on
        (pool,) = pools
        assert not pool.ended
    assert pool.ended


@pytest.mark.parametrize(
    "other",
    [
        lambda course: asked(replace(course, regrade_never_lowers=False)),
        lambda course: replace(asked(course), tier="namespaces"),
        lambda course: replace(asked(course), versions={CP01.slug: "v2"}),
        lambda course: replace(asked(course), secret="of a backup"),
    ],
    ids=["course", "tier", "graders", "secret"],
)
def test_what_lanes_have_read_and_is_different_now_needs_others(course: Course, pools: list[Pool], other: Any) -> None:
    with WarmLanes() as lanes:
        run(lanes, asked(course))
        run(lanes, other(course))
        assert [pool.ended for pool in pools] == [True, False]


def test_graders_that_were_not_asked_for_may_change(course: Course, pools: list[Pool]) -> None:
    with WarmLanes() as lanes:
        run(lanes, asked(course))
        run(lanes, replace(asked(course), versions={CP00.slug: "v2", CP01.slug: "v1"}))
        assert len(pools) == 1


def test_checkpoints_that_come_by_turns_share_lanes(course: Course, pools: list[Pool]) -> None:
    with WarmLanes() as lanes:
        for slug in (CP01.slug, CP00.slug, CP01.slug, CP00.slug):
            run(lanes, asked(course, slug))
        assert [pool.slugs for pool in pools] == [(CP01.slug,), (CP00.slug, CP01.slug)]


def test_a_checkpoint_that_has_lost_its_graders_is_not_started_again(course: Course, pools: list[Pool]) -> None:
    with WarmLanes() as lanes:
        run(lanes, asked(course, *BOTH))
        run(lanes, replace(asked(course), versions={CP01.slug: "v2"}))
        assert pools[-1].slugs == (CP01.slug,)


def test_lanes_are_replaced_after_so_many_jobs_and_hold_only_what_is_asked_then(
    course: Course, pools: list[Pool]
) -> None:
    with WarmLanes(most_jobs=3) as lanes:
        run(lanes, asked(course, *BOTH), count=2)
        run(lanes, asked(course), count=2)
        assert len(pools) == 1
        run(lanes, asked(course))
        assert [pool.slugs for pool in pools] == [(CP00.slug, CP01.slug), (CP01.slug,)]


def test_lanes_are_replaced_after_so_much_time(course: Course, pools: list[Pool]) -> None:
    now = [0.0]
    with WarmLanes(most_seconds=10, clock=lambda: now[0]) as lanes:
        for now[0], count in ((0.0, 1), (9.0, 1), (10.0, 2), (19.0, 2)):
            run(lanes, asked(course))
            assert len(pools) == count


def test_lanes_that_nobody_needs_end_after_so_much_time(course: Course, pools: list[Pool]) -> None:
    now = [0.0]
    with WarmLanes(most_seconds=10, clock=lambda: now[0]) as lanes:
        lanes.rest()
        run(lanes, asked(course))
        for now[0], ended in ((9.0, False), (10.0, True), (11.0, True)):
            lanes.rest()
            assert pools[0].ended is ended
        run(lanes, asked(course))
        assert [pool.ended for pool in pools] == [True, False]


def test_a_pool_that_is_not_whole_is_not_used_again(course: Course, pools: list[Pool]) -> None:
    with WarmLanes() as lanes:
        run(lanes, asked(course))
        pools[0].whole = False
        run(lanes, asked(course))
        assert [pool.ended for pool in pools] == [True, False]


# --- with real lanes ---


def test_the_second_run_is_done_by_the_same_processes(course: Course) -> None:
    with WarmLanes() as lanes:
        seen = []
        for _ in range(2):
            answers = list(lanes(setup(course), jobs(course, 3), 2))
            assert sorted(answer.number for answer in answers) == [0, 1, 2]
            assert all(answer.result is not None for answer in answers)
            seen.append(lanes.processes)
    assert seen[0] == seen[1]
    assert not any(alive(pid) for pid in seen[0])


def test_lanes_and_their_sandboxes_give_way_to_other_processes(course: Course) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with WarmLanes(nice=3) as lanes:
        list(lanes(setup(course), jobs(course, 1), 1))
        (lane,) = lanes.processes
        sandbox = processes.tree(lane)
        assert sandbox
        assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in (lane, *sandbox)} == {own + 3}


def test_a_run_that_is_given_up_half_way_leaves_nothing_for_the_next(course: Course) -> None:
    first, second = jobs(course, 2)
    with WarmLanes() as lanes:
        answers = lanes(setup(course), [first, replace(second, number=7)], 1)
        assert next(answers).number == 0
        before = lanes.processes
        answers.close()
        assert lanes.processes == []
        assert not any(alive(pid) for pid in before)
        (answer,) = lanes(setup(course), [replace(second, number=0)], 1)
        assert answer.result is not None
        assert answer.result.receipt.submission == second.digest


def test_graders_that_are_wrong_end_the_lanes(course: Course) -> None:
    tests = course.paths.graders / CP01.slug / "test_tiny.py"
    good = tests.read_text()
    tests.write_text(good.replace('mentions=["int"]', 'mentions=["banana"]'))
    with WarmLanes() as lanes:
        with pytest.raises(GraderError, match="the reference itself does not pass"):
            list(lanes(setup(course), jobs(course, 1), 1))
        assert lanes.processes == []
        tests.write_text(good)
        (answer,) = lanes(setup(course), jobs(course, 1), 1)
        assert answer.result is not None


def test_lanes_that_cannot_start_are_not_kept(course: Course) -> None:
    (course.paths.graders / CP01.slug / "test_broken.py").write_text("import nothing_of_the_kind\n")
    with WarmLanes() as lanes:
        with pytest.raises(TitoError, match="nothing_of_the_kind"):
            list(lanes(setup(course), jobs(course, 1), 1))
        assert lanes.processes == []


def test_a_lane_that_died_while_nobody_asked_is_noticed(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    with WarmLanes() as lanes:
        list(lanes(setup(course), jobs(course, 1), 1))
        (before,) = lanes.processes
        os.kill(before, signal.SIGKILL)
        until(lambda: not alive(before), "the end of the process before", within=60)
        monkeypatch.setattr(LanePool, "_replace", None)  # no job meets a dead lane
        (answer,) = lanes(setup(course), jobs(course, 1), 1)
        assert answer.result is not None
        assert lanes.processes not in ([], [before])


def test_lanes_of_which_one_was_replaced_do_one_run(course: Course) -> None:
    with WarmLanes() as lanes:
        for answer in lanes(setup(course), jobs(course, 4), 1):
            if answer.number == 0:
                os.kill(lanes.processes[0], signal.SIGKILL)
        replacement = lanes.processes
        list(lanes(setup(course), jobs(course, 1), 1))
        assert lanes.processes != replacement


def test_a_job_that_failed_a_lane_in_one_run_says_nothing_of_the_next_with_its_number(course: Course) -> None:
    with LanePool(course.root, TIER, [CP01.slug]) as pool:
        for _ in range(2):
            pool._failed.add(0)
            list(pool.answers(jobs(course, 1), 1))
            assert pool._failed == set()


def test_an_answer_that_nobody_asked_for_is_nobodys(course: Course) -> None:
    first, second = jobs(course, 2)
    with WarmLanes() as lanes:
        list(lanes(setup(course), [first], 1))
        assert lanes._kept is not None
        (lane,) = lanes._kept.pool._running
        lane._input.write(first.encode())  # so that it answers job 0 twice
        lane._input.flush()
        with pytest.raises(LaneError, match="which it was not asked"):
            list(lanes(setup(course), [replace(second, number=0)], 1))
        assert lanes.processes == []


def test_kept_lanes_grade_for_the_gradebook_and_hold_no_lock(course: Course) -> None:
    gradebook = mini.enrol(course, "ana", "ben")
    with WarmLanes() as lanes:
        for student in ("ana", "ben"):
            mini.submit(course, gradebook, student, CP01, mini.handin(CP01, double=f"#| export\n# {student}"))
            summary = grade_pending(course, gradebook, actor="system:test", lanes=1, run=lanes)
            assert [one.task.student_id for one in summary.graded] == [student]
            with only_one(course.paths.locks / "grade.lock"):
                assert [alive(pid) for pid in lanes.processes] == [True]


def test_the_engine_tells_what_lanes_will_have_read(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))
    setups: list[Setup] = []

    def note(setup: Setup, *_: object) -> Answers:
        setups.append(setup)
        yield from ()

    def others_needed(course: Course) -> bool:
        """Whether lanes of the run before would not do for this one."""
        grade_pending(course, gradebook, actor="system:test", run=note)
        before, now = setups[-2:]
        return not _Kept(LanePool(course.root, TIER, []), before, 0).does(now)

    grade_pending(course, gradebook, actor="system:test", run=note)
    assert not others_needed(replace(course))
    scenarios = course.paths.graders / CP01.slug / "scenarios.py"
    scenarios.write_text(f"{scenarios.read_text()}# changed\n")
    assert others_needed(course)
    course.paths.secret.write_text("ab" * 32)
    assert others_needed(course)
    assert others_needed(replace(course, regrade_never_lowers=not course.regrade_never_lowers))


def test_a_run_whose_results_cannot_be_recorded_leaves_no_lane(course: Course) -> None:
    gradebook = mini.enrol(course, "ana", "ben")
    for student in ("ana", "ben"):
        mini.submit(course, gradebook, student, CP01, mini.handin(CP01, double=f"#| export\n# {student}"))

    def full(_summary: Summary, graded: Graded | None) -> None:
        if graded is not None:
            raise OSError("the disk is full")

    with WarmLanes() as lanes:
        with pytest.raises(OSError, match="the disk is full"):
            grade_pending(course, gradebook, actor="system:test", lanes=1, run=lanes, progress=full)
        assert lanes.processes == []


HOLDS = """
import sys, time
from pathlib import Path
from tests.grading.test_lanes import jobs, setup
from tito.course.config import load_course
from tito.grading.warm import WarmLanes

course = load_course(Path(sys.argv[1]))
with WarmLanes() as lanes:
    list(lanes(setup(course), jobs(course, 2), 2))
    print(*lanes.processes, flush=True)
    time.sleep(600)
"""


def test_kept_lanes_end_with_a_process_that_is_killed(course: Course, clone: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(course.root)]
    with subprocess.Popen(command, cwd=clone, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert [alive(pid) for pid in pids] == [True, True]
        process.kill()
    until(lambda: not any(alive(pid) for pid in pids), "the end of all processes", within=60)


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended: one that nobody has waited for is only a name."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
