"""The reference's optimizers against PyTorch itself, on fresh inputs. CI installs it; elsewhere it may be absent."""

from __future__ import annotations

import os

import pytest

from tests.tinytorch_ref.optimizer_cases import OPTIMIZER_CASES, OptimizerCase
from tito.checks.compare import difference

pytestmark = pytest.mark.torch

try:
    import torch
except ImportError:
    if os.environ.get("CI"):
        raise  # in CI a comparison that does not run is a failure
    pytest.skip("PyTorch is not installed; CI compares with it", allow_module_level=True)


@pytest.mark.parametrize("case", OPTIMIZER_CASES, ids=lambda case: case.name)
def test_agrees_with_pytorch(case: OptimizerCase) -> None:
    for seed in range(1, 9):
        inputs = case.inputs(seed)
        found = difference(case.ours(*inputs), case.theirs(torch, *inputs), rtol=5e-6, atol=4e-6)
        assert found is None, f"seed {seed}: {found}"
