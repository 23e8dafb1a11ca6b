from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import mlp, mlp_run
from benchmarks.registry import Size


@pytest.mark.parametrize(("theirs", "met"), [(0.59, False), (0.61, True), (2.0, True)])
def test_the_figure_is_the_part_of_pytorchs_speed(theirs: float, met: bool) -> None:
    figure = mlp._figure("SGD", {"ours": [1.0, 1.0, 9.0], "PyTorch": [theirs] * 3})
    assert (figure.met, figure.found) == (met, f"{theirs:.2f} of PyTorch's speed")


def test_without_pytorch_the_figure_says_so() -> None:
    figure = mlp._figure("SGD", {"ours": [1.0]})
    assert figure.met is None
    assert "PyTorch is not installed" in str(figure)


def test_both_sides_are_measured_where_both_are_there() -> None:
    figures = mlp.run(Size(small=True))
    assert [optimizer for figure in figures for optimizer in mlp_run.OPTIMIZERS if optimizer in figure.name] == [
        *mlp_run.OPTIMIZERS
    ]
    for figure in figures:
        assert dict(figure.sides)["ours"] > 0
        assert (figure.met is None) is (len(figure.sides) == 1)


@pytest.mark.parametrize("optimizer", mlp_run.OPTIMIZERS)
def test_what_is_measured_learns(optimizer: str) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 64)
    pictures = np.zeros((64, 784), np.float32)
    pictures[np.arange(64), labels] = 1
    batches: list[tuple[Any, Any]] = [(pictures, labels)] * 20
    epoch = mlp_run.ours(optimizer, batches)
    losses = [epoch() for _ in range(8)]
    assert losses[-1] < losses[0] / 2


def test_batches_have_the_networks_shape() -> None:
    _, batches = mlp_run._batches(3)
    assert [(x.shape, x.dtype, y.shape, y.dtype) for x, y in batches] == [((64, 784), np.float32, (64,), np.int64)] * 3
    assert max(float(x.max()) for x, _ in batches) <= 1
