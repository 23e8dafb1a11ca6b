"""What an audit says of a mistake, over several rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.gradebook.samples import outcome
from tito.course.verdicts import Verdict
from tito.grading.audit import _mutant_report
from tito.grading.authoring import Mutant

MISTAKE = Mutant("wrong", module="01", old="a", new="b", mistake="something is wrong")
KILLS, MISSES = Verdict.FAILED, Verdict.PASSED


@pytest.mark.parametrize(
    ("rounds", "killers", "survived"),
    [
        ([{"a": KILLS, "b": MISSES}, {"a": KILLS, "b": KILLS}], ("a",), 0),
        ([{"a": KILLS}, {"a": MISSES, "slow": KILLS}], ("slow",), 0),
        ([{"a": KILLS}, {"a": KILLS, "slow": MISSES}], ("a",), 0),
        ([{"a": KILLS}, {"a": MISSES, "slow": MISSES}], (), 1),
    ],
    ids=["always asked", "spared in one round", "asked and missed", "survived"],
)
def test_a_test_is_counted_in_the_rounds_in_which_it_was_asked(
    rounds: list[dict[str, Verdict]], killers: tuple[str, ...], survived: int
) -> None:
    told = [[replace(outcome(test), verdict=verdict) for test, verdict in one.items()] for one in rounds]
    report = _mutant_report(MISTAKE, told)
    assert (report.killed_by, report.survived) == (killers, survived)
