import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.config import Course
from tito.course.results import Outcome, Result
from tito.course.verdicts import Verdict
from tito.errors import TitoError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.models import GradingFault, ResultRow
from tito.gradebook.services.grading import to_grade
from tito.grading.engine import Summary, choose_tier, grade_pending, only_one
from tito.grading.jobs import Answer, Job
from tito.grading.lanes import Answers, Setup
from tito.sandbox.tier import Tier

HANG = "#| export\ndef double(x):\n    while True:\n        pass\n"
LEAVE = "#| export\nimport os\ndef shout(text):\n    os._exit(0)\n"
FLOAT64 = "#| export\ndef double(x):\n    return (np.asarray(x) * factor()).astype(np.float64)\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def grade(course: Course, gradebook: Gradebook, **options: object) -> Summary:
    return grade_pending(course, gradebook, actor="instructor:test", lanes=1, **options)  # type: ignore[arg-type]


def results(summary: Summary) -> dict[str, Result]:
    assert not summary.faults, [one.fault for one in summary.faults]
    return {f"{one.task.student_id} {one.task.checkpoint}": one.result for one in summary.graded if one.result}


def outcome(result: Result, test: str, mode: str = "isolated") -> Outcome:
    return next(o for o in result.outcomes if o.test == test and o.mode == mode)


def test_a_summary_lets_results_go_and_keeps_the_points(course: Course) -> None:
    gradebook = mini.enrol(course, "right")
    mini.submit(course, gradebook, "right", CP01, mini.handin(CP01))
    seen: list[Result | None] = []
    summary = grade(
        course, gradebook, keep=False, progress=lambda _, graded: seen.append(graded.result) if graded else None
    )
    (graded,) = summary.graded
    assert graded.result is None
    assert graded.points == (Decimal(70), Decimal(70))
    assert not summary.faults
    assert [result.earned for result in seen if result is not None] == [Decimal(70)]


def test_right_wrong_and_untouched_submissions_get_what_they_earned(course: Course) -> None:
    gradebook = mini.enrol(course, "right", "wrong", "untouched")
    mini.submit(course, gradebook, "right", CP01, mini.handin(CP01))
    mini.submit(course, gradebook, "wrong", CP01, mini.handin(CP01, double=FLOAT64))
    mini.submit(course, gradebook, "untouched", CP01, mini.untouched(CP01))
    graded = results(grade(course, gradebook))
    assert graded["right 1"].earned == graded["right 1"].possible == Decimal(70)
    assert graded["wrong 1"].earned == Decimal(30)
    assert graded["untouched 1"].earned == 0
    verdicts = {o.verdict for o in graded["untouched 1"].outcomes}
    assert verdicts == {Verdict.MISSING}


def test_a_wrong_answer_is_explained_by_the_smallest_array(course: Course) -> None:
    gradebook = mini.enrol(course, "wrong")
    mini.submit(course, gradebook, "wrong", CP01, mini.handin(CP01, double=FLOAT64))
    found = outcome(results(grade(course, gradebook))["wrong 1"], "test_tiny::test_double")
    assert found.verdict is Verdict.FAILED
    assert found.counterexample is not None
    assert found.counterexample.inputs == (("x", "np.array(0., dtype=np.float32)"),)
    assert "float64" in found.detail


def test_hostile_programs_cost_their_own_tests_alone(course: Course) -> None:
    gradebook = mini.enrol(course, "hangs", "leaves", "honest")
    mini.submit(course, gradebook, "hangs", CP01, mini.handin(CP01, double=HANG))
    mini.submit(course, gradebook, "leaves", CP01, mini.handin(CP01, shout=LEAVE))
    mini.submit(course, gradebook, "honest", CP01, mini.handin(CP01))
    graded = results(grade(course, gradebook))
    assert outcome(graded["hangs 1"], "test_tiny::test_double").verdict is Verdict.TIMED_OUT
    assert outcome(graded["hangs 1"], "test_tiny::test_shout").verdict is Verdict.PASSED
    assert outcome(graded["leaves 1"], "test_tiny::test_shout").verdict is Verdict.CRASHED
    assert outcome(graded["leaves 1"], "test_tiny::test_double").verdict is Verdict.PASSED
    assert graded["honest 1"].earned == Decimal(70)


