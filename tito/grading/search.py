"""The search for the smallest counterexample, run live and only when a dealt example failed."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any

import hypothesis
from hypothesis import Phase

from tito.course.verdicts import Verdict
from tito.grading.deal import quiet_settings
from tito.grading.graded import GradedTest, Values
from tito.grading.plain import size
from tito.grading.trial import Refuted

ATTEMPTS = 150
SECONDS = 2.0
"""A program may be slow without being wrong about time; the search for a nicer example may not be."""
_FIRST_DRAWS = 40


class _Found(Exception):
    """Tells Hypothesis that an example fails; one type and one place, so that it shrinks instead of splitting."""


class _Enough(BaseException):
    """Ends the search from inside; not an Exception, so that Hypothesis does not take it for a failure."""


def smallest(
    test: GradedTest,
    seed: int,
    first: tuple[Values, Refuted],
    run: Callable[[Values], Refuted | None],
    attempts: int = ATTEMPTS,
    seconds: float = SECONDS,
) -> tuple[Values, Refuted]:
    """Return the smallest failing example met within `attempts` runs and `seconds`, with how it failed.

    At worst that is `first` itself. `run` executes one example live. Only failures with the first one's verdict count:
    a smaller input that fails for another reason would explain another mistake. A program that is not deterministic
    can mislead the search, never the verdict, which is already known.
    """
    best = first
    left = attempts
    deadline = time.monotonic() + seconds

    @quiet_settings(_FIRST_DRAWS, Phase.generate, Phase.shrink)
    @hypothesis.seed(seed)
    @hypothesis.given(**test.strategies)
    def search(**values: Any) -> None:
        nonlocal best, left
        if left <= 0 or time.monotonic() > deadline:
            raise _Enough
        left -= 1
        refuted = run(values)
        if refuted is None or refuted.verdict is not first[1].verdict:
            return
        if size(list(values.values())) < size(list(best[0].values())):
            best = (values, refuted)
        raise _Found

    # What Hypothesis prints about the failing example is for pytest's users, and may hold hidden inputs.
    quiet = io.StringIO()
    with redirect_stdout(quiet), redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # However the search ends, the smallest example is in `best`.
        with suppress(_Found, _Enough, hypothesis.errors.Flaky, hypothesis.errors.FlakyFailure):
            search()
    return best


def worth_searching(test: GradedTest, refuted: Refuted) -> bool:
    """Whether a smaller example may exist and costs no dead worker to look for."""
    return test.drawn and not test.lengthy and refuted.verdict in (Verdict.FAILED, Verdict.RAISED)
