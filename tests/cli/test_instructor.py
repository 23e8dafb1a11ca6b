"""The instructor's commands on a course in miniature, in the order of a term."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.queries import audit_events

ROSTER = 'student_id,name,email,section\nana,"Ana Łuć",ana@example.edu,A\nbob,=cmd(),,B\nzoe,Zoë,zoe@example.edu,A\n'
FLOAT64 = "#| export\ndef double(x):\n    return (np.asarray(x) * factor()).astype(np.float64)\n"


@pytest.fixture
def roster(run: Run, course: Course) -> None:
    path = course.root / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8-sig")
    assert run("roster", "import", path).code == 0


def put(course: Course, student: str, files: dict[str, bytes], checkpoint: str = CP01.slug) -> Path:
    folder = course.root / "in" / student / checkpoint
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return course.root / "in"


def test_roster_import_is_all_or_nothing_and_repeatable(run: Run, course: Course, roster: None) -> None:
    path = course.root / "roster.csv"
    assert run("roster", "import", path, "--json").data["unchanged"] == 3
    path.write_text("student_id,name\nnew,New\n../../x,Evil\n")
    ran = run("roster", "import", path)
    assert ran.code == 1
    assert "nothing was imported" in ran.err
    assert len(run("gradebook", "show", "--json").data["students"]) == 3


def test_collect_records_everything_once(run: Run, course: Course, roster: None) -> None:
    put(course, "ana", mini.handin(CP01))
    put(course, "bob", {"01_tensor.ipynb": b"{"})
    put(course, "nobody", mini.handin(CP01))
    folder = put(course, "zoe", mini.handin(CP01), checkpoint="cp99_nonsense")
    ran = run("collect", folder)
    assert ran.code == 0
    assert "1 new attempts, 0 known already, 1 refused, 2 that belong to nobody" in ran.out
    assert "not valid JSON" in ran.out
    assert "not on the roster" in ran.out
    assert "there is no checkpoint 'cp99_nonsense'" in ran.out
    assert "0 new attempts, 4 known already" in run("collect", folder).out
    data = run("collect", folder, "--json").data
    assert sorted(one["status"] for one in data["submissions"]) == ["accepted", "rejected", "rejected", "rejected"]


def test_collect_takes_the_time_that_staff_name(run: Run, course: Course, roster: None) -> None:
    config = course.root / "course_config.py"
    config.write_text(config.read_text() + 'c.Checkpoint01.due = "2026-05-01 12:00"\n')
    folder = put(course, "ana", mini.handin(CP01))
    (one,) = run("collect", folder, "--received-at", "2026-05-01 13:00", "--json").data["submissions"]
    assert one["late_seconds"] == 3600
    wrong = run("collect", folder, "--received-at", "yesterday")
    assert wrong.code == 1
    assert "'yesterday' is no time" in wrong.err


def test_what_was_due_before_it_is_collected_waits_for_nothing(run: Run, course: Course, roster: None) -> None:
    config = course.root / "course_config.py"
    dated = 'c.Checkpoint01.due = "2026-05-01 12:00"\nc.Checkpoint01.GradingPolicy.when = "due"\n'
    config.write_text(config.read_text() + dated)
    folder = put(course, "ana", mini.handin(CP01))
    (one,) = run("collect", folder, "--received-at", "2026-05-01 11:00", "--json").data["submissions"]
    assert (one["late_seconds"], one["graded_from"]) == (0, None)


def test_collect_tells_what_it_could_not_read(run: Run, course: Course, roster: None) -> None:
    folder = put(course, "ana", mini.handin(CP01))
    (folder / "stray.txt").write_text("x")
    (folder / "ana" / CP01.slug / "link.ipynb").symlink_to("/etc/passwd")
    ran = run("collect", folder)
    assert ran.code == 0
    assert "stray.txt" in ran.err
    assert "is a link" in ran.out
    assert run("collect", course.root / "missing").code == 1
    (course.root / "no.zip").write_bytes(b"PK nonsense")
    bad = run("collect", course.root / "no.zip")
    assert (bad.code, "no zip file that can be read" in bad.err) == (1, True)


@pytest.fixture
def graded(run: Run, course: Course, roster: None) -> None:
    put(course, "ana", mini.handin(CP01))
    put(course, "bob", mini.handin(CP01, double=FLOAT64))
    put(course, "ana", mini.handin(CP00), CP00.slug)
    assert run("collect", course.root / "in").code == 0
    ran = run("grade", "--lanes", "1", "--json")
    assert ran.code == 0, ran.err
    assert ran.data["total"] == 3
    assert {one["fault"] for one in ran.data["graded"]} == {None}


def test_from_graded_to_exported(run: Run, course: Course, graded: None) -> None:
    again = run("grade")
    assert again.code == 0
    assert "nothing to grade" in again.out

    shown = run("gradebook", "show")
    ana, bob, zoe = (next(line for line in shown.out.splitlines() if name in line) for name in ("Ana", "=cmd", "Zoë"))
    assert " 70? 70?" in ana
    assert " 30?" in bob
    assert "70" not in zoe
    assert max(map(len, shown.out.splitlines())) <= 100

    assert "66" not in run("gradebook", "show", "--section", "A").out.split("\n")[0]
    none = run("gradebook", "show", "--section", "C")
    assert (none.code, "there is no section 'C'" in none.err) == (1, True)

    rows = list(csv.DictReader(io.StringIO(run("gradebook", "export").out.lstrip("\ufeff"))))
    assert [(row["student_id"], row["cp01_foundation"]) for row in rows] == [
        ("ana", "70.00"),
        ("zoe", ""),
        ("bob", "30.00"),
    ]
    assert rows[2]["name"] == "'=cmd()"
    canvas = run("gradebook", "export", "--format", "canvas").out
    assert canvas.startswith("Student,ID,SIS User ID,SIS Login ID,Section,Checkpoint 00")
    target = course.root / "grades.csv"
    assert run("gradebook", "export", "-o", target).out == ""
    assert target.read_bytes().startswith(b"\xef\xbb\xbfstudent_id")

    record = run("gradebook", "student", "bob")
    assert "30 / 70" in record.out
    assert "grade.publish" in record.out
    assert run("gradebook", "student", "bob", "--json").data["attempts"][0]["earned"] == "30"


def test_feedback_shows_public_tests_whole_and_hidden_ones_by_policy(run: Run, course: Course, graded: None) -> None:
    ran = run("feedback", "1", "--student", "bob")
    assert ran.code == 0
    assert "30 of 70 automatic points" in ran.out
    assert "Which type has the answer?" in ran.out
    hidden = next(
        one
        for one in run("feedback", "1", "--student", "bob", "--json").data["outcomes"]
        if one["title"] == "Doubling any array"
    )
    assert hidden["counterexample"] is None
    assert hidden["test"] == "a hidden test"
    assert "test_tiny" not in ran.out


def test_override_is_seen_when_it_is_published(run: Run, course: Course, graded: None) -> None:
    changed = run("gradebook", "override", "bob", "1", "88.5", "--reason", "oral exam")
    assert changed.code == 0
    preview = run("gradebook", "publish", "1", "--preview")
    assert "30 → 88.5  override" in preview.out
    assert run("gradebook", "publish", "1", answer="n\n").code == 130
    assert run("gradebook", "show", "--json").data["students"][2]["checkpoints"][1]["published"] == "30"
    published = run("gradebook", "publish", "1", "--yes", "--note", "after the oral", "--json").data
    assert published["changes"][0]["after"] == "88.5"
    assert run("gradebook", "show", "--json").data["students"][2]["checkpoints"][1]["published"] == "88.5"
    assert run("gradebook", "rollback", published["publication"], "--reason", "too early").code == 0
    assert run("gradebook", "show", "--json").data["students"][2]["checkpoints"][1]["published"] == "30"
    with Gradebook.open(course.database_url) as book, book.read() as session:
        reasons = {event.action: event.reason for event in audit_events(session)}
    assert reasons["grade.override"] == "oral exam"
    assert reasons["grades.roll_back"] == "too early"
    assert run("gradebook", "override", "bob", "1", "none", "--reason", "mistake").code == 0


def test_extensions_and_late_days(run: Run, course: Course, roster: None) -> None:
    config = course.root / "course_config.py"
    config.write_text(config.read_text() + 'c.Checkpoint01.due = "2027-05-01 12:00"\n')
    ran = run("gradebook", "extend", "ana", "1", "2027-05-08 12:00", "--reason", "ill")
    assert (ran.code, "2027-05-08 12:00" in ran.out) == (0, True)
    earlier = run("gradebook", "extend", "ana", "1", "2027-04-08 12:00", "--reason", "ill")
    assert (earlier.code, "no later than the deadline" in earlier.err) == (1, True)
    assert run("gradebook", "extend", "ana", "1", "none", "--reason", "well again").code == 0
    assert run("gradebook", "latedays", "ana", "2", "--reason", "moved", "--json").data["extra_days"] == 2
    assert run("gradebook", "latedays", "ana", "-3", "--reason", "typo", "--json").data["extra_days"] == -1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("override", "bob", "1", "101", "--reason", "x"), "a score of 101 cannot be set"),
        (("override", "bob", "1", "many", "--reason", "x"), "'many' is no score"),
        (("override", "bob", "1", "NaN", "--reason", "x"), "a score of NaN cannot be set"),
        (("override", "bob", "1", "50", "--reason", "  "), "a reason is required"),
        (("override", "nobody", "1", "50", "--reason", "x"), "is not on the roster"),
        (("override", "BOB", "1", "50", "--reason", "x"), "is not on the roster"),
        (("extend", "bob", "1", "soon", "--reason", "x"), "'soon' is no time"),
        (("latedays", "bob", "0", "--reason", "x"), "a change of 0 late days"),
        (("rollback", "7", "--reason", "x"), "no publication number 7"),
        (("student", "nobody"), "is not on the roster"),
    ],
)
def test_changes_that_make_no_sense_change_nothing(
    run: Run, course: Course, roster: None, arguments: tuple[str, ...], message: str
) -> None:
    with Gradebook.open(course.database_url) as book, book.read() as session:
        before = len(audit_events(session))
    ran = run("gradebook", *arguments)
    assert ran.code == 1
    assert message in ran.err
    with Gradebook.open(course.database_url) as book, book.read() as session:
        assert len(audit_events(session)) == before


def test_a_backup_brings_the_gradebook_back(run: Run, course: Course, roster: None) -> None:
    made = run("gradebook", "backup", "--json")
    again = run("gradebook", "backup", made.data["backup"])
    assert (again.code, "a file of that name already" in again.err) == (1, True)
    before = run("gradebook", "show", "--json").data
    assert run("gradebook", "restore", made.data["backup"]).code == 1
    course.paths.gradebook.unlink()
    restored = run("gradebook", "restore", made.data["backup"], "--json")
    assert (restored.code, restored.data["saved"]) == (0, None)
    assert run("gradebook", "show", "--json").data == before


def test_without_a_gradebook_every_reading_command_says_how_to_make_one(run: Run) -> None:
    for arguments in (["show"], ["student", "ana"], ["export"], ["publish", "1"], ["backup"]):
        ran = run("gradebook", *arguments)
        assert ran.code == 1, arguments
        assert "tito roster import" in ran.err, arguments


def test_two_grading_runs_at_once_are_one(run: Run, course: Course, roster: None) -> None:
    from tito.grading.engine import only_one

    with only_one(course.paths.locks / "grade.lock"):
        ran = run("grade")
    assert ran.code == 1
    assert "another `tito grade` is running" in ran.err


def test_grade_refuses_a_checkpoint_without_graders(run: Run, roster: None) -> None:
    ran = run("grade", "7")
    assert ran.code == 1
    assert "cp07_training cannot be graded" in ran.err


def test_course_status_and_check(run: Run, course: Course) -> None:
    assert run("course", "status", "--json").data["checkpoints"][1]["graders"] is True
    (course.root / "course_config.py").write_text(
        "c = get_config()\nc.TitoCourse.titel = 'x'\nc.LatePolicy.free_days = -1\n"
    )
    ran = run("course", "check")
    assert ran.code == 1
    assert "course_config.py:2: error" in ran.out
    assert "course_config.py:3: error" in ran.out
    assert run("course", "check", "--json").data["errors"] == 2
    other = run("gradebook", "show")
    assert "1 more problem" in other.err


def check_in_its_own_process(course: Course) -> list[dict[str, str]]:
    """The course in miniature brings a reference of its own, which this process has not imported."""
    command = [sys.executable, "-m", "tito", "course", "check", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(course.root)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=course.root, env=environment)
    assert done.stderr == ""
    problems: list[dict[str, str]] = json.loads(done.stdout)["problems"]
    assert done.returncode == any(problem["severity"] == "error" for problem in problems)
    return problems


def test_course_check_looks_at_notebooks_release_and_graders_too(course: Course) -> None:
    told = {(problem["file"], problem["what"]) for problem in check_in_its_own_process(course)}
    assert not [what for file, what in told if file.startswith("release")]

    release = course.paths.release / CP00.slug / "00_setup.ipynb"
    release.write_text(release.read_text().replace("The number", "A number"))
    (course.paths.release / CP01.slug / "01_tensor.ipynb").unlink()
    scenarios = course.paths.graders / CP01.slug / "scenarios.py"
    scenarios.write_text("import tito\n" + scenarios.read_text())
    told = {(problem["file"], problem["what"]) for problem in check_in_its_own_process(course)}
    assert ("release/cp00_environment/00_setup.ipynb", "the release is older than the notebook") in told
    assert ("release/cp01_foundation/01_tensor.ipynb", "this notebook is not released") in told
    assert any(file == "graders/cp01_foundation/scenarios.py" for file, _ in told)

    (course.paths.source / CP01.slug / "01_tensor.ipynb").write_bytes(b"{")
    told = {(problem["file"], problem["what"]) for problem in check_in_its_own_process(course)}
    assert any("not valid JSON" in what for _, what in told)


def test_doctor_tells_the_tier_and_the_course(run: Run, course: Course) -> None:
    findings = {one["name"]: one for one in run("doctor", "--json").data["findings"]}
    assert "tier" in findings["isolation"]["found"]
    assert findings["course"]["health"] == "good"
    assert findings["gradebook"]["remedy"]
    (course.root / "course_config.py").write_text("c = get_config()\nc.TitoCourse.titel = 'x'\n")
    ran = run("doctor")
    assert ran.code == 1
    assert "titel" in ran.out
    assert json.loads(run("doctor", "--json").out)["findings"]
