"""The grader's loop: when it grades and with what, what does not end it, and what it leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import tree
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tests.grading.test_warm import alive
from tests.waiting import until
from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import PublishedGrade
from tito.grading.engine import Graded, More, Summary, grade_pending
from tito.grading.trial import GraderError
from tito.grading.version import grader_version
from tito.grading.warm import WarmLanes
from tito.hub.grader import ACTOR, Pace, run_grader
from tito.notebooks.document import NotebookError

QUICK = Pace(look=0.001, sweep=1e9, pause=0.001)
Step = Callable[[Course, Gradebook], None]


@dataclass
class Runs:
    """The runs of grading that the loop made: their courses and their other options."""

    courses: list[Course] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)


def runs(course: Course, *steps: Step, pace: Pace = QUICK) -> Runs:
    """Run the loop until each step was a run of grading."""
    stop, left, made = threading.Event(), list(steps), Runs()

    def grade(course: Course, gradebook: Gradebook, **options: Any) -> Summary:
        made.courses.append(course)
        made.options.append(options)
        step = left.pop(0)
        if not left:
            stop.set()
        step(course, gradebook)
        return Summary("none", 1)

    run_grader(course.root, stop, pace, grade=grade)
    return made


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = mini.build(tmp_path / "course")
    mini.enrol(course, "ana").close()
    return course


def nothing(_course: Course, _gradebook: Gradebook) -> None:
    """A run that finds nothing to do."""


def hands_in(course: Course, gradebook: Gradebook) -> None:
    """Somebody submits while a run is going on, which does not look again."""
    mini.submit(course, gradebook, "ana", mini.CP01, mini.handin(mini.CP01))


def fails(_course: Course, _gradebook: Gradebook) -> None:
    raise TitoError("another `tito grade` is running")


def test_what_a_run_did_not_look_for_is_graded_by_the_next(course: Course) -> None:
    made = runs(course, hands_in, nothing)
    assert [options["actor"] for options in made.options] == ["system:grader"] * 2


HANG = "#| export\ndef double(x):\n    while True:\n        pass\n"


def published_by(gradebook: Gradebook) -> dict[int, int]:
    """How many grades are published, by checkpoint."""
    with gradebook.read() as session:
        return dict(Counter(grade.checkpoint for grade in session.query(PublishedGrade)))


def test_while_one_submission_hangs_the_others_are_graded(course: Course) -> None:
    """Also one of another checkpoint, and what the student who hangs hands in next has to wait for its own lane."""
    stop, ran = threading.Event(), []
    order: list[tuple[str, int, int]] = []

    with Gradebook.open(course.database_url) as gradebook, mini.enrol(course, "ben"):

        def once(course: Course, gradebook: Gradebook, **options: Any) -> Summary:
            def progress(summary: Summary, graded: Graded | None) -> None:
                if graded is None:
                    mini.submit(course, gradebook, "ana", CP00, mini.handin(CP00))
                    mini.submit(course, gradebook, "ben", CP01, mini.handin(CP01))
                    return
                order.append((graded.task.student_id, graded.task.checkpoint, summary.total))
                if order == [("ben", 1, 3)]:
                    mini.submit(course, gradebook, "ben", CP00, mini.handin(CP00))

            ran.append(grade_pending(course, gradebook, progress=progress, **options))
            stop.set()
            return ran[0]

        mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01, double=HANG))
        run_grader(course.root, stop, QUICK, lanes=2, grade=once)
        assert order == [("ben", 1, 3), ("ben", 0, 4), ("ana", 1, 4), ("ana", 0, 4)]
        assert published_by(gradebook) == {0: 2, 1: 2}


def test_what_comes_after_graders_changed_is_graded_by_the_next_run(course: Course) -> None:
    asked: list[bool] = []
    scenarios = course.paths.graders / CP01.slug / "scenarios.py"
    stop = threading.Event()

    def grade(course: Course, gradebook: Gradebook, *, more: More, **_options: Any) -> Summary:
        versions = {CP01.slug: grader_version(course, CP01)}
        if not asked:
            asked.append(more(None, versions))
            mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))
            asked.append(more(None, versions))
            asked.append(more(None, versions))
            mini.submit(course, gradebook, "ana", CP00, mini.handin(CP00))
            scenarios.write_text(f"{scenarios.read_text()}# changed\n")
            asked.append(more(None, versions))
            return Summary("none", 1)
        _configure(course, "c.LatePolicy.free_days = 77")
        mini.submit(course, gradebook, "ana", CP00, mini.handin(CP00, factor="#| export\n# again"))
        asked.append(more(None, versions))
        stop.set()
        return Summary("none", 1)

    run_grader(course.root, stop, QUICK, grade=grade)
    assert asked == [False, True, False, False, False]


def test_a_run_that_cannot_start_is_tried_again(course: Course) -> None:
    assert len(runs(course, fails, fails, nothing).courses) == 3


def test_without_anything_new_it_looks_again_after_a_while(course: Course) -> None:
    assert len(runs(course, nothing, nothing, nothing, pace=Pace(look=0.001, sweep=0.003, pause=0.001)).courses) == 3


def test_while_there_is_nothing_to_grade_lanes_may_rest(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    rested: list[bool] = []
    monkeypatch.setattr(WarmLanes, "rest", lambda _lanes: rested.append(True))
    runs(course, nothing, nothing, pace=Pace(look=0.001, sweep=0.003, pause=0.001))
    assert rested


def test_every_run_gets_the_same_lanes_and_publishes_soon(course: Course) -> None:
    first, second = runs(course, hands_in, nothing).options
    assert first["run"] is second["run"]
    assert isinstance(first["run"], WarmLanes)
    assert first["soon"] is second["soon"] is True


def test_a_config_that_was_changed_holds_from_the_next_run_on(course: Course) -> None:
    def changes(course: Course, gradebook: Gradebook) -> None:
        _configure(course, "c.LatePolicy.free_days = 77")
        hands_in(course, gradebook)

    before, after = runs(course, changes, nothing).courses
    assert before.late.free_days != after.late.free_days == 77


def test_a_config_with_a_mistake_is_waited_for(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    repaired = replace(course, title="Repaired")
    read: Iterator[Course | TitoError] = iter([course, course, TitoError("title is 3, takes a line of text"), repaired])

    def load(_root: Path) -> Course:
        found = next(read)
        if isinstance(found, TitoError):
            raise found
        return found

    monkeypatch.setattr("tito.hub.grader.load_course", load)
    assert runs(course, hands_in, nothing).courses == [course, repaired]


def _configure(course: Course, line: str) -> None:
    with (course.root / "course_config.py").open("a") as file:
        file.write(f"{line}\n")


def test_another_gradebook_ends_it_so_that_it_is_started_again(course: Course, tmp_path: Path) -> None:
    def moves(course: Course, gradebook: Gradebook) -> None:
        _configure(course, f"c.TitoCourse.database_url = 'sqlite:///{tmp_path / 'other.db'}'")
        hands_in(course, gradebook)

    assert len(runs(course, moves, nothing).courses) == 1


def test_another_tito_ends_it_so_that_it_is_started_again(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrades(course: Course, gradebook: Gradebook) -> None:
        monkeypatch.setattr("tito.hub.grader._code", lambda: {("tito/new.py", 1, 1)})
        hands_in(course, gradebook)

    assert len(runs(course, upgrades, nothing).courses) == 1


def grades_and_stops(course: Course, gradebook: Gradebook) -> None:
    """A run that is stopped after it has recorded a result, before it can publish it."""
    hands_in(course, gradebook)
    grade_pending(course, gradebook, actor=ACTOR, lanes=1, show=False)
    raise TitoError("the disk is full")


def test_what_a_stopped_run_could_not_publish_is_published_by_the_next(course: Course) -> None:
    runs(course, grades_and_stops, nothing)
    with Gradebook.open(course.database_url) as gradebook, gradebook.read() as session:
        assert session.query(PublishedGrade).count() == 1


def test_it_looks_through_the_whole_class_once_and_after_a_failure(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Checkpoint] = []
    monkeypatch.setattr("tito.hub.grader.publish_new", lambda _course, _book, one, _actor: looked.extend(one))
    quick, everything = Pace(look=0.001, sweep=0.003, pause=0.001), [mini.CP00, mini.CP01]
    runs(course, nothing, nothing, nothing, pace=quick)
    assert looked == everything
    runs(course, nothing, fails, fails, nothing, nothing, pace=quick)
    assert looked == everything * 3


@pytest.mark.parametrize(
    ("error", "times"), [(TitoError("2 folders were left as they are"), 1), (GradebookError("it is locked"), 2)]
)
def test_what_cannot_be_published_now_is_tried_again_and_what_never_can_is_not(
    course: Course, monkeypatch: pytest.MonkeyPatch, error: TitoError, times: int
) -> None:
    tried: list[Checkpoint] = []

    def publish(_course: Course, _gradebook: Gradebook, checkpoints: list[Checkpoint], _actor: str) -> None:
        tried.extend(checkpoints)
        if len(tried) == 1:
            raise error

    monkeypatch.setattr("tito.hub.grader.publish_new", publish)
    runs(course, nothing, nothing, pace=Pace(look=0.001, sweep=0.003, pause=0.001))
    assert tried.count(mini.CP00) == times
    assert tried.count(mini.CP01) == 1


def test_graders_in_disorder_hold_up_their_own_checkpoint_alone(course: Course) -> None:
    (course.paths.graders / mini.CP00.slug / "test_broken.py").write_text("import nothing_of_the_kind\n")
    stop = threading.Event()

    def once(course: Course, gradebook: Gradebook, **options: Any) -> Summary:
        if options.get("checkpoints") == [mini.CP01]:
            stop.set()
        return grade_pending(course, gradebook, **options)

    with Gradebook.open(course.database_url) as gradebook:
        for checkpoint in (mini.CP00, mini.CP01):
            mini.submit(course, gradebook, "ana", checkpoint, mini.handin(checkpoint))
        run_grader(course.root, stop, QUICK, lanes=1, grade=once)
        with gradebook.read() as session:
            assert [grade.checkpoint for grade in session.query(PublishedGrade)] == [mini.CP01.number]


def in_disorder(course: Course, pace: Pace, *steps: Step) -> list[tuple[list[Checkpoint], bool]]:
    """The runs while cp00's graders cannot be used, each with whether it has the lanes that are kept."""
    broken = course.paths.graders / CP00.slug / "test_broken.py"
    broken.write_text("import nothing_of_the_kind\n")
    stop, left = threading.Event(), list(steps)
    asked: list[tuple[list[Checkpoint], bool]] = []

    def grade(course: Course, gradebook: Gradebook, **options: Any) -> Summary:
        asked.append((options["checkpoints"], "run" in options))
        if left:
            left.pop(0)(course, gradebook)
        if not left:
            stop.set()
        if CP00 in options["checkpoints"] and broken.exists():
            raise GraderError("it does not import")
        return Summary("none", 1)

    run_grader(course.root, stop, pace, grade=grade)
    return asked


