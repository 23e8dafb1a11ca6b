"""The reference against values that PyTorch gave (golden/tensor.json; make_golden.py writes it)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinytorch_ref as tt
from tests.tinytorch_ref.cases import CASES, Case
from tito.checks.compare import difference

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "tensor.json").read_text("utf-8"))


def _array(plain: dict[str, Any]) -> np.ndarray[Any, Any]:
    return np.array([float(value) for value in plain["values"]], dtype=np.float32).reshape(plain["shape"])


def test_every_case_has_a_golden_value_and_no_golden_value_is_left_over() -> None:
    assert [name for name in GOLDEN if name != "torch"] == [case.name for case in CASES]
    assert GOLDEN["torch"] == "2.13.0"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_what_pytorch_gave(case: Case) -> None:
    entry = GOLDEN[case.name]
    answer = case.ours(*(tt.Tensor(_array(plain)) for plain in entry["inputs"]))
    assert difference(answer.data, _array(entry["expected"]), rtol=2e-6, atol=1e-6) is None
