from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from tests.grading.programs import reference
from tito.course.verdicts import Verdict
from tito.grading.cells import TestCell, cell_test, notebook_cell, without_expectations
from tito.grading.trial import LiveJudge, Refuted
from tito.sandbox.program import Reply, Returned

SOURCE = """\
# Doubling
from tito.checks import check, check_raises
check(double([1, 2]), np.array([2, 4], dtype=np.float32), "double([1, 2])")
check_raises(TypeError, lambda: shout(3), "shout(3)", mentions=["int"])
"""
CELL = TestCell("test-double", "core.tiny", SOURCE, "Doubling", Decimal(3))
RIGHT = [["double([1, 2])", np.array([2, 4], np.float32)], ["shout(3)", "raised TypeError: shout takes a str, got int"]]


def grade(records: object) -> Refuted | None:
    package = reference().package
    judge = LiveJudge(lambda call: _returned(records), reference(), seed=0)
    try:
        cell_test(CELL, package).body(judge)
    except Refuted as refuted:
        return refuted
    return None


def _returned(records: object) -> Reply:
    return Returned(records)


def test_the_reference_gets_what_the_cell_expects() -> None:
    got = notebook_cell(reference().package, "core.tiny", SOURCE)
    assert [what for what, _ in got] == ["double([1, 2])", "shout(3)"]
    assert grade(got) is None


def test_right_records_pass() -> None:
    assert grade(RIGHT) is None


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([["double([1, 2])", np.array([2, 5], np.float32)], RIGHT[1]], "double([1, 2]): "),
        ([RIGHT[0], ["shout(3)", "nothing was raised"]], "shout(3): expected TypeError naming int"),
        ([RIGHT[0], ["shout(3)", "raised ValueError: int"]], "expected TypeError"),
        ([RIGHT[0], ["shout(3)", "raised TypeError: no"]], "naming int"),
        ([RIGHT[0]], "did not all run"),
        ([], "did not all run"),
        ([RIGHT[1], RIGHT[0]], "did not run"),
        ("passed", "did not all run"),
        ([["double([1, 2])"], RIGHT[1]], "did not run"),
        ([RIGHT[0], ["shout(3)", None]], "expected TypeError"),
    ],
)
def test_wrong_or_forged_records_fail(records: object, words: str) -> None:
    refuted = grade(records)
    assert refuted is not None
    assert refuted.verdict is Verdict.FAILED
    assert words in refuted.detail


def test_what_is_expected_is_not_told_to_the_student() -> None:
    source = SOURCE + "for n in (1, 2):\n    check(double(n), expected=np.float32(41), what='again')\n"
    question = without_expectations(source)
    for expected in ("[2, 4]", "int", "41"):
        assert expected in source
        assert expected not in question
    got = notebook_cell(reference().package, "core.tiny", question)
    assert [what for what, _ in got] == ["double([1, 2])", "shout(3)", "again", "again"]


def test_the_call_to_the_student_is_kept_as_it_is() -> None:
    assert without_expectations("check(check.__name__, 1, 'x')") == "check(check.__name__, None, 'x')"
    assert without_expectations("value = double(2)\nuse(value, 3)") == "value = double(2)\nuse(value, 3)"


def test_a_cell_sees_the_names_of_other_modules_and_its_own_before_them() -> None:
    package = reference().package
    whole = package._package
    whole.__all__ = ["double", "shout"]
    whole.core.next = SimpleNamespace(treble=lambda x: x * 3, shout=lambda text: text + "!")
    records = notebook_cell(package, "core.next", 'check(double(treble([1])), 0, "a")\ncheck(shout("b"), "", "b")')
    assert records[0][1].tolist() == [2, 2, 2]
    assert records[1] == ["b", "b!"]