def test_a_checkpoint_in_disorder_is_left_out_until_it_changes(course: Course) -> None:
    """So it costs the others their lanes once, and not at each hand-in."""

    def mended(course: Course, gradebook: Gradebook) -> None:
        (course.paths.graders / CP00.slug / "test_broken.py").unlink()
        mini.submit(course, gradebook, "ana", CP00, mini.handin(CP00))

    assert in_disorder(course, QUICK, nothing, nothing, hands_in, mended, nothing) == [
        ([CP00, CP01], True),
        ([CP00], True),
        ([CP01], True),
        ([CP01], True),
        ([CP00, CP01], True),
    ]


def test_a_checkpoint_in_disorder_is_tried_again_on_lanes_of_its_own(course: Course) -> None:
    asked = in_disorder(course, Pace(look=0.001, sweep=0.003), nothing, nothing, nothing, nothing)
    assert asked[3:] == [([CP00], False), ([CP01], True)]


def test_checkpoints_that_are_graded_one_by_one_tell_the_next_date_of_all(course: Course) -> None:
    early, late = (datetime(2027, 1, day, tzinfo=UTC) for day in (15, 20))
    stop, clock, both = threading.Event(), iter([late] * 3), [mini.CP00, mini.CP01]
    asked: list[object] = []

    def grade(_course: Course, _gradebook: Gradebook, **options: Any) -> Summary:
        asked.append(options["checkpoints"])
        if len(asked) == 4:
            stop.set()
        if options["checkpoints"] == both:
            raise NotebookError("a cell is missing")
        return Summary("none", 1, next_at=early if options["checkpoints"] == [mini.CP00] else None)

    run_grader(course.root, stop, QUICK, grade=grade, clock=lambda: next(clock))
    assert asked[:4] == [both, [mini.CP00], [mini.CP01], both], "it is woken by the date of the first"


