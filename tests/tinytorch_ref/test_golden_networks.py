"""Activations, layers and losses of the reference against values that PyTorch gave (golden/networks.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tinytorch_ref as tt
from tests.tinytorch_ref.network_cases import NETWORK_CASES, NetworkCase
from tests.tinytorch_ref.test_golden import _array
from tito.checks.compare import difference

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "networks.json").read_text("utf-8"))


def test_every_case_has_a_golden_value_and_no_golden_value_is_left_over() -> None:
    assert [name for name in GOLDEN if name != "torch"] == [case.name for case in NETWORK_CASES]
    assert GOLDEN["torch"] == "2.13.0"


@pytest.mark.parametrize("case", NETWORK_CASES, ids=lambda case: case.name)
def test_agrees_with_what_pytorch_gave(case: NetworkCase) -> None:
    entry = GOLDEN[case.name]
    answer = case.ours(*(tt.Tensor(_array(plain)) for plain in entry["inputs"]))
    assert difference(answer.data, _array(entry["expected"]), rtol=5e-6, atol=2e-6) is None
