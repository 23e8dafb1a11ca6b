"""Commands that end before their time: kill -9 at the worst moments, and Ctrl-C. Nothing is lost, and it goes on."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.endtoend.place import FILE, GOOD, PATIENCE, Place, ended
from tests.grading import mini
from tests.grading.mini import CP01
from tests.waiting import until
from tito.notebooks.store import Store

STUDENTS = [f"s{number}" for number in range(4)]
LOOP = "#| export\nwhile True: pass\n"


def die_at(module: str, name: str, *, after: bool, call: int = 3) -> str:
    """Python that makes a function's process die by SIGKILL at its third call, before or after the work is done."""
    return (
        f"import os, signal, {module} as place\n"
        f"work, calls = place.{name}, []\n"
        "def die(*args, **options):\n"
        f"    calls.append(1)\n    now = len(calls) == {call}\n"
        f"    if now and not {after}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    done = work(*args, **options)\n"
        "    if now: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return done\n"
        f"place.{name} = die\n"
    )


def fill(place: Place) -> None:
    """A class of four, each with work of their own, laid where `collect` looks."""
    place.enrol(STUDENTS)
    for number, student in enumerate(STUDENTS):
        place.put(student, {FILE: GOOD + b" " * number})


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        ("tito.grading.intake", "Store.put", False),
        ("tito.grading.intake", "Store.put", True),
        ("tito.notebooks.store", "write_atomically", False),
        ("tito.grading.intake", "record_submission", True),
        ("tito.gradebook.gradebook", "Session.commit", False),
        ("tito.gradebook.gradebook", "Session.commit", True),
    ],
)
def test_kill_9_in_collect(place: Place, owner: str, name: str, after: bool) -> None:
    fill(place)
    killed = ended(place.start("collect", "in", before=die_at(owner, name, after=after)))
    assert killed.code == -signal.SIGKILL, killed
    before = place.count("submissions")
    assert 0 < before < len(STUDENTS)
    assert place.count("audit_events WHERE action = 'submission.accept'") == before
    again = place.tito("collect", place.root / "in").well().out
    assert f"{len(STUDENTS) - before} new attempts, {before} known already, 0 refused" in again
    for student in STUDENTS:
        (one,) = place.tito("gradebook", "student", student, "--json").well().data["attempts"]
        assert (one["status"], one["attempt"]) == ("accepted", 1)
        assert set(Store(place.course.paths.store).get(one["digest"])) == {FILE}


@pytest.mark.parametrize("after", [False, True])
def test_kill_9_in_grade(place: Place, after: bool) -> None:
    fill(place)
    place.tito("collect", place.root / "in").well()
    killed = ended(place.start("grade", before=die_at("tito.grading.engine", "_record", after=after)))
    assert killed.code == -signal.SIGKILL, killed
    assert place.count("results") == (3 if after else 2)
    assert set(place.points().values()) == {"70", None}
    place.tito("grade").well()
    assert set(place.points().values()) == {"70"}
    until(lambda: not place.processes(), "lanes of the killed run end by themselves", within=PATIENCE)


def test_ctrl_c_in_grade_is_one_line_and_the_next_run_goes_on(place: Place) -> None:
    fill(place)
    place.put("s1", mini.handin(CP01, shout=LOOP))  # which takes its two seconds
    place.tito("collect", place.root / "in").well()
    process = place.start("grade", "--lanes", "1")
    until(lambda: place.count("results") > 0, "a first result", process=process, within=PATIENCE)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everybody in the foreground gets it
    ran = ended(process)
    done = place.count("results")
    assert 0 < done < len(STUDENTS)
    line = f"stopped: {done} of 4 submissions are graded and recorded; `tito grade` goes on with the others\n"
    assert (ran.code, ran.out, ran.err) == (130, "", line)
    until(lambda: not place.processes(), "everything that grading started has ended", within=PATIENCE)
    place.tito("grade").well()
    assert place.points() == {student: "0" if student == "s1" else "70" for student in STUDENTS}


def test_ctrl_c_in_collect_is_one_line_and_the_next_run_goes_on(place: Place) -> None:
    fill(place)
    interrupt = die_at("tito.grading.intake", "record_submission", after=False).replace("SIGKILL", "SIGINT")
    ran = ended(place.start("collect", "in", before=interrupt))
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "stopped: 2 of 4 hand-ins are recorded; collect again, and it goes on with the others\n"
    assert place.count("submissions") == 2
    assert "2 new attempts, 2 known already" in place.tito("collect", place.root / "in").well().out


@pytest.mark.parametrize(
    ("name", "after", "call"),
    [("_generate", True, 2), ("write_atomically", True, 1)],
)
def test_kill_9_in_release(place: Place, name: str, after: bool, call: int) -> None:
    killed = ended(
        place.start("assignment", "release", before=die_at("tito.notebooks.release", name, after=after, call=call))
    )
    assert killed.code == -signal.SIGKILL, killed
    assert list(place.course.paths.state.glob("release-*"))  # what the kill left
    place.tito("assignment", "release").well()
    assert list(place.course.paths.state.glob("release-*")) == []
    released = place.course.paths.release
    assert sorted(str(path.relative_to(released)) for path in released.rglob("*") if path.is_file()) == [
        "cp00_environment/00_setup.ipynb",
        "cp01_foundation/01_tensor.ipynb",
    ]
    for path in released.rglob("*.ipynb"):
        assert "raise NotImplementedError()" in json.dumps(json.loads(path.read_text()))
