"""Deals: secret input sets with the reference's answers, made once per grader version and used for many submissions.

Drawing examples and running the reference costs far more than running a student's code, so each test has a few
dozen deals. Which one a submission gets follows from HMAC(course secret, submission digest, test id): nothing can be
hard-coded, and every grade can be replayed exactly.
"""

from __future__ import annotations

import hashlib
import hmac
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings

from tito.grading.deck import Deck, Trials
from tito.grading.graded import GradedTest, Values
from tito.grading.reference import Reference, ReferenceRaised
from tito.grading.trial import GraderError, PlanningJudge, Refuted
from tito.sandbox.program import Call
from tito.sandbox.supervisor import EncodedCalls, encode_calls

DEALS = 24


@dataclass(frozen=True, slots=True)
class Trial:
    """One example with the calls its body makes and what the reference answers to each."""

    values: Values
    planned: tuple[tuple[Call, Any], ...]


@dataclass(frozen=True, slots=True)
class Deal:
    """All trials of one test for one submission; `calls` is the request, encoded once."""

    seed: int
    trials: tuple[Trial, ...]
    calls: EncodedCalls


class Dealer:
    """Deals inputs for tests of one grader version; deals are made when first needed and kept."""

    def __init__(
        self, reference: Reference, secret: bytes, version: str, *, deals: int = DEALS, folder: Path | None = None
    ) -> None:
        self.reference = reference
        self._secret = secret
        self._version = version
        self._deals = deals
        self._deck = Deck(folder)
        self._made: dict[tuple[str, int], Deal] = {}

    def seed_of(self, submission: str) -> str:
        """The seed that a receipt names for a submission: it replays the choice of every deal, and tells no secret."""
        return self._digest("seed", submission)[:16].hex()

    def deal(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any], submission: str) -> Deal:
        """Return the deal of one test for a submission digest. Raises GraderError if the reference fails the test."""
        return self.make(test_id, test, fixed, int.from_bytes(self._digest("deal", submission, test_id)[:4]))

    def make(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any], number: int) -> Deal:
        """Return deal `number` (of any size: they repeat) of one test. Raises GraderError as `deal` does."""
        index = number % min(self._deals, test.deals or self._deals) if test.drawn else 0
        key = (test_id, index)
        if key not in self._made:
            seed = int.from_bytes(self._digest("inputs", self._version, test_id, str(index))[:4])
            trials = self._deck.get(test_id, index, lambda: plan(test_id, test, fixed, seed, self.reference))
            self._made[key] = Deal(
                seed=seed,
                trials=tuple(Trial(values, tuple(planned)) for values, planned in trials),
                calls=encode_calls([call for _, planned in trials for call, _ in planned]),
            )
        return self._made[key]

    def _digest(self, *parts: str) -> bytes:
        return hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).digest()


class NumberedDealer:
    """Gives every submission the same deal, by its number, in place of the one that its digest chooses."""

    def __init__(self, dealer: Dealer, number: int) -> None:
        self.reference = dealer.reference
        self._dealer = dealer
        self._number = number

    def deal(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any], submission: str) -> Deal:
        """Return the deal of one test. Raises GraderError if the reference fails the test."""
        return self._dealer.make(test_id, test, fixed, self._number)


def plan(test_id: str, test: GradedTest, fixed: Mapping[str, Any], seed: int, reference: Reference) -> Trials:
    """Draw the examples, and note the calls that the test makes and the reference's answers. Raises GraderError."""
    trials: Trials = []
    for values in draw(test, seed):
        judge = PlanningJudge(reference, seed)
        try:
            test.body(judge, **values, **fixed)
        except (Refuted, AssertionError, ReferenceRaised) as error:
            raise GraderError(
                f"the reference itself does not pass: {error}",
                where=f"{test_id} with {values!r}"[:600],
                expected="a test that tinytorch_ref passes on every input it draws",
                next_step="Mend the test, its strategy, or tinytorch_ref.",
            ) from error
        trials.append((values, judge.planned))
    return trials


def draw(test: GradedTest, seed: int) -> list[Values]:
    """Return the explicit examples and then the drawn ones; the same seed draws the same."""
    drawn: list[Values] = list(test.examples)
    if not test.drawn:
        return drawn or [{}]

    @quiet_settings(test.count, Phase.generate)
    @hypothesis.seed(seed)
    @hypothesis.given(**test.strategies)
    def collect(**values: Any) -> None:
        drawn.append(values)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collect()
    return drawn


def quiet_settings(count: int, *phases: Phase) -> settings:
    """Hypothesis without its database, deadline and health checks: the seed alone decides what is drawn."""
    return settings(
        max_examples=count,
        phases=phases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
