"""What a student may see of an outcome: everything of a public test, of a hidden one what the policy says by now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tito.course.policies import Assessment, Revealed, RevealPolicy
from tito.course.results import Counterexample, Divergence, Outcome

WITHHELD = "a hidden test"


def reveal(
    outcomes: Iterable[Outcome], policy: RevealPolicy, now: datetime, own_due_at: datetime | None = None
) -> tuple[Outcome, ...]:
    """Return the outcomes with everything taken out that the student may not see at `now` (aware, UTC).

    What is left can be written into pages, notebooks and files that the student receives: it holds no hidden text.
    """
    return tuple(
        _reduced(outcome, policy.shows(public=outcome.public, now=now, own_due_at=own_due_at)) for outcome in outcomes
    )


def put_off(assessment: Assessment, own_due_at: datetime | None) -> datetime | None:
    """From when on a student with this due date may see more: as much later than others as their work is due later.

    A later due date also moves the time for late work, in which the work is still open.
    """
    policy, due_at = assessment.reveal, assessment.due_at
    if policy.later_at is None or due_at is None or own_due_at is None:
        return own_due_at
    return policy.later_at + (own_due_at - due_at)


def _reduced(outcome: Outcome, shown: frozenset[Revealed]) -> Outcome:
    """The student's own exception and prints go with the detail: both can carry a hidden test's inputs.

    So can the time that a test took: a program that sleeps for as many milliseconds as an input is large.
    """
    counterexample: Counterexample | None = outcome.counterexample
    return replace(
        outcome,
        test=outcome.test if outcome.public else WITHHELD,
        title=outcome.title if "title" in shown else "A hidden test",
        hint=outcome.hint if "hint" in shown else "",
        detail=outcome.detail if "detail" in shown else "",
        counterexample=counterexample if "counterexample" in shown else None,
        frames=outcome.frames if "traceback" in shown else (),
        output=outcome.output if "output" in shown else "",
        seconds=outcome.seconds if "detail" in shown else 0.0,
        diverged=_operation(outcome.diverged, shown),
    )


def _operation(found: Divergence | None, shown: frozenset[Revealed]) -> Divergence | None:
    """Before its date, the name alone: a word of ours out of few, which a program can choose (decision 0009)."""
    if found is None or "counterexample" in shown:
        return found
    return Divergence(found.operation) if "operation" in shown else None
