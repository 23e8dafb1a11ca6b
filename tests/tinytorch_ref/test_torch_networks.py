"""Activations, layers and losses of the reference against PyTorch itself, on fresh inputs. CI installs it."""

from __future__ import annotations

import os

import pytest

import tinytorch_ref as tt
from tests.tinytorch_ref.network_cases import NETWORK_CASES, NetworkCase
from tito.checks.compare import difference

pytestmark = pytest.mark.torch

try:
    import torch
except ImportError:
    if os.environ.get("CI"):
        raise  # in CI a comparison that does not run is a failure
    pytest.skip("PyTorch is not installed; CI compares with it", allow_module_level=True)


@pytest.mark.parametrize("case", NETWORK_CASES, ids=lambda case: case.name)
def test_agrees_with_pytorch(case: NetworkCase) -> None:
    for seed in range(1, 9):
        inputs = case.inputs(seed)
        found = difference(
            case.ours(*map(tt.Tensor, inputs)).data, case.torch_answer(torch, inputs), rtol=5e-6, atol=4e-6
        )
        assert found is None, f"seed {seed}: {found}"
