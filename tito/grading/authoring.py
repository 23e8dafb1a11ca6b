"""What an author of hidden graders imports, and nothing else.

    from tito.grading.authoring import given, points, tensors
    from graders.cp01_foundation import scenarios

    @points(4, "Sums over an axis", hint="What does keepdims keep?", cell="test-reductions")
    @given(x=tensors(min_dims=1))
    def test_sum(judge, x):
        judge.agrees(scenarios.sum_first_axis, x)

The guide for authors is docs/graders.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tito.course.config import find_course_root, load_course
from tito.data import TARGET, Handwriting, find_handwriting
from tito.errors import TitoError
from tito.grading.graded import (
    TestBody,
    TestInfo,
    declare_example,
    declare_given,
    declare_lengthy,
    declare_points,
)
from tito.grading.strategies import broadcastable, integers, sampled_from, scalars, shapes, tensors

__all__ = [
    "TARGET",
    "Handwriting",
    "Mutant",
    "Variant",
    "broadcastable",
    "example",
    "given",
    "handwriting",
    "integers",
    "lengthy",
    "points",
    "sampled_from",
    "scalars",
    "shapes",
    "st",
    "tensors",
]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A named mistake: in the solution's module (`"01"`), `old` (found exactly once) becomes `new`."""

    name: str
    module: str
    old: str
    new: str
    mistake: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A correct program that is built differently; `path` is a file under the checkpoint's `correct/` folder."""

    name: str
    path: str
    module: str = "01"


def points(
    number: int | str | Decimal, title: str, *, hint: str = "", cell: str | None = None
) -> Callable[[TestBody], TestBody]:
    """Make a test count `number` points (exact: an int, a string such as "2.5", or a Decimal), under `title`.

    `cell` is the grade_id of the notebook's test cell whose points it shares; `hint` may be shown when it fails.
    Must be the outermost decorator. Raises TitoError.
    """
    if isinstance(number, float):
        raise TitoError(
            f"points({number!r}) is a float",
            where=f"test {title!r}",
            expected="an int, a string or a Decimal, because points are exact",
            next_step=f'Write points("{number}", ...).',
        )
    info = TestInfo(Decimal(number), title, hint, cell, public=False)
    return lambda body: declare_points(body, info)


def given(*, _count: int = 12, **strategies: SearchStrategy[Any]) -> Callable[[TestBody], TestBody]:
    """Draw the named arguments: `_count` examples a deal, seeded by the course's secret, never by the clock."""
    return lambda body: declare_given(body, strategies, _count)


def example(**values: Any) -> Callable[[TestBody], TestBody]:
    """Add one explicit example to every deal, tried before the drawn ones."""
    return lambda body: declare_example(body, values)


def lengthy(*, deals: int = 4) -> Callable[[TestBody], TestBody]:
    """Say that a test takes seconds: it has few deals, is asked by itself, and a failure is not made smaller."""
    return lambda body: declare_lengthy(body, deals)


@cache
def handwriting(grader: str) -> Handwriting:
    """Return the pictures of digits that the course of a grader (its `__file__`) trains on.

    Their digest is part of the version of the checkpoints that have such a milestone. Raises TitoError.
    """
    root = find_course_root(Path(grader).parent)
    return find_handwriting(root, load_course(root).data_folder)
