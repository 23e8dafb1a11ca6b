"""A public test's points count once the hidden tests of its cell show that the code is no table of answers.

The inputs and answers of a public test stand in the student's notebook (decision 0012).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.grading.deal import Trial
from tito.grading.reference import ReferenceRaised

HELD_BACK = (
    "These checks pass, but their points are held back: none of the hidden tests of this part passes, and most of "
    "their inputs get a wrong answer. What these checks ask for stands in the notebook, so their points count as soon "
    "as your code is right for other inputs too: when one hidden test passes, or half of its inputs are answered right."
)


@dataclass(slots=True)
class _Cell:
    passed: bool = False
    asked: int = 0
    right: int = 0

    @property
    def confirms(self) -> bool:
        return self.passed or 2 * self.right >= self.asked


class Evidence:
    """What the hidden tests of each cell showed of one program in one mode.

    Tests that only ask for a refusal count for nothing here: a program that refuses everything passes them.
    """

    def __init__(self) -> None:
        self._cells: dict[str, _Cell] = {}

    def note(self, cell: str | None, trials: Sequence[tuple[Trial, bool]], *, passed: bool) -> None:
        """Note a hidden test: each of its trials that ran, with whether the answers were right."""
        right = [is_right for trial, is_right in trials if _asks_for_a_value(trial.planned)]
        if cell is None or not right:
            return
        found = self._cells.setdefault(cell, _Cell())
        found.passed |= passed
        found.asked += len(right)
        found.right += sum(right)

    def settled(self, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """The outcomes, with the points of public tests held back where nothing hidden confirms them.

        A cell without hidden tests that ask for a value cannot be confirmed, and keeps its points.
        """
        return tuple(self._held_back(outcome) if self._doubts(outcome) else outcome for outcome in outcomes)

    def _doubts(self, outcome: Outcome) -> bool:
        cell = self._cells.get(outcome.cell or "")
        return outcome.public and outcome.verdict is Verdict.PASSED and cell is not None and not cell.confirms

    def _held_back(self, outcome: Outcome) -> Outcome:
        return replace(outcome, earned=Decimal(0), detail=HELD_BACK)


def with_causes(outcomes: Iterable[Outcome], isolated: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Name the checkpoint that points held back in the cumulative run alone come from, by the cell's tests."""
    outcomes = tuple(outcomes)
    full = {outcome.test for outcome in isolated if outcome.earned == outcome.possible}
    cause: dict[str | None, int] = {}
    for outcome in outcomes:
        if outcome.inherited_from is not None:
            cause.setdefault(outcome.cell, outcome.inherited_from)
    return tuple(
        replace(outcome, inherited_from=cause.get(outcome.cell))
        if outcome.verdict is Verdict.PASSED and outcome.earned < outcome.possible and outcome.test in full
        else outcome
        for outcome in outcomes
    )


def _asks_for_a_value(planned: Iterable[tuple[object, object]]) -> bool:
    return any(not isinstance(expected, ReferenceRaised) for _, expected in planned)
