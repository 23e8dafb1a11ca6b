"""The roster: who is added, changed, switched off, and which ids are refused."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.gradebook.samples import hand_in
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, Section, Student
from tito.gradebook.services.roster import (
    RosterChange,
    RosterEntry,
    deactivate,
    find_student,
    import_roster,
    problem_with_id,
)


def load(gradebook: Gradebook, *entries: RosterEntry, missing: bool = False) -> RosterChange:
    with gradebook.begin("instructor:ira") as work:
        return import_roster(work, entries, deactivate_missing=missing)


ANA = RosterEntry("ana", "Ana Lovelace", "ana@example.edu", "A")
BEN = RosterEntry("ben", "Ben Hopper", None, "B")


def test_importing_the_same_roster_again_changes_nothing(gradebook: Gradebook) -> None:
    with gradebook.read() as session:
        events = len(session.scalars(select(AuditEvent.id)).all())
    assert load(gradebook, ANA, BEN) == RosterChange(unchanged=2)
    with gradebook.read() as session:
        assert len(session.scalars(select(AuditEvent.id)).all()) == events


def test_changes_are_applied_and_audited_with_before_and_after(gradebook: Gradebook) -> None:
    change = load(gradebook, RosterEntry("ana", "Ana King", "ana@example.edu", "C"), RosterEntry("cy", "Cy"))
    assert (change.added, change.updated, change.unchanged) == (("cy",), ("ana",), 0)
    with gradebook.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "roster.update")).one()
        assert set(session.scalars(select(Section.name))) == {"A", "B", "C"}
    assert event.before is not None
    assert event.after is not None
    assert (event.before["name"], event.after["name"]) == ("Ana Lovelace", "Ana King")


def test_who_is_not_listed_stays_unless_asked_for(gradebook: Gradebook) -> None:
    assert load(gradebook, ANA).deactivated == ()
    hand_in(gradebook, "ben")
    assert load(gradebook, ANA, missing=True).deactivated == ("ben",)
    with gradebook.read() as session:
        ben = find_student(session, "ben")
        assert not ben.active
    again = load(gradebook, ANA, BEN)
    assert again.reactivated == ("ben",)
    assert hand_in(gradebook, "ben", "two").attempt == 2


def test_an_id_in_other_case_would_be_another_folder(gradebook: Gradebook) -> None:
    with pytest.raises(GradebookError, match="only in upper and lower case"):
        load(gradebook, RosterEntry("Ana", "Another Ana", row=7))
    with pytest.raises(GradebookError, match="comes twice"):
        load(gradebook, RosterEntry("dee", "D"), RosterEntry("DEE", "D"))


def test_a_roster_with_one_bad_row_is_not_imported_at_all(gradebook: Gradebook) -> None:
    with pytest.raises(GradebookError) as caught:
        load(gradebook, RosterEntry("cy", "Cy"), RosterEntry("../x", "X", row=3))
    assert "'../x'" in caught.value.what
    assert caught.value.where == "row 3"
    with gradebook.read() as session:
        assert set(session.scalars(select(Student.student_id))) == {"ana", "ben"}


def test_dropped_leading_zeros_are_noticed_and_not_repaired(gradebook: Gradebook) -> None:
    load(gradebook, RosterEntry("00123", "Zero"))
    change = load(gradebook, RosterEntry("123", "Zero"))
    assert change.added == ("123",)
    assert change.warnings
    assert "00123 is on the roster" in change.warnings[0]


@pytest.mark.parametrize(
    "good", ["a", "7", "s2041234", "007", "ana.lovelace", "ana@example.edu", "A_b-c", "x" * 64, "a_", "a-"]
)
def test_ids_as_institutions_use_them_are_accepted(good: str) -> None:
    assert problem_with_id(good) is None


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/etc/passwd",
        ".hidden",
        "-rf",
        "_a",
        "@ana",
        "=1+1",
        "+1",
        "a..b",
        "a.",
        "a@",
        " ana",
        "ana ",
        "a b",
        "a\nb",
        "a\x00b",
        "ána",
        "a\u0301",
        "\u202eana",
        "\uff41na",
        "٣",
        "😀",
        "<script>",
        "'; DROP TABLE students; --",
        "a:b",
        "a*b",
        "con",
        "NUL.txt",
        "x" * 65,
    ],
)
def test_ids_that_could_harm_are_refused(bad: str) -> None:
    assert problem_with_id(bad) is not None


def test_an_unknown_student_names_the_near_one(gradebook: Gradebook) -> None:
    with gradebook.read() as session, pytest.raises(GradebookError) as caught:
        find_student(session, "ANA")
    assert "did you mean ana?" in (caught.value.expected or "")


def test_deactivating_keeps_the_reason(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        deactivate(work, "ana", reason="dropped the course")
    with gradebook.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "roster.deactivate")).one()
    assert event.reason == "dropped the course"
