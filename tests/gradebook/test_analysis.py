"""The figures of a checkpoint: tests, what students miss together, attempts, and what cannot be."""

from __future__ import annotations

import statistics
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from tests.gradebook import samples
from tests.gradebook.conftest import START, Clock
from tito.course.results import Divergence, Outcome
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook
from tito.gradebook.analysis import FEWEST, Analysis, analyse, correlation
from tito.gradebook.models import OutcomeRow
from tito.gradebook.services.roster import RosterEntry, import_roster


def enrol(gradebook: Gradebook, *students: str) -> None:
    with gradebook.begin("instructor:ira") as work:
        known = [RosterEntry("ana", "Ana Lovelace", None, "A"), RosterEntry("ben", "Ben Hopper", None, "B")]
        import_roster(work, [*known, *(RosterEntry(one, one.title(), None, "C") for one in students)])


def look(gradebook: Gradebook, **options: Any) -> Analysis:
    with gradebook.read() as session:
        return analyse(session, 1, **options)


def graded(gradebook: Gradebook, student: str, content: str, *outcomes: Outcome, graders: str = "g1") -> int:
    handed_in = samples.hand_in(gradebook, student, content)
    samples.grade(gradebook, handed_in, *outcomes, graders=graders)
    assert handed_in.id is not None
    return handed_in.id


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 70_000)), min_size=FEWEST, max_size=60))
def test_discrimination_is_pearsons_correlation(students: list[tuple[bool, int]]) -> None:
    passed, rest = [one for one, _ in students], [points for _, points in students]
    found = correlation(passed, rest)
    if len(set(passed)) == 1 or len(set(rest)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(statistics.correlation([float(one) for one in passed], rest), abs=1e-6)


def test_discrimination_leaves_out_the_tests_own_points() -> None:
    """Points of the others run against the test: with its own 1000 in them they would run along."""
    passed = [True] * 5 + [False] * 5
    assert correlation(passed, [0] * 5 + [10] * 5) == pytest.approx(-1)
    assert correlation(passed, [10] * 5 + [0] * 5) == pytest.approx(1)
    assert correlation(passed[1:], [0] * 4 + [10] * 5) is None


def test_a_test_is_correlated_with_the_points_of_the_others(gradebook: Gradebook) -> None:
    students = [f"s{number}" for number in range(FEWEST)]
    enrol(gradebook, *students)
    samples.graders(gradebook)
    for number, student in enumerate(students):
        heavy, light = ("9", "0") if number % 2 else ("0", "1")
        outcomes = (samples.outcome("test_heavy", heavy, "9"), samples.outcome("test_light", light, "1"))
        graded(gradebook, student, student, *outcomes)
    found = {one.test: one for one in look(gradebook).tests}
    assert found["test_heavy"].discrimination == pytest.approx(-1)
    assert found["test_light"].discrimination == pytest.approx(-1)
    assert (found["test_light"].passed, found["test_light"].of) == (5, 10)
    assert found["test_heavy"].possible == Decimal(9)
    assert found["test_heavy"].slowest == 0.25


def test_the_mode_that_counts_and_the_newest_attempt_are_looked_at(gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    graded(gradebook, "ana", "old", samples.outcome(verdict=Verdict.MISSING, earned="0"))
    other = samples.outcome(earned="0", mode="cumulative", verdict=Verdict.CRASHED)
    graded(gradebook, "ana", "new", samples.outcome(verdict=Verdict.TIMED_OUT, earned="0"), other)
    graded(gradebook, "ben", "new too", samples.outcome(), other)
    (test,) = look(gradebook).tests
    assert test.ends == ((Verdict.TIMED_OUT, 1),)
    assert (test.passed, test.of) == (1, 2)


def test_students_who_miss_the_same_hidden_tests(gradebook: Gradebook) -> None:
    enrol(gradebook, "cho", "dee", "eve")
    samples.graders(gradebook)
    for student, missed in {"ana": "bc", "ben": "b", "cho": "cb", "dee": "", "eve": "bc"}.items():
        outcomes = [samples.outcome(f"test_{name}", "0" if name in missed else "4") for name in "abc"]
        public = samples.outcome("test_open", "0" if student == "eve" else "4", public=True)
        graded(gradebook, student, student, *outcomes, public)
    (group,) = look(gradebook).groups
    assert group.tests == ("The title of test_b", "The title of test_c")
    assert [one.student for one in group.students] == ["ana", "cho", "eve"]


def test_students_by_what_goes_wrong_first(gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    add = Divergence("add", "gradient", "the first operand", (("x", "[1.]"),), "1", "2")
    for student in ("ana", "ben"):
        wrong = [replace(samples.outcome(f"test_{name}", "0"), diverged=add) for name in "ab"]
        printed = replace(samples.outcome("test_c", "0"), output='\x00 "diverged"')
        graded(gradebook, student, student, *wrong, printed)
    (missed,) = look(gradebook).operations
    assert missed.said == add.said
    assert missed.tests == ("The title of test_a", "The title of test_b")
    assert [one.student for one in missed.students] == ["ana", "ben"]


def test_attempts_and_the_time_to_the_first_pass(gradebook: Gradebook, clock: Clock) -> None:
    samples.graders(gradebook)
    for number, earned in enumerate(("1", "2", "4", "4")):
        clock.forward(hours=3)
        graded(gradebook, "ana", f"a{number}", samples.outcome(earned=earned))
    samples.hand_in(gradebook, "ben", "nobody graded this")
    found = look(gradebook, opens_at=START + timedelta(hours=1))
    assert found.attempts == {4: 1, 1: 1}
    assert (found.students, found.handed_in, found.graded) == (2, 2, 1)
    assert (found.half.attempts, found.half.after_first, found.half.after_opening) == ({2: 1}, 3, 5)
    assert (found.full.attempts, found.full.after_first, found.full.after_opening) == ({3: 1}, 6, 8)
    assert look(gradebook).full.after_opening is None


def test_what_ended_otherwise_under_other_graders(gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    graded(gradebook, "ana", "one", samples.outcome("test_a"), samples.outcome("test_b", "0"))
    samples.graders(gradebook, "g2")
    assert look(gradebook).tests == ()
    graded(gradebook, "ana", "one", samples.outcome("test_a"), samples.outcome("test_b"), graders="g2")
    found = look(gradebook)
    assert {one.test: one.changed for one in found.tests} == {"test_a": 0, "test_b": 1}
    assert found.regraded == 1


def test_the_same_content_that_ends_in_two_ways_is_told(gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    first = graded(gradebook, "ana", "same", samples.outcome("test_a"), samples.outcome("test_b"))
    assert look(gradebook).contradictions == ()
    cumulative = samples.outcome("test_a", "0", mode="cumulative")
    second = graded(gradebook, "ben", "same", samples.outcome("test_a"), samples.outcome("test_b", "0"), cumulative)
    (found,) = look(gradebook).contradictions
    assert (found.test, found.submissions) == ("test_b", (first, second))
    assert found.verdicts == (Verdict.PASSED, Verdict.FAILED)
    assert look(gradebook, sections=frozenset({"A"})).contradictions == ()


def test_a_section_alone(gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    graded(gradebook, "ana", "one", samples.outcome(earned="0"))
    graded(gradebook, "ben", "two", samples.outcome())
    found = look(gradebook, sections=frozenset({"B"}))
    assert (found.students, found.handed_in, found.graded, found.tests[0].passed) == (1, 1, 1, 1)
    assert look(gradebook, sections=frozenset()).students == 0


@pytest.mark.parametrize("students", [1, 30])
def test_queries_do_not_grow_with_the_class(gradebook: Gradebook, students: int) -> None:
    names = [f"s{number}" for number in range(students)]
    enrol(gradebook, *names)
    samples.graders(gradebook)
    samples.graders(gradebook, "g2")
    for name in names:
        graded(gradebook, name, name, samples.outcome(earned="0"), graders="g1")
        graded(gradebook, name, name, samples.outcome(), graders="g2")
    sent: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    found = look(gradebook)
    assert found.graded == students
    assert len([text for text in sent if text.startswith("SELECT")]) == 8


def test_nothing_handed_in(gradebook: Gradebook) -> None:
    found = look(gradebook)
    assert (found.students, found.handed_in, found.tests, found.groups) == (2, 0, (), ())
    with gradebook.read() as session:
        assert session.query(OutcomeRow).count() == 0
