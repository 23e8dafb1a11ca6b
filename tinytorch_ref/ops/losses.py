"""Losses as one operation each, where a composition of others would lose digits or meet log(0)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinytorch_ref.ops.activations import log_softmax, softmax
from tinytorch_ref.ops.registry import Floats, operation, vjp

SMALLEST_LOG = np.float32(-100)
"""Logarithms in binary cross-entropy end here, as in PyTorch: a sure and wrong answer costs 100, not infinity."""

SMALLEST_VARIANCE = np.float32(1e-12)
"""Its gradient divides by `p * (1 - p)`, but by no less than this, as in PyTorch: it stays finite."""


@operation("cross_entropy")
def cross_entropy(logits: Floats, *, targets: NDArray[np.int64]) -> Floats:
    """Return the mean of `-log_softmax(logits)[target]` over all targets; NaN over none, as in PyTorch.

    logits (..., C), targets (...) within 0..C-1: whoever calls has looked at that.
    """
    chosen = np.take_along_axis(log_softmax(logits, dim=-1), targets[..., None], axis=-1)
    return np.asarray(-np.sum(chosen) / np.float32(targets.size))


@vjp("cross_entropy")
def _cross_entropy_vjp(g: Floats, result: Floats, logits: Floats, *, targets: NDArray[np.int64]) -> Floats:
    """What the network believes minus what is true, shared among the targets."""
    excess = softmax(logits, dim=-1)
    own = np.take_along_axis(excess, targets[..., None], axis=-1)
    np.put_along_axis(excess, targets[..., None], own - 1, axis=-1)
    return excess * (g / g.dtype.type(targets.size))


@operation("binary_cross_entropy")
def binary_cross_entropy(probabilities: Floats, targets: Floats) -> Floats:
    """Return the mean of `-(t * log(p) + (1 - t) * log(1 - p))`; both arrays have one shape."""
    hit = np.maximum(np.log(probabilities), SMALLEST_LOG)
    miss = np.maximum(np.log1p(-probabilities), SMALLEST_LOG)
    return np.asarray(-np.sum(targets * hit + (1 - targets) * miss) / np.float32(targets.size))


@vjp("binary_cross_entropy", of=0)
def _binary_cross_entropy_first(g: Floats, result: Floats, probabilities: Floats, targets: Floats) -> Floats:
    variance = np.maximum(probabilities * (1 - probabilities), SMALLEST_VARIANCE)
    return np.asarray((probabilities - targets) / variance * (g / g.dtype.type(targets.size)))


@vjp("binary_cross_entropy", of=1)
def _binary_cross_entropy_second(g: Floats, result: Floats, probabilities: Floats, targets: Floats) -> Floats:
    hit = np.maximum(np.log(probabilities), SMALLEST_LOG)
    miss = np.maximum(np.log1p(-probabilities), SMALLEST_LOG)
    return np.asarray((miss - hit) * (g / g.dtype.type(targets.size)))


def class_numbers(targets: Any, classes: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return `targets` as integers of `shape`.

    Raises ValueError for another shape, for a number that is no integer, or one outside 0..classes-1; TypeError
    for what is no number.
    """
    array = np.asarray(targets)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"targets are class numbers, got dtype {array.dtype} of shape {array.shape}")
    if array.shape != shape:
        raise ValueError(f"logits of shape {(*shape, classes)} need targets of shape {shape}, got {array.shape}")
    with np.errstate(invalid="ignore"):
        numbers = array.astype(np.int64)
    broken = array[numbers != array]
    if broken.size:
        raise ValueError(f"targets of shape {shape} are class numbers, got {broken[0]}, which is no integer")
    outside = numbers[(numbers < 0) | (numbers >= classes)]
    if outside.size:
        raise ValueError(
            f"logits of shape {(*shape, classes)} have the classes 0 to {classes - 1}, got the target {outside[0]}"
        )
    return numbers
