import ast
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tito.grading.snippet import scenario_sources, snippet
from tito.sandbox.program import Call

SCENARIOS = '''\
"""Scenarios."""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

OPERATORS: dict[str, Any] = {"/": operator.truediv}
UNUSED = 3


def _tensor(tt, x):
    return tt.Tensor(x)


def divide(tt: Any, left: Any, right: Any) -> Any:
    """Divide."""
    return OPERATORS["/"](_tensor(tt, left), np.asarray(right))


def unused(tt):
    return 0
'''


def test_a_snippet_repeats_the_call_with_the_helpers_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    package: Any = ModuleType("tinytorch")
    package.Tensor = np.asarray
    monkeypatch.setitem(sys.modules, "tinytorch", package)
    left = np.array([[1.0, np.nan], [np.inf, 0.25]], np.float32)
    text = snippet(Call("divide", (left, 2.0)), scenario_sources(SCENARIOS))
    program = ast.parse(text)
    last = program.body.pop()
    assert isinstance(last, ast.Expr)
    namespace: dict[str, Any] = {}
    exec(compile(program, "snippet", "exec"), namespace)
    np.testing.assert_array_equal(eval(compile(ast.Expression(last.value), "snippet", "eval"), namespace), left / 2)
    assert "unused" not in text.lower()


def test_arguments_that_are_too_long_to_paste_give_no_snippet() -> None:
    assert snippet(Call("divide", ([0.123456] * 200, 1)), scenario_sources(SCENARIOS)) == ""


def test_a_test_cell_has_no_snippet() -> None:
    assert snippet(Call("notebook_cell", ("core.tensor", "...")), scenario_sources(SCENARIOS)) == ""
