"""A gradebook that is locked, read-only or on a full disk; a folder that may not be written. Real ones, no mocks.

What must hold: a clear message with what to do, nothing lost, and everything goes on once it is put right.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.endtoend.disk import can_mount, small_disk
from tests.endtoend.place import FILE, GOOD, PATIENCE, Place, ended
from tests.grading import mini
from tests.grading.mini import CP01
from tests.needs import needs
from tests.waiting import until
from tito.gradebook import Gradebook

needs_a_disk = needs("a machine that lets its users mount a disk", there=can_mount())

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Another process holds the gradebook's write lock."""
    command = [sys.executable, "-c", HOLDER, str(place.course.paths.gradebook)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate("go\n")


IMPATIENT = "from tito.gradebook import Gradebook\nGradebook.open.__func__.__kwdefaults__['busy_seconds'] = 0.1\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of a second for a lock instead of thirty."""
    monkeypatch.setitem(Gradebook.open.__func__.__kwdefaults__, "busy_seconds", 0.1)  # type: ignore[attr-defined]


def test_a_locked_gradebook(place: Place, impatient: None) -> None:
    place.enrol(["ana", "bob"])
    folder = place.put("ana", mini.handin(CP01))
    place.tito("collect", folder).well()
    place.put("bob", mini.handin(CP01))
    place.work(mini.handin(CP01))
    (place.root / "more.csv").write_text("student_id,name\ncy,Cy\n")
    with locked(place):
        for arguments in (
            ["collect", folder],
            ["grade"],
            ["submit", "1", "--student", "bob"],
            ["roster", "import", place.root / "more.csv"],
            ["gradebook", "override", "ana", "1", "80", "--reason", "oral"],
        ):
            place.tito(*arguments).refused("the gradebook is locked by another program", "repeat the command")
        assert place.tito("gradebook", "show").well().out.count("(ana)") == 1
    assert "1 new attempts, 1 known already" in place.tito("collect", folder).well().out
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": "70"}


def test_a_lock_in_the_middle_of_grading(place: Place) -> None:
    students = [f"s{number}" for number in range(6)]
    place.enrol(students)
    for student in students:
        folder = place.put(student, {FILE: GOOD + b" " * int(student[1:])})
    place.tito("collect", folder).well()
    slow = "import time, tito.grading.engine as engine\nrecord = engine._record\n"
    # The third result meets the lock: before it is written, the test is asked to take it.
    slow += "count = 0\ndef wait(*a):\n    global count\n    count += 1\n    if count == 3:\n"
    slow += "        print('third', flush=True)\n        input()\n    return record(*a)\nengine._record = wait\n"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{IMPATIENT}{slow}from tito.cli.main import main\nmain()\n", "grade"],
        cwd=place.root,
        env=place.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "third\n"
    with locked(place):
        process.stdin.write("\n")
        process.stdin.flush()
        ran = ended(process)
    ran.refused("the gradebook is locked by another program")
    assert "2 of 6 submissions are graded and recorded; `tito grade` goes on with the others" in ran.err
    assert place.count("results") == 2
    place.tito("grade").well()
    assert set(place.points().values()) == {"70"}
    assert place.count("results") >= 6


def test_a_read_only_gradebook(place: Place) -> None:
    place.enrol(["ana", "bob"])
    folder = place.put("ana", mini.handin(CP01))
    place.tito("collect", folder).well()
    place.put("bob", mini.handin(CP01))
    file = place.course.paths.gradebook
    file.chmod(0o444)
    for arguments in (["collect", folder], ["grade"]):
        place.apart(*arguments, rights=False).refused("the gradebook is read-only", "(-wal, -shm)")
    assert "(ana)" in place.apart("gradebook", "show", rights=False).well().out
    file.chmod(0)
    place.apart("grade", rights=False).refused("the gradebook cannot be opened", "check that")
    for one in (file, *file.parent.glob(f"{file.name}-*")):
        one.chmod(0o644)
    assert "1 new attempts" in place.apart("collect", folder, rights=False).well().out
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": "70"}


def test_a_state_folder_that_may_not_be_written(place: Place) -> None:
    place.course.paths.state.mkdir()
    place.course.paths.state.chmod(0o555)
    (place.root / "r.csv").write_text("student_id,name\nana,Ana\n")
    place.apart("roster", "import", "r.csv", rights=False).refused("cannot be opened", "may write in it")
    place.course.paths.state.chmod(0o755)
    place.apart("roster", "import", "r.csv", rights=False).well()


def test_a_store_that_may_not_be_written(place: Place) -> None:
    place.enrol(["ana"])
    place.course.paths.store.mkdir()
    place.course.paths.store.chmod(0o555)
    folder = place.put("ana", mini.handin(CP01))
    place.apart("collect", folder, rights=False).refused("cannot be written: Permission denied", "the permissions")
    assert place.count("submissions") == 0
    place.course.paths.store.chmod(0o755)
    assert "1 new attempts" in place.apart("collect", folder, rights=False).well().out


def test_a_submission_whose_marks_cannot_be_written_stays_to_be_graded_and_costs_no_attempt(place: Place) -> None:
    """The platform's fault: no zero, no attempt spent, every other submission graded."""
    config = place.root / "course_config.py"
    text = config.read_text().replace("AttemptPolicy.capacity = None", "AttemptPolicy.capacity = 1")
    config.write_text(f"{text}c.AttemptPolicy.refill_hours = 1000\n")
    place.enrol(["ana", "bob"])
    place.work(mini.handin(CP01))
    place.tito("submit", "1", "--student", "ana").well()
    place.tito("submit", "1", "--student", "bob").well()
    in_the_way = place.course.paths.autograded / "ana"
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file where a folder should be")
    ran = place.tito("grade")
    assert ran.code == 1
    assert "1 of 2 submissions graded" in ran.out
    assert "ana cp01_foundation could not be graded, by a fault of ours" in ran.err
    assert str(in_the_way) in ran.err
    assert "no one loses points by that: run `tito grade` again" in ran.err
    assert place.points() == {"ana": None, "bob": "70"}
    place.work({FILE: GOOD + b" "})
    place.tito("submit", "1", "--student", "bob").refused("used up your attempts", "the next one is free")
    assert "attempt     2" in place.tito("submit", "1", "--student", "ana").well().out
    in_the_way.unlink()
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": "70"}


@pytest.mark.parametrize("content", ["", "no secret\n", "00ff\n"])
def test_a_damaged_secret_is_not_replaced(place: Place, content: str) -> None:
    place.enrol(["ana"])
    place.tito("collect", place.put("ana", mini.handin(CP01))).well()
    place.course.paths.secret.write_text(content)
    place.tito("grade").refused("the course's secret is damaged", "Restore the file from a backup")
    assert place.course.paths.secret.read_text() == content
    assert place.count("results") == 0


@needs_a_disk
def test_a_full_disk(place: Place) -> None:
    students = [f"s{number}" for number in range(4)]
    (place.root / "r.csv").write_text("student_id,name\n" + "".join(f"{one},{one}\n" for one in students))
    for student in students:
        place.put(student, {FILE: GOOD + b" " * int(student[1:])})
    with small_disk(place, "16m") as disk:
        disk.fill()
        disk.tito("roster", "import", "r.csv").refused("full", "free some space")
        disk.free()
        disk.tito("roster", "import", "r.csv").well()
        disk.fill()
        disk.tito("collect", "in").refused("full", "free some space")
        disk.free()
        assert "4 new attempts" in disk.tito("collect", "in").well().out
        disk.fill()
        ran = disk.tito("grade")
        ran.refused("full", "free some space")
        disk.tito("gradebook", "override", "s1", "1", "80", "--reason", "oral").refused("full", "free some space")
        disk.free()
        assert "4 of 4 submissions graded" in disk.tito("grade").well().out
        assert disk.tito("gradebook", "show").well().out.count(" 70? ") == 4


@needs_a_disk
def test_a_disk_that_gets_full_on_the_way(place: Place) -> None:
    (place.root / "r.csv").write_text("student_id,name\nana,Ana\nbob,Bob\n")
    for student in ("ana", "bob"):
        place.put(student, mini.handin(CP01))
    with small_disk(place, "16m") as disk:
        disk.tito("roster", "import", "r.csv").well()
        disk.tito("collect", "in").well()
        for leave in (100_000, 400_000):
            disk.fill(leave)
            disk.tito("grade").refused("full", "free some space")
            disk.free()
        assert "2 of 2 submissions graded" in disk.tito("grade").well().out
        assert disk.tito("gradebook", "show").well().out.count(" 70? ") == 2


def test_two_runs_of_grading_at_once(place: Place) -> None:
    place.enrol(["ana", "bob"])
    place.put("ana", mini.handin(CP01))
    folder = place.put("bob", mini.handin(CP01, shout="#| export\nwhile True: pass\n"))  # which takes its two seconds
    place.tito("collect", folder).well()
    first = place.start("grade", "--lanes", "1")
    lock = place.course.paths.locks / "grade.lock"
    until(
        lambda: lock.exists() and lock.read_text() == str(first.pid),
        "the first run holds the lock",
        process=first,
        within=PATIENCE,
    )
    place.tito("grade").refused(f"another `tito grade` is running (process {first.pid})", "Wait for it to end")
    assert first.poll() is None, "the first run was over before the second one looked"
    assert "2 of 2 submissions graded" in ended(first).well().out
    assert place.points() == {"ana": "70", "bob": "0"}