def test_a_failure_in_the_cumulative_run_only_is_inherited_from_its_cause(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP00, mini.handin(CP00, factor="#| export\ndef factor():\n    return 3\n"))
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))
    graded = results(grade(course, gradebook))
    assert graded["ana 0"].earned == 0
    assert graded["ana 1"].earned == Decimal(70)
    inherited = {o.test: o.inherited_from for o in graded["ana 1"].outcomes if o.mode == "cumulative"}
    assert inherited == {
        "cell::test-double": 0,
        "cell::test-shout": None,
        "test_tiny::test_double": 0,
        "test_tiny::test_shout": None,
        "test_tiny::test_shout_refuses": None,
    }


def test_a_replay_gives_the_same_result_and_records_nothing_twice(course: Course) -> None:
    gradebook = mini.enrol(course, "wrong")
    mini.submit(course, gradebook, "wrong", CP01, mini.handin(CP01, double=FLOAT64))
    first, again = (results(grade(course, gradebook, again=again))["wrong 1"] for again in (False, True))
    assert _timeless(first) == _timeless(again)
    with gradebook.read() as session:
        assert session.scalar(select(func.count(ResultRow.id))) == 1


def test_grading_leaves_notebook_result_and_page(course: Course) -> None:
    gradebook = mini.enrol(course, "wrong")
    hostile = "#| export\ndef shout(text):\n    raise ValueError('<script>alert(1)</script>\\x1b[2J' + text)\n"
    mini.submit(course, gradebook, "wrong", CP01, mini.handin(CP01, shout=hostile))
    result = results(grade(course, gradebook))["wrong 1"]
    folder = course.paths.autograded / "wrong" / CP01.slug
    assert Result.from_json(json.loads((folder / "result.json").read_text())) == result
    page = (folder / "feedback.html").read_text()
    assert "<script" not in page
    assert "\x1b" not in page
    assert "secret word" not in page + (folder / "01_tensor.ipynb").read_text()  # an input of a hidden test
    assert "Are capitals capitals?" in page
    assert result.receipt.submission in page


def test_a_second_run_is_told_who_is_grading(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    path = course.paths.state / "locks" / "grade.lock"
    with only_one(path), pytest.raises(TitoError, match=f"process {os.getpid()}"):
        grade(course, gradebook)
    assert grade(course, gradebook).total == 0


def test_kill_9_in_the_middle_loses_nothing_and_the_next_run_goes_on(course: Course) -> None:
    students = [f"s{number}" for number in range(6)]
    gradebook = mini.enrol(course, *students)
    for student in students:
        mini.submit(course, gradebook, student, CP01, mini.handin(CP01, double=f"{FLOAT64}\n# {student}"))
    program = (
        "import sys\nfrom pathlib import Path\nfrom tito.course.config import load_course\n"
        "from tito.gradebook.gradebook import Gradebook\nfrom tito.grading.engine import grade_pending\n"
        "course = load_course(Path(sys.argv[1]))\n"
        "grade_pending(course, Gradebook.open(course.database_url), actor='instructor:test', lanes=1,\n"
        "    progress=lambda _, graded: print('graded' if graded else 'started', flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(course.root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(3)] == ["started", "graded", "graded"]
        process.send_signal(signal.SIGKILL)
    with gradebook.read() as session:
        done = session.scalar(select(func.count(ResultRow.id))) or 0
        left = len(to_grade(session))
    assert 2 <= done < 6
    assert done + left == 6
    assert grade(course, gradebook).total == left
    with gradebook.read() as session:
        assert session.scalar(select(func.count(ResultRow.id))) == 6


def test_a_fault_of_the_platform_is_recorded_and_never_scored(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))

    def fails(_setup: Setup, jobs: Iterable[Job | None], *_: object) -> Answers:
        yield from (Answer(job.number, fault="no bubblewrap") for job in jobs if job is not None)

    summary = grade(course, gradebook, run=fails)
    assert len(summary.faults) == 1
    with gradebook.read() as session:
        assert session.scalar(select(func.count(GradingFault.id))) == 1
        assert session.scalar(select(func.count(ResultRow.id))) == 0
        assert len(to_grade(session)) == 1
    assert results(grade(course, gradebook))["ana 1"].earned == Decimal(70)


def test_a_tier_below_the_courses_minimum_is_refused(course: Course) -> None:
    with pytest.raises(TitoError, match="isolation tier"):
        choose_tier(course, Tier.NONE)


def test_changed_graders_are_a_new_version_and_do_not_change_what_students_see(course: Course) -> None:
    gradebook = mini.enrol(course, "wrong")
    mini.submit(course, gradebook, "wrong", CP01, mini.handin(CP01, double=FLOAT64))
    old = results(grade(course, gradebook))["wrong 1"]
    tests = course.paths.graders / CP01.slug / "test_tiny.py"
    tests.write_text(tests.read_text().replace("scenarios.double, x)", "scenarios.double, x, dtype=False)"))
    new = results(grade(course, gradebook))["wrong 1"]
    assert old.receipt.graders != new.receipt.graders
    assert (old.earned, new.earned) == (Decimal(30), Decimal(60))
    with gradebook.read() as session:
        assert session.scalar(select(func.count(ResultRow.id))) == 2


def test_graders_that_cannot_be_collected_stop_the_run_with_their_error(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))
    (course.paths.graders / CP01.slug / "test_broken.py").write_text("import nothing_of_the_kind\n")
    with pytest.raises(TitoError, match="nothing_of_the_kind"):
        grade(course, gradebook)


