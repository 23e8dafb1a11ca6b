"""Training with the reference against what PyTorch gave (golden/training.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tinytorch_ref.test_golden import _array
from tests.tinytorch_ref.training_cases import TRAINING_CASES, TrainingCase
from tito.checks.compare import difference

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "training.json").read_text("utf-8"))


def test_every_case_has_a_golden_value_and_no_golden_value_is_left_over() -> None:
    assert [name for name in GOLDEN if name != "torch"] == [case.name for case in TRAINING_CASES]
    assert GOLDEN["torch"] == "2.13.0"


@pytest.mark.parametrize("case", TRAINING_CASES, ids=lambda case: case.name)
def test_agrees_with_what_pytorch_gave(case: TrainingCase) -> None:
    entry = GOLDEN[case.name]
    answer = case.ours(*(_array(plain) for plain in entry["inputs"]))
    assert difference(answer, [_array(plain) for plain in entry["expected"]], rtol=2e-5, atol=4e-6) is None
