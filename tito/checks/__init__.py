"""What notebooks import to test themselves: `check` and `check_raises`. Standard library and NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tito.checks.compare import Difference, describe, difference, register_stand_in
from tito.checks.raising import ErrorTypes, missing_mentions, raising_problem

__all__ = [
    "CheckFailed",
    "Difference",
    "check",
    "check_raises",
    "describe",
    "difference",
    "missing_mentions",
    "register_stand_in",
]


class CheckFailed(AssertionError):
    """A check of a test cell that did not hold; the text says which one and what differs."""


def check(got: object, expected: object, what: str, *, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    """Hold `got` against `expected`: same kind, shape, dtype and (within the tolerance) values.

    Says `ok` when they agree. Raises CheckFailed with `what` and the first difference when they do not.
    """
    found = difference(got, expected, rtol=rtol, atol=atol)
    if found is not None:
        raise CheckFailed(f"{what}: {found}")
    print(f"ok: {what}")  # noqa: T201 - a test cell tells the student


def check_raises(
    errors: ErrorTypes, function: Callable[[], object], what: str, *, mentions: Iterable[object] = ()
) -> None:
    """Call `function` and hold that it raises one of `errors` with a message that names each of `mentions`.

    Says `ok` when it does. Raises CheckFailed when it raises nothing, another error, or a poor message.
    """
    problem = raising_problem(errors, function, mentions)
    if problem is not None:
        raise CheckFailed(f"{what}: {problem}")
    print(f"ok: {what}")  # noqa: T201 - a test cell tells the student
