"""Training with the reference against PyTorch itself, on fresh inputs. CI installs it; elsewhere it may be absent."""

from __future__ import annotations

import os

import numpy as np
import pytest

import tinytorch_ref as tt
from tests.tinytorch_ref.training_cases import TRAINING_CASES, TrainingCase
from tito.checks.compare import difference

pytestmark = pytest.mark.torch

try:
    import torch
except ImportError:
    if os.environ.get("CI"):
        raise  # in CI a comparison that does not run is a failure
    pytest.skip("PyTorch is not installed; CI compares with it", allow_module_level=True)


@pytest.mark.parametrize("case", TRAINING_CASES, ids=lambda case: case.name)
def test_agrees_with_pytorch(case: TrainingCase) -> None:
    for seed in range(1, 7):
        inputs = case.inputs(seed)
        found = difference(case.ours(*inputs), case.theirs(torch, *inputs), rtol=5e-5, atol=1e-5)
        assert found is None, f"seed {seed}: {found}"


@pytest.mark.parametrize("max_norm", [0.01, 1.0, 7.0, 1e4])
def test_clipping_agrees_with_pytorch(max_norm: float) -> None:
    rng = np.random.default_rng(3)
    for scale in (1e-4, 1.0, 1e3):
        arrays = [np.float32(rng.normal(size=shape) * scale) for shape in ((2, 3), (), (4,))]
        ours = [tt.Tensor(array, requires_grad=True) for array in arrays]
        theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
        for parameter, other, array in zip(ours, theirs, arrays, strict=True):
            parameter.grad, other.grad = array.copy(), torch.tensor(array)
        norm = float(torch.nn.utils.clip_grad_norm_(theirs, max_norm))
        assert tt.clip_grad_norm(ours, max_norm) == pytest.approx(norm, rel=1e-6)
        for parameter, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(parameter.grad, other.grad.numpy(), rtol=2e-4)


def test_the_schedule_agrees_with_pytorch() -> None:
    for top, bottom, total in ((0.5, 0.1, 8), (1e-3, 0.0, 1), (0.1, 0.1, 5)):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=top)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total, bottom)
        schedule = tt.CosineSchedule(top, bottom, total)
        for epoch in range(total + 1):
            assert schedule.get_lr(epoch) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6, abs=1e-12)
            optimizer.step()
            scheduler.step()