def test_it_wakes_up_when_something_is_due_though_nobody_hands_in(course: Course) -> None:
    due, now = datetime(2027, 1, 15, 23, 59, tzinfo=UTC), [datetime(2027, 1, 15, tzinfo=UTC)]
    stop, began = threading.Event(), []

    def grade(_course: Course, _gradebook: Gradebook, **options: Any) -> Summary:
        assert options["by_policy"] is True
        began.append(now[0])
        if now[0] >= due:
            stop.set()
        return Summary("none", 1, next_at=due)

    def clock() -> datetime:
        now[0] += timedelta(hours=1)
        assert now[0] < due + timedelta(days=2), "it was asleep"
        return now[0]

    run_grader(course.root, stop, QUICK, grade=grade, clock=clock)
    assert len(began) == 2
    assert due <= began[1] < due + timedelta(hours=1)


@contextmanager
def grading(course: Course, path: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], Callable[[str], str]]]:
    """`tito hub grader` as a process, and a function that reads what it says up to a line with some words."""
    command = [sys.executable, "-m", "tito", "-C", str(course.root), "hub", "grader", "--lanes", "1"]
    environment = dict(os.environ) if path is None else os.environ | {"PYTHONPATH": str(path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=course.root) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")

        def read(words: str) -> str:
            said = ""
            for line in lines:
                said += line
                if words in line:
                    return said
            raise AssertionError(f"it never said {words!r}, but:\n{said}")

        try:
            yield process, read
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_however_it_ends_its_lanes_end_with_it(course: Course, how: signal.Signals) -> None:
    with Gradebook.open(course.database_url) as gradebook, grading(course) as (process, read):
        hands_in(course, gradebook)
        read("graded 1")
        below = tree(process.pid)
        assert below
        process.send_signal(how)
        assert process.wait(60) == (0 if how is signal.SIGTERM else -signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in below), "the end of all that was below", within=60)


@pytest.mark.slow
def test_after_an_upgrade_it_starts_again_as_what_is_there_now(course: Course, clone: Path, tmp_path: Path) -> None:
    new = tmp_path / "new" / "tito"
    shutil.copytree(clone / "tito", new, ignore=shutil.ignore_patterns("__pycache__"))
    with Gradebook.open(course.database_url) as gradebook, grading(course, new.parent) as (process, read):
        hands_in(course, gradebook)
        assert "upgraded" not in read("graded 1")
        with (new / "errors.py").open("a") as file:
            file.write("\nimport sys\nsys.stderr.write('upgraded\\n')\n")
        mini.submit(course, gradebook, "ana", mini.CP00, mini.handin(mini.CP00))
        said = read("graded 1")
        assert 0 < said.index("starts again") < said.index("upgraded") < said.index("graded 1")
        assert process.poll() is None
