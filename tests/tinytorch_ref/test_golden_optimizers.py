"""The reference's optimizers against parameters that PyTorch gave (golden/optimizers.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tinytorch_ref.optimizer_cases import OPTIMIZER_CASES, OptimizerCase
from tests.tinytorch_ref.test_golden import _array
from tito.checks.compare import difference

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "optimizers.json").read_text("utf-8"))


def test_every_case_has_a_golden_value_and_no_golden_value_is_left_over() -> None:
    assert [name for name in GOLDEN if name != "torch"] == [case.name for case in OPTIMIZER_CASES]
    assert GOLDEN["torch"] == "2.13.0"


@pytest.mark.parametrize("case", OPTIMIZER_CASES, ids=lambda case: case.name)
def test_agrees_with_what_pytorch_gave(case: OptimizerCase) -> None:
    entry = GOLDEN[case.name]
    start = [_array(plain) for plain in entry["start"]]
    gradients = [[None if plain is None else _array(plain) for plain in given] for given in entry["gradients"]]
    expected = [_array(plain) for plain in entry["expected"]]
    assert difference(case.ours(start, gradients), expected, rtol=5e-6, atol=2e-6) is None
