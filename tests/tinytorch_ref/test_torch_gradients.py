"""The reference's gradients against PyTorch itself, on fresh inputs. CI installs it; elsewhere it may be absent."""

from __future__ import annotations

import os

import pytest

from tests.tinytorch_ref.gradient_cases import GRADIENT_CASES, GradientCase
from tito.checks.compare import difference

pytestmark = pytest.mark.torch

try:
    import torch
except ImportError:
    if os.environ.get("CI"):
        raise  # in CI a comparison that does not run is a failure
    pytest.skip("PyTorch is not installed; CI compares with it", allow_module_level=True)


@pytest.mark.parametrize("case", GRADIENT_CASES, ids=lambda case: case.name)
def test_gradients_agree_with_pytorch(case: GradientCase) -> None:
    for seed in range(1, 9):
        inputs, covector, theirs = case.torch_gradients(torch, seed)
        found = difference(case.gradients(inputs, covector), theirs, rtol=1e-5, atol=1e-5)
        assert found is None, f"seed {seed}: {found}"
