"""Roster files as spreadsheets write them, and every problem of a bad one at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tito.gradebook import GradebookError
from tito.gradebook.rosterfile import MAX_BYTES, parse_roster, read_roster
from tito.gradebook.services.roster import RosterEntry

ZOE = RosterEntry("s1", "Zoë Ångström, Jr.", "zoe@example.edu", "Mon 9", 2)


def parse(text: str, encoding: str = "utf-8") -> tuple[RosterEntry, ...]:
    return parse_roster(text.encode(encoding), "roster.csv").clean()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_of_all_spreadsheets_say_the_same(encoding: str, separator: str, newline: str) -> None:
    rows = [
        ["student_id", "name", "email", "section"],
        ["s1", '"Zoë Ångström, Jr."', "zoe@example.edu", "Mon 9"],
        ["s2", '"Ann ""Nan"" Lee"', "", ""],
    ]
    text = newline.join(separator.join(row) for row in rows) + newline
    assert parse(text, encoding) == (ZOE, RosterEntry("s2", 'Ann "Nan" Lee', None, None, 3))


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", "sep=,", "sep=\t"])
def test_excels_first_row_names_the_separator(first: str) -> None:
    separator = first[-1]
    text = f'{first}\r\nname{separator}student_id\r\n"A, B; C"{separator}s1\r\n'
    assert parse(text) == (RosterEntry("s1", "A, B; C", row=3),)


def test_columns_may_stand_anywhere_and_be_written_as_people_do() -> None:
    found = parse_roster(b"Notes,Name,Student ID\nx,Zoe,s1\n", "roster.csv")
    assert found.clean() == (RosterEntry("s1", "Zoe", row=2),)
    assert found.ignored == ("Notes",)


def test_empty_rows_are_no_students_and_row_numbers_are_the_spreadsheets() -> None:
    assert parse("student_id,name\n\n,\ns1,Zoe\n") == (RosterEntry("s1", "Zoe", row=4),)
    assert parse('student_id,name\ns0,"A\nB"\n'.replace("\nB", " B") + "s1,Zoe\n")[1].row == 3


def test_every_problem_is_reported_at_once_with_its_row() -> None:
    text = (
        "student_id,name,email,section\n"
        "../x,Eve,,\n"
        "s1,Zoe,not an address,\n"
        "s2,,,\n"
        ",Nobody,,\n"
        "s3,Ok,ok@example.edu,A\n"
        "S3,Twin,,\n"
        "s4,Too,many,cells,here\n"
        "s5,\u202eReversed,,\n"
        f"s6,{'x' * 201},,\n"
    )
    found = parse_roster(text.encode(), "roster.csv")
    assert [(problem.line, problem.what.split(":")[0]) for problem in found.problems] == [
        (2, "student id '../x'"),
        (3, "'not an address' is no e-mail address"),
        (4, "there is no name"),
        (5, "there is no student id"),
        (7, "student id 'S3' is in row 6 already"),
        (8, "'many' is no e-mail address"),
        (8, "there are more cells than columns"),
        (9, "the name has control characters"),
        (10, "the name has 201 characters"),
    ]
    assert [entry.student_id for entry in found.entries] == ["s3"]
    with pytest.raises(GradebookError) as caught:
        found.clean()
    for row in (2, 3, 4, 5, 7, 8, 9, 10):
        assert f"roster.csv:{row}: " in str(caught.value)
    assert "nothing was imported" in caught.value.what


@pytest.mark.parametrize(
    ("header", "missing"),
    [("name,email", ["student_id"]), ("id,mail", ["student_id", "name"]), ("student_id;mail", ["name"])],
)
def test_missing_columns_are_named(header: str, missing: list[str]) -> None:
    found = parse_roster(f"{header}\na,b\n".encode(), "roster.csv")
    assert [problem.what for problem in found.problems] == [f"there is no column {name}" for name in missing]
    assert "student_id, name, email, section" in (found.problems[0].expected or "")


def test_a_column_that_is_there_twice_is_ambiguous() -> None:
    found = parse_roster(b"student_id,name,Student ID\na,b,c\n", "roster.csv")
    assert [problem.what for problem in found.problems] == ["the column student_id is there twice"]


@pytest.mark.parametrize("text", ["", "\n\n", " , ,\n"])
def test_an_empty_file_says_so(text: str) -> None:
    assert [problem.what for problem in parse_roster(text.encode(), "x").problems] == ["the roster is empty"]


def test_another_encoding_is_refused_with_its_line_and_what_to_do() -> None:
    with pytest.raises(GradebookError, match="not UTF-8") as caught:
        parse_roster("student_id,name\ns1,Zoë\n".encode("latin-1"), "roster.csv")
    assert caught.value.where == "roster.csv:2"
    assert "CSV UTF-8" in (caught.value.next_step or "")


@pytest.mark.parametrize("data", [b"student_id,name\ns1,Zo\x00e\n", b'student_id,name\ns1,"Zoe" x\n'])
def test_what_is_no_csv_is_refused(data: bytes) -> None:
    with pytest.raises(GradebookError):
        parse_roster(data, "roster.csv")


def test_spaces_around_an_id_are_not_taken_away_silently() -> None:
    (problem,) = parse_roster(b"student_id,name\n s1,Zoe\n", "roster.csv").problems
    assert "spaces around the id" in problem.what


def test_a_missing_or_huge_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(GradebookError, match="too large"):
        read_roster(huge)


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("student_id,name\ns1,Zoë\n", encoding="utf-8")
    assert read_roster(path).clean() == (RosterEntry("s1", "Zoë", row=2),)
