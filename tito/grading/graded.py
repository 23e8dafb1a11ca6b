"""A graded test: what its author declared with `@points`, `@given` and `@example`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis.strategies import SearchStrategy

from tito.errors import TitoError

TestBody = Callable[..., None]
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TestInfo:
    """What `@points` says: exact points, the title and hint a student may see, and the notebook cell it belongs to."""

    __test__ = False  # the name is the field's; pytest must not take it for a test class

    points: Decimal
    title: str
    hint: str
    cell: str | None
    public: bool


@dataclass(frozen=True)
class GradedTest:
    """A test body with its strategies: everything needed to run it against the reference or a student."""

    body: TestBody
    info: TestInfo
    strategies: Mapping[str, SearchStrategy[Any]] = field(default_factory=dict)
    examples: tuple[Values, ...] = ()
    count: int = 12
    deals: int | None = None
    """How many deals a test that takes seconds has: it is asked by itself, and a failure is not made smaller."""

    @property
    def lengthy(self) -> bool:
        """Whether it takes seconds."""
        return self.deals is not None

    @property
    def drawn(self) -> bool:
        """Whether inputs are drawn, so that a failure can be searched for a smaller one."""
        return bool(self.strategies)


Test = tuple[str, GradedTest, Mapping[str, Any]]
"""Its id, itself, and its parametrised arguments."""

_STRATEGIES = "__tito_strategies__"
_EXAMPLES = "__tito_examples__"
_COUNT = "__tito_count__"
_DEALS = "__tito_deals__"
GRADED = "__tito_graded__"


def declare_given(body: TestBody, strategies: Mapping[str, SearchStrategy[Any]], count: int) -> TestBody:
    """Remember the strategies on the body; `@points`, which stands above, reads them."""
    names = set(inspect.signature(body).parameters)
    unknown = sorted(set(strategies) - names)
    if unknown:
        raise TitoError(
            f"@given names {', '.join(unknown)}, but {body.__name__} has no such argument",
            where=_place(body),
            expected=f"some of: {', '.join(sorted(names - {'judge'}))}",
            next_step="Give the argument and the strategy the same name.",
        )
    setattr(body, _STRATEGIES, dict(strategies))
    setattr(body, _COUNT, count)
    return body


def declare_example(body: TestBody, values: Values) -> TestBody:
    """Remember one explicit example; explicit examples are part of every deal."""
    setattr(body, _EXAMPLES, (values, *getattr(body, _EXAMPLES, ())))
    return body


def declare_lengthy(body: TestBody, deals: int) -> TestBody:
    """Remember that the test takes seconds."""
    setattr(body, _DEALS, deals)
    return body


def declare_points(body: TestBody, info: TestInfo) -> TestBody:
    """Close the declaration: return the function that pytest collects, with only `judge` and parametrised arguments."""
    test = GradedTest(
        body=body,
        info=info,
        strategies=getattr(body, _STRATEGIES, {}),
        examples=getattr(body, _EXAMPLES, ()),
        count=getattr(body, _COUNT, 12),
        deals=getattr(body, _DEALS, None),
    )
    parameters = inspect.signature(body).parameters
    if next(iter(parameters), None) != "judge":
        raise TitoError(
            f"{body.__name__} does not take the judge",
            where=_place(body),
            expected="a test whose first argument is `judge`",
            next_step=f"Write `def {body.__name__}(judge, ...)`.",
        )

    def run(judge: Any, **parametrised: Any) -> None:
        judge.grade(test, parametrised)

    run.__name__, run.__doc__, run.__module__ = body.__name__, body.__doc__, body.__module__
    kept = [parameter for name, parameter in parameters.items() if name not in test.strategies]
    given = {name for example in test.examples for name in example}
    kept = [parameter for parameter in kept if parameter.name not in given]
    run.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]  # what pytest reads fixtures from
    setattr(run, GRADED, test)
    return run


def _place(body: TestBody) -> str:
    code = body.__code__
    return f"{code.co_filename}:{code.co_firstlineno}"
