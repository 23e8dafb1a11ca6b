"""The reference against PyTorch itself, on fresh inputs. CI installs it; elsewhere it may be absent."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import tinytorch_ref as tt
from tests.tinytorch_ref.cases import CASES, Case
from tito.checks.compare import difference

pytestmark = pytest.mark.torch

try:
    import torch
except ImportError:
    if os.environ.get("CI"):
        raise  # in CI a comparison that does not run is a failure
    pytest.skip("PyTorch is not installed; CI compares with it", allow_module_level=True)


def _torch(array: np.ndarray[Any, Any]) -> Any:
    return torch.from_numpy(array.copy())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_pytorch(case: Case) -> None:
    for seed in range(1, 9):
        inputs = case.inputs(seed)
        ours = case.ours(*map(tt.Tensor, inputs)).data
        theirs = case.theirs(*map(_torch, inputs)).numpy()
        found = difference(ours, theirs, rtol=2e-6, atol=2e-6)
        assert found is None, f"seed {seed}: {found}"
