"""The reference's gradients against those that PyTorch gave (golden/gradients.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tinytorch_ref.gradient_cases import GRADIENT_CASES, GradientCase
from tests.tinytorch_ref.test_golden import _array
from tito.checks.compare import difference

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "gradients.json").read_text("utf-8"))


def test_every_case_has_golden_gradients_and_none_is_left_over() -> None:
    assert [name for name in GOLDEN if name != "torch"] == [case.name for case in GRADIENT_CASES]
    assert GOLDEN["torch"] == "2.13.0"


@pytest.mark.parametrize("case", GRADIENT_CASES, ids=lambda case: case.name)
def test_agrees_with_the_gradients_that_pytorch_gave(case: GradientCase) -> None:
    entry = GOLDEN[case.name]
    gradients = case.gradients([_array(plain) for plain in entry["inputs"]], _array(entry["covector"]))
    assert difference(gradients, [_array(plain) for plain in entry["expected"]], rtol=1e-5, atol=2e-6) is None
