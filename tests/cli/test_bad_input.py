"""What people get wrong, and what they are told: one line that names the thing, and what to do next."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.grading import mini
from tests.grading.mini import CP00
from tito.course.config import Course

FILE = "00_setup.ipynb"


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    content = json.loads(mini.handin(CP00)[FILE])
    change(content)
    return {FILE: json.dumps(content).encode()}


def two_of_each(content: dict[str, Any]) -> None:
    content["cells"] += [{**cell, "id": f"again-{place}"} for place, cell in enumerate(content["cells"])]


def thousand_points(content: dict[str, Any]) -> None:
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"]["points"] = 1000


def without_solutions(content: dict[str, Any]) -> None:
    content["cells"] = [c for c in content["cells"] if not c["metadata"].get("nbgrader", {}).get("solution")]


ODD = {
    "renamed": {"my work (final) 2.ipynb": mini.handin(CP00)[FILE]},
    "an extra file": {**mini.handin(CP00), "extra.ipynb": b"{"},
    "points 1000": changed(thousand_points),
    "each cell twice": changed(two_of_each),
    "a syntax error": mini.handin(CP00, factor="#| export\ndef factor(:\n"),
    "a cell that does not return": mini.handin(CP00, factor="#| export\nwhile True: pass\n"),
}
REFUSED = {
    "empty": ({FILE: b""}, "the file is empty"),
    "blank": ({FILE: b" \n"}, "the file is empty"),
    "cut off": ({FILE: mini.handin(CP00)[FILE][:500]}, "not valid JSON"),
    "not text": ({FILE: b"\xff\xd8\xff\xe0"}, "not UTF-8"),
    "no notebook": ({FILE: b"[1, 2]"}, "not a notebook"),
    "an old format": ({FILE: b'{"nbformat": 3, "worksheets": []}'}, "format version is 3"),
    "no cells": ({FILE: b'{"nbformat": 4}'}, "no list of cells"),
    "deep": ({FILE: b"[" * 200_000}, "nested more than"),
    "huge": ({FILE: b" " * 20_000_001}, "bigger than"),
    "another checkpoint's": ({FILE: mini.handin(mini.CP01)["01_tensor.ipynb"]}, "none of this checkpoint's cells"),
    "solutions deleted": (changed(without_solutions), "none of this checkpoint's cells"),
    "a document": ({"homework.docx": b"PK"}, "is not a notebook"),
    "two that could be it": (
        {"a.ipynb": mini.handin(CP00)[FILE], "b.ipynb": mini.handin(CP00)[FILE]},
        "several notebooks could be 00_setup.ipynb",
    ),
}


def collected(run: Run, course: Course, files: dict[str, bytes]) -> dict[str, Any]:
    mini.enrol(course, "ana").close()
    folder = course.root / "in" / "ana" / CP00.slug
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    ran = run("collect", course.root / "in", "--json")
    assert ran.code == 0, ran.err
    (one,) = ran.data["submissions"]
    assert isinstance(one, dict)
    return one


@pytest.mark.parametrize("name", ODD)
def test_odd_hand_ins_are_taken(run: Run, course: Course, name: str) -> None:
    one = collected(run, course, ODD[name])
    assert (one["status"], one["attempt"]) == ("accepted", 1)


@pytest.mark.parametrize("name", REFUSED)
def test_hand_ins_that_cannot_be_graded_are_recorded_with_the_reason(run: Run, course: Course, name: str) -> None:
    files, message = REFUSED[name]
    one = collected(run, course, files)
    assert (one["status"], one["attempt"]) == ("rejected", None)
    assert message in one["message"]
    record = run("gradebook", "student", "ana", "--json").data
    assert record["attempts"][0]["message"] == one["message"]


def test_one_bad_hand_in_stops_no_other(run: Run, course: Course) -> None:
    mini.enrol(course, "ana", "bob", "zoe").close()
    for student, files in (("ana", {FILE: b"{"}), ("bob", mini.handin(CP00)), ("zoe", mini.handin(CP00))):
        folder = course.root / "in" / student / CP00.slug
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    ran = run("collect", course.root / "in")
    assert "2 new attempts, 0 known already, 1 refused" in ran.out


@pytest.mark.parametrize(
    "student",
    ["<script>alert(1)</script>", "=cmd|' !A0", "'; drop table students", "\u202egnp.exe", "😀" * 60, "a" * 200],
)
def test_hostile_folder_names_are_strays_and_stay_text(run: Run, course: Course, student: str) -> None:
    mini.enrol(course, "ana").close()
    folder = course.root / "in" / student / CP00.slug
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(mini.handin(CP00)[FILE])
    ran = run("collect", course.root / "in")
    assert ran.code == 0
    assert "1 that belong to nobody" in ran.out
    assert "\u202e" not in ran.out
    assert [one["student_id"] for one in run("gradebook", "show", "--json").data["students"]] == ["ana"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a database, however long it is" * 100, "not a gradebook"),
        (b"", "there is no gradebook yet"),
    ],
)
def test_a_gradebook_that_is_none(run: Run, course: Course, content: bytes, message: str) -> None:
    course.paths.state.mkdir(exist_ok=True)
    course.paths.gradebook.write_bytes(content)
    ran = run("gradebook", "show")
    assert ran.code == 1
    assert message in ran.err
    assert "next:" in ran.err


def test_a_database_of_another_program_is_left_alone(run: Run, course: Course) -> None:
    course.paths.state.mkdir(exist_ok=True)
    other = sqlite3.connect(course.paths.gradebook)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.commit()
    before = course.paths.gradebook.read_bytes()
    (course.root / "r.csv").write_text("student_id,name\nana,Ana\n")
    for arguments in (["gradebook", "show"], ["roster", "import", "r.csv"], ["grade"]):
        ran = run(*arguments)
        assert ran.code == 1, arguments
        assert "belongs to another program" in ran.err, arguments
    other.close()
    assert course.paths.gradebook.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("c = get_config()\nc.TitoCourse.zone = 'Europe/Londn'\n", ["course_config.py:2", "Europe/Londn"]),
        ("c = get_config()\nc.Checkpoint01.due = 'tomorrow'\n", ["course_config.py:2", "tomorrow"]),
        ("c = get_config(\n", ["course_config.py"]),
        ("raise RuntimeError('oops')\n", ["course_config.py", "oops"]),
    ],
)
def test_a_config_with_a_mistake_names_its_line(run: Run, course: Course, text: str, messages: list[str]) -> None:
    (course.root / "course_config.py").write_text(text)
    for arguments in (["info"], ["grade"], ["submit", "0"]):
        ran = run(*arguments)
        assert ran.code == 1, arguments
        for message in messages:
            assert message in ran.err, arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "99"],
        ["feedback", "x"],
        ["grade", "cp1x"],
        ["gradebook", "publish", "cp16"],
        ["graders", "audit", "tensr"],
        ["assignment", "release", "-"],
        ["module", "start", "21"],
        ["test", "tensorr"],
    ],
)
def test_names_that_do_not_exist_are_told_with_the_nearest(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 1
    assert "there is no " in ran.err
    assert "expected:" in ran.err


def test_a_roster_that_is_none(run: Run, course: Course) -> None:
    for content, message in (
        (b"", "the roster is empty"),
        (b"name\nAna\n", "there is no column student_id"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"student_id,name\nana,Ana\nANA,Anna\n", "is in row 2 already"),
        (b'student_id,name\nana,"Ana\n', "cannot be read"),
    ):
        (course.root / "r.csv").write_bytes(content)
        ran = run("roster", "import", "r.csv")
        assert ran.code == 1, content
        assert message in ran.err, content
    assert run("roster", "import", "missing.csv").code == 1
    assert not course.paths.gradebook.exists()
