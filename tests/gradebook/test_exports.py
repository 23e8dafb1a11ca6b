"""CSV for people and for Canvas: exact, readable again, and without formulas."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gradebook.conftest import START
from tests.gradebook.samples import FOUNDATION, course, grade, graders, hand_in, outcome
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import Gradebook
from tito.gradebook.csvfiles import neutral, original, write_rows
from tito.gradebook.exports import export_canvas, export_csv
from tito.gradebook.queries import matrix
from tito.gradebook.rosterfile import parse_roster
from tito.gradebook.services.publication import publish
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.gradebook.standing import StudentRow

COURSE = course(auto_share="1")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows_of(gradebook: Gradebook) -> list[StudentRow]:
    with gradebook.read() as session:
        return matrix(session, COURSE, START)


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def graded(gradebook: Gradebook) -> Gradebook:
    """Ana has 1 of 3 points at checkpoint 01."""
    graders(gradebook)
    grade(gradebook, hand_in(gradebook), outcome(earned="1", possible="3"))
    return gradebook


def test_the_csv_has_a_score_per_checkpoint_rounded_once(graded: Gradebook) -> None:
    header, ana, ben = read(export_csv(rows_of(graded)))
    assert header[:4] == ["student_id", "name", "email", "section"]
    assert header[4:20] == [checkpoint.slug for checkpoint in CHECKPOINTS]
    assert ana[:4] == ["ana", "Ana Lovelace", "ana@example.edu", "A"]
    assert (ana[4], ana[5], ana[20]) == ("", "33.33", "33.33")
    assert ben[5] == ""


def test_states_can_be_had_too(graded: Gradebook) -> None:
    header, ana, ben = read(export_csv(rows_of(graded), states=True))
    place = header.index("cp01_foundation_state")
    assert (ana[place], ben[place]) == ("graded", "not started")


def test_only_published_scores_are_exported_on_request(graded: Gradebook) -> None:
    assert read(export_csv(rows_of(graded), which="published"))[1][5] == ""
    with graded.begin("instructor:ira") as work:
        publish(work, COURSE, FOUNDATION)
    assert read(export_csv(rows_of(graded), which="published"))[1][5] == "33.33"


def test_the_roster_can_be_imported_from_the_export_again(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        import_roster(
            work,
            [
                RosterEntry("007", "=HYPERLINK(1)", "a@b.de", "-A"),
                RosterEntry("s.1@uni", "'=quoted", None, None),
                RosterEntry("s2", 'Zoë "Zo", Ångström', None, "A"),
            ],
        )
    before = rows_of(gradebook)
    entries = parse_roster(export_csv(before), "export.csv").clean()
    assert {entry.student_id: (entry.name, entry.email, entry.section) for entry in entries} == {
        row.student_id: (row.name, row.email, row.section) for row in before
    }
    with gradebook.begin("instructor:ira") as work:
        assert import_roster(work, entries).unchanged == len(before)


def test_excel_is_told_that_it_is_utf_8(gradebook: Gradebook) -> None:
    assert export_csv(rows_of(gradebook)).startswith(b"\xef\xbb\xbf")
    assert not export_canvas(rows_of(gradebook)).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "\uff1d1", "=cmd|' /C calc'!A0"]
)
def test_a_name_is_never_a_formula(name: str) -> None:
    ((cell, *_),) = csv.reader(io.StringIO(write_rows([[name]]), newline=""))
    assert cell.startswith("'")
    assert original(cell) == name


@given(st.text(st.characters(codec="utf-8")))
def test_text_comes_back_and_never_starts_a_formula(text: str) -> None:
    assert original(neutral(text)) == text
    assert not neutral(text).startswith(FORMULAS)


def test_numbers_stay_numbers() -> None:
    assert write_rows([[Decimal("-1.50"), Decimal("1E+2"), -3, None, "-3"]]) == "-1.50,100,-3,,'-3\r\n"


def test_canvas_gets_its_columns_and_its_row_of_points(graded: Gradebook) -> None:
    header, points, ana, ben = read(export_canvas(rows_of(graded), which="now"))
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Checkpoint 01: Foundation"]
    assert points == ["    Points Possible", "", "", "", "", "100"]
    assert ana == ["Ana Lovelace", "", "ana", "ana", "A", "33.33"]
    assert ben == ["Ben Hopper", "", "ben", "ben", "B", ""]


def test_canvas_gets_published_scores_unless_told_otherwise(graded: Gradebook) -> None:
    assert len(read(export_canvas(rows_of(graded)))[0]) == 5
    with graded.begin("instructor:ira") as work:
        publish(work, COURSE, FOUNDATION)
    assert read(export_canvas(rows_of(graded)))[2][5] == "33.33"


def test_canvas_finds_its_own_assignments_by_their_numbers(graded: Gradebook) -> None:
    made = read(export_canvas(rows_of(graded), checkpoints=[CHECKPOINTS[1], CHECKPOINTS[2]], assignment_ids={1: 4711}))
    assert made[0][5:] == ["Checkpoint 01: Foundation (4711)", "Checkpoint 02: Intelligence"]


def test_a_path_has_its_own_columns(graded: Gradebook) -> None:
    path = replace(COURSE, checkpoints=CHECKPOINTS[:3])
    with graded.read() as session:
        rows = matrix(session, path, START)
    header, ana, _ = read(export_csv(rows, states=True))
    names = [checkpoint.slug for checkpoint in CHECKPOINTS[:3]]
    assert header[4:] == [*names, "total_so_far", *(f"{name}_state" for name in names)]
    assert len(ana) == len(header)
    assert read(export_canvas(rows, which="now"))[0][5:] == ["Checkpoint 01: Foundation"]