def test_a_checkpoint_without_graders_is_named(course: Course) -> None:
    shutil.rmtree(course.paths.graders / CP00.slug)
    with pytest.raises(TitoError, match="cp00_environment cannot be graded"):
        grade_pending(course, mini.enrol(course), actor="instructor:test", checkpoints=[CP00])


def _timeless(result: Result) -> Result:
    return replace(result, seconds=0, outcomes=tuple(replace(o, seconds=0) for o in result.outcomes))


PEEK = """\
#| export
import gc
def shout(text):
    # What a curious program can find of the hidden tests: sources, functions and inputs in its own process.
    sources = [found for found in gc.get_objects() if type(found) is dict and "source" in found]
    import linecache, sys
    known = "".join("".join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2)
    names = [name for module in list(sys.modules.values()) for name in vars(module)]
    raise ValueError(known + " ".join(map(str, names)))
"""


def test_what_a_public_test_shows_never_comes_from_where_hidden_ones_ran(course: Course) -> None:
    scenarios = course.paths.graders / CP01.slug / "scenarios.py"
    scenarios.write_text(scenarios.read_text() + "\n\ndef top_secret_scenario(tt):\n    return 0\n")
    gradebook = mini.enrol(course, "curious")
    mini.submit(
        course, gradebook, "curious", CP01, mini.handin(CP01, shout=PEEK, double=LEAVE.replace("shout", "double"))
    )
    result = results(grade(course, gradebook))["curious 1"]
    public = outcome(result, "cell::test-shout")
    assert public.verdict is Verdict.RAISED
    folder = course.paths.autograded / "curious" / CP01.slug
    shown = (folder / "feedback.html").read_text() + (folder / "01_tensor.ipynb").read_text() + str(result.notes)
    assert "top_secret_scenario" not in shown
    assert "top_secret_scenario" not in str(public.to_json())


def test_a_large_run_draws_its_inputs_once_and_first(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tito.grading.engine.DEALS", 4)
    gradebook = mini.enrol(course, "ana", "ben", "cy")
    for student in ("ana", "ben"):
        mini.submit(course, gradebook, student, CP01, mini.handin(CP01, double=f"#| export\n# {student}"))
    seen: list[tuple[int, int, int]] = []

    def progress(summary: Summary, _: object) -> None:
        seen.append((summary.prepared, summary.preparations, len(summary.graded)))

    grade(course, gradebook, progress=progress)
    assert seen == [(0, 0, 0), (1, 4, 0), (2, 4, 0), (3, 4, 0), (4, 4, 0), (4, 4, 1), (4, 4, 2)]
    for student in ("cy", "ana"):
        mini.submit(course, gradebook, student, CP01, mini.handin(CP01, double=f"#| export\n# {student} again"))
    assert grade(course, gradebook).preparations == 0
