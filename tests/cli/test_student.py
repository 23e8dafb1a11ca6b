"""The student's commands on a course in miniature, in the order in which a student meets them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.config import Course
from tito.notebooks.collect import collect

WRONG = "#| export\ndef factor():\n    return 3\n"


def solve(course: Course, **cells: str) -> Path:
    """Put the finished notebook of module 00 where the student works."""
    path = course.root / "assignments" / CP00.slug / "00_setup.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(mini.handin(CP00, **cells)["00_setup.ipynb"])
    return path


def test_the_way_through_a_module(run: Run, course: Course) -> None:
    started = run("module", "start", "0")
    assert started.code == 0
    assert "assignments/cp00_environment/00_setup.ipynb" in started.out

    first = run("test", "0")
    assert first.code == 1
    assert "not written yet" in first.out
    assert "to write  factor, in 00_setup.ipynb, cell 3" in first.out
    assert "0 of 1 test cells pass." in first.out

    assert "next      write factor (cell 3)" in run("module", "status", "0").out
    assert run("module", "complete", "0").code == 1

    solve(course, factor=WRONG)
    wrong = run("test", "00")
    assert wrong.code == 1
    assert (
        wrong.out.split()
        == (
            "00 Setup assignments/cp00_environment/00_setup.ipynb "
            "✗ The factor is two 0 of 1 checks cell 4 "
            "factor(): got 3, expected 2 got 3 expected 2 where cell 4, line 2 "
            "0 of 1 test cells pass."
        ).split()
    )

    solve(course)
    assert run("test").code == 0
    complete = run("module", "complete", "00_setup")
    assert complete.code == 0
    assert "1 test cells pass" in complete.out
    assert "● done 1" in run("checkpoint", "status").out


def test_sync_makes_a_package_that_imports(run: Run, course: Course) -> None:
    solve(course)
    ran = run("sync")
    assert ran.code == 0
    assert "tinytorch/core/setup.py" in ran.out
    assert "unchanged" in run("sync").out
    assert run("sync", "--json").data["00_setup.ipynb"]["names"] == ["factor"]


def test_sync_tells_of_code_that_is_no_python(run: Run, course: Course) -> None:
    solve(course, factor="#| export\ndef factor(:\n    return 2\n")
    ran = run("sync")
    assert ran.code == 1
    assert "00_setup.ipynb, cell 3, line 2" in ran.out


def test_sync_does_not_touch_a_file_of_the_students_own(run: Run, course: Course) -> None:
    solve(course)
    mine = course.root / "tinytorch" / "core" / "setup.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious = 1\n")
    ran = run("sync")
    assert ran.code == 1
    assert "did not write is in the way" in ran.err
    assert mine.read_text() == "precious = 1\n"


def test_status_says_what_to_do_next_at_each_point(run: Run, course: Course) -> None:
    assert "next: tito module start 00" in run("checkpoint", "status").out
    run("module", "start", "0")
    assert "next: write factor (cell 3) of 00_setup.ipynb" in run("checkpoint", "status").out
    solve(course)
    assert "next: tito test 00" in run("checkpoint", "status").out
    run("test")
    assert "next: tito submit 00" in run("checkpoint", "status").out


def test_json_of_the_students_commands(run: Run, course: Course) -> None:
    solve(course, factor=WRONG)
    assert run("module", "start", "1", "--json").data["kept"] is None
    tested = run("test", "0", "--json")
    assert tested.code == 1
    (cell,) = tested.data["00_setup"]["tests"]
    assert (cell["ending"], cell["checks"][0]["got"], cell["checks"][0]["line"]) == ("failed", "3", 2)
    status = run("checkpoint", "status", "--json").data
    assert status["current"] == "cp00_environment"
    assert len(status["checkpoints"]) == 16
    assert [one["state"] for one in run("info", "--json").data["checkpoints"]][:3] == ["part", "part", "todo"]
    assert {one["module"] for one in run("module", "status", "--json").data["modules"]} == {"00_setup", "01_tensor"}


def test_checkpoint_test_takes_the_one_that_is_worked_on(run: Run, course: Course) -> None:
    assert "you have started no checkpoint" in run("checkpoint", "test").err
    solve(course)
    assert "All 1 test cells pass." in run("checkpoint", "test").out
    assert "All 1 test cells pass." in run("checkpoint", "test", "environment").out


def test_a_hostile_title_and_output_stay_text(run: Run, course: Course) -> None:
    for path in course.paths.release.rglob("*.ipynb"):
        path.unlink()
    solve(
        course,
        factor="#| export\ndef factor():\n    print('\\x1b[2J')\n    raise ValueError('[red]\\u202e\\x1b[31m')\n",
        **{"test-factor": "# [bold]Title\x1b[31m[/bold]\ncheck(factor(), 2, 'x')"},
    )
    ran = run("test", "-v")
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "[bold]Title" in ran.out
    assert "ValueError: [red]" in ran.out


def test_submit_without_a_gradebook_packs_a_zip_that_collect_reads(run: Run, course: Course) -> None:
    notebook = solve(course)
    ran = run("submit", "0", "--student", "ana")
    assert ran.code == 0
    target = course.root / "submitted" / "cp00_environment.zip"
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    assert digest in ran.out
    assert "It is not handed in yet" in ran.out
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["ana/cp00_environment/00_setup.ipynb"]
    (found,) = collect(target)
    assert (found.student_text, found.checkpoint_text) == ("ana", "cp00_environment")
    assert found.files == {"00_setup.ipynb": notebook.read_bytes()}
    assert run("submit", "0", "--student", "ana", "--json").data["sha256"] == digest


def test_submit_to_a_gradebook_gives_a_receipt(run: Run, course: Course) -> None:
    mini.enrol(course, "ana").close()
    solve(course)
    ran = run("submit", "0", "--json")
    assert ran.code == 0
    receipt = ran.data
    assert (receipt["student_id"], receipt["attempt"], receipt["status"]) == ("ana", 1, "accepted")
    assert receipt["repeated"] is False
    assert len(receipt["sha256"]) == 64
    again = run("submit", "0")
    assert "nothing new was recorded" in again.out
    assert receipt["sha256"] in again.out
    solve(course, factor=WRONG)
    assert run("submit", "0", "--json").data["attempt"] == 2


def test_submit_refuses_what_cannot_be_graded(run: Run, course: Course) -> None:
    mini.enrol(course, "ana").close()
    assert "there is nothing to submit" in run("submit", "0").err
    solve(course).write_bytes(b"{")
    ran = run("submit", "0")
    assert ran.code == 1
    assert "not valid JSON" in ran.err
    foreign = json.dumps(mini.notebook(CP01))
    solve(course).write_text(foreign)
    ran = run("submit", "0")
    assert ran.code == 1
    assert "none of this checkpoint's cells" in ran.err


@pytest.mark.parametrize("student", ["../../x", "a b", "=1+1", "", "x" * 65, "con"])
def test_submit_refuses_an_id_that_could_be_something_else(run: Run, course: Course, student: str) -> None:
    solve(course)
    ran = run("submit", "0", "--student", student) if student else run("submit", "0", "--student=-")
    assert ran.code == 1
    assert "expected: 1 to 64 ASCII letters" in ran.err
    assert not course.paths.submitted.exists()


def test_a_student_who_is_not_on_the_roster_is_told(run: Run, course: Course) -> None:
    mini.enrol(course, "bob").close()
    solve(course)
    ran = run("submit", "0")
    assert ran.code == 1
    assert "'ana' is not on the roster" in ran.err


def test_submit_holds_opening_and_attempts(run: Run, course: Course) -> None:
    config = course.root / "course_config.py"
    mini.enrol(course, "ana").close()
    solve(course)
    plain = config.read_text()
    config.write_text(plain + 'c.Checkpoint00.opens = "2099-01-01 00:00"\n')
    early = run("submit", "0")
    assert early.code == 1
    assert "it opens" in early.err
    config.write_text(plain.replace("capacity = None", "capacity = 1") + "c.AttemptPolicy.refill_hours = 1000\n")
    assert run("submit", "0").code == 0
    solve(course, factor=WRONG)
    spent = run("submit", "0")
    assert spent.code == 1
    assert "used up your attempts" in spent.err
    assert "the next one is free" in spent.err


def test_what_is_graded_when_it_is_due_says_so(run: Run, course: Course) -> None:
    with (course.root / "course_config.py").open("a") as file:
        file.write('c.Checkpoint00.due = "2190-01-15 23:59"\nc.Checkpoint00.GradingPolicy.when = "due"\n')
    mini.enrol(course, "ana").close()
    solve(course)
    assert "when it is due, from Fri 2190-01-15 23:59 GMT on" in run("submit", "0").out
    assert run("submit", "0", "--json").data["graded_from"] == "2190-01-15T23:59:00+00:00"
    assert "it is graded when it is due, from Fri 2190-01-15" in run("feedback", "0").err


def test_feedback_says_what_is_missing(run: Run, course: Course) -> None:
    ran = run("feedback", "0")
    assert "this folder keeps no gradebook" in ran.err
    mini.enrol(course, "ana").close()
    ran = run("feedback", "0")
    assert ran.code == 1
    assert "tito submit 00" in ran.err
