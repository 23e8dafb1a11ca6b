from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.grading.confirm import HELD_BACK, Evidence, with_causes
from tito.grading.deal import Trial
from tito.grading.reference import ReferenceRaised
from tito.sandbox.program import Call

PUBLIC = Outcome(
    "cell::test-a", "A", "isolated", public=True, cell="test-a", verdict=Verdict.PASSED,
    possible=Decimal(3), earned=Decimal(3),
)  # fmt: skip
VALUE = Trial({}, ((Call("a"), 1),))
REFUSAL = Trial({}, ((Call("a"), ReferenceRaised("ValueError", "")),))
Tests = list[tuple[list[tuple[Trial, bool]], bool]]


def settled(tests: Tests, cell: str | None = "test-a", outcome: Outcome = PUBLIC) -> Outcome:
    evidence = Evidence()
    for trials, passed in tests:
        evidence.note(cell, trials, passed=passed)
    (found,) = evidence.settled([outcome])
    return found


@pytest.mark.parametrize(
    ("tests", "counts"),
    [
        ([], True),
        ([([(VALUE, True)], True)], True),
        ([([(VALUE, False)], False)], False),
        ([([(VALUE, False)] * 9, False), ([(VALUE, True)], True)], True),
        ([([(VALUE, False), (VALUE, True)], False)], True),
        ([([(VALUE, False), (VALUE, False), (VALUE, True)], False)], False),
        ([([(VALUE, False)], False), ([(REFUSAL, True)] * 9, True)], False),
        ([([(REFUSAL, False)], False)], True),
        ([([], False), ([(VALUE, False)], False)], False),
    ],
    ids=["no hidden test", "one passed", "one failed", "one of two passed", "half of the inputs", "a third of them",
         "only refusals passed", "only refusals asked", "died at once"],
)  # fmt: skip
def test_public_points_need_a_witness(tests: Tests, *, counts: bool) -> None:
    found = settled(tests)
    assert (found == PUBLIC) is counts
    assert found.verdict is Verdict.PASSED
    assert (found.earned, found.detail) == ((Decimal(3), "") if counts else (Decimal(0), HELD_BACK))


def test_another_cell_is_no_witness_and_no_doubt() -> None:
    assert settled([([(VALUE, False)], False)], cell="test-b") == PUBLIC
    assert settled([([(VALUE, False)], False)], cell=None) == PUBLIC


def test_a_public_test_that_failed_keeps_its_own_words() -> None:
    failed = replace(PUBLIC, verdict=Verdict.FAILED, earned=Decimal(0), detail="2, not 3")
    assert settled([([(VALUE, False)], False)], outcome=failed) == failed


def test_a_hidden_test_is_not_held_back() -> None:
    hidden = replace(PUBLIC, public=False)
    assert settled([([(VALUE, False)], False)], outcome=hidden) == hidden


def test_what_is_held_back_in_the_cumulative_run_alone_names_the_cause_of_its_cell() -> None:
    held = replace(PUBLIC, mode="cumulative", earned=Decimal(0), detail=HELD_BACK)
    hidden = replace(PUBLIC, public=False, test="t", verdict=Verdict.FAILED, earned=Decimal(0), inherited_from=2)
    assert [one.inherited_from for one in with_causes([held, hidden], [PUBLIC])] == [2, 2]
    both = replace(PUBLIC, earned=Decimal(0), detail=HELD_BACK)
    assert [one.inherited_from for one in with_causes([held, hidden], [both])] == [None, 2]
