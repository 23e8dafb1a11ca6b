"""What commands print of hostile programs and names, on a terminal and into files."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.attacks.attackers import HIDDEN, HONEST, Attack
from tests.attacks.conftest import GetClassroom
from tests.grading import mini
from tito.cli.main import cli
from tito.course.config import Course
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.sandbox.tier import Tier

NAMES = ["=HYPERLINK(\"http://evil\",\"x\")", "\x1b]0;owned\x07\x1b[2J", "\u202egnihtemos", "<script>alert(1)</script>",
         "'; drop table students; --", "[bold red]markup[/]", "\U0001f600" * 300, "+1+cmd|' /C calc'!A0"]  # fmt: skip


def run(course: Course, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("COLUMNS", "100")
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout + done.stderr


def acting(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs")} - {"\n"}


@pytest.mark.parametrize(
    "name", ["hostile_text", "notes_of_cells", "garbage_output", "forged_loading", "leak_by_exception"]
)
@pytest.mark.parametrize("command", [("feedback", "01", "--student"), ("gradebook", "student")])
def test_a_program_prints_nothing_on_the_terminal_of_others(
    name: str, command: tuple[str, ...], classroom_at: GetClassroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = Attack.read(name).student
    text = run(classroom_at(Tier.LANDLOCK).course, monkeypatch, *command, student)
    assert student in text or command[0] == "feedback"
    assert not acting(text)
    if command[0] == "feedback":
        assert not HIDDEN.search(text)
        assert not HIDDEN.search(run(classroom_at(Tier.LANDLOCK).course, monkeypatch, *command, student, "--json"))


def test_names_are_text_and_nothing_else(course_with_names: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (("gradebook", "show"), ("gradebook", "student", "s0"), ("gradebook", "student", "s3")):
        assert not acting(run(course_with_names, monkeypatch, *command))
    for kind in ("csv", "canvas"):
        text = run(course_with_names, monkeypatch, "gradebook", "export", "--format", kind)
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.fixture
def course_with_names(tmp_path: Path) -> Course:
    course = mini.build(tmp_path / "course")
    gradebook = mini.enrol(course, *HONEST)
    with gradebook.begin("instructor:test") as work:
        import_roster(work, [RosterEntry(f"s{number}", name) for number, name in enumerate(NAMES)])
    return course
