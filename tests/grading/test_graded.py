import inspect
from decimal import Decimal
from typing import Any

import pytest

from tito.errors import TitoError
from tito.grading.authoring import example, given, integers, points
from tito.grading.graded import GRADED, GradedTest


def test_pytest_sees_the_judge_and_parametrised_arguments_only() -> None:
    @points(2, "A title", hint="Look again", cell="test-x")
    @given(x=integers(0, 3))
    @example(x=7)
    def test_body(judge: Any, x: int, axis: int) -> None: ...

    assert list(inspect.signature(test_body).parameters) == ["judge", "axis"]
    declared: GradedTest = getattr(test_body, GRADED)
    assert declared.info.points == Decimal(2)
    assert declared.examples == ({"x": 7},)
    assert declared.drawn


def test_points_are_exact() -> None:
    @points("0.1", "A tenth")
    def test_body(judge: Any) -> None: ...

    declared: GradedTest = getattr(test_body, GRADED)
    assert declared.info.points * 3 == Decimal("0.3")
    with pytest.raises(TitoError, match="is a float"):
        points(0.1, "A tenth")  # type: ignore[arg-type]


def test_a_strategy_without_its_argument_is_named() -> None:
    with pytest.raises(TitoError, match="@given names y") as caught:

        @given(y=integers(0, 3))
        def test_body(judge: Any, x: int) -> None: ...

    assert "x" in (caught.value.expected or "")


def test_a_test_without_judge_is_refused() -> None:
    with pytest.raises(TitoError, match="does not take the judge"):

        @points(1, "No judge")
        def test_body(x: int) -> None: ...
