"""Module 04: losses, how wrong a network is, as one number."""

from __future__ import annotations

from typing import Any

from tinytorch_ref.core.tensor import Operand, Tensor, dispatch
from tinytorch_ref.ops.losses import class_numbers


class Loss:
    """A function of predictions and targets that gives a tensor of shape ()."""

    def __call__(self, predictions: Operand, targets: Any) -> Tensor:
        """Return `forward(predictions, targets)`."""
        return self.forward(predictions, targets)

    def forward(self, predictions: Operand, targets: Any) -> Tensor:
        """Return the loss, the mean over all targets."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def parameters(self) -> list[Tensor]:
        """Return []: there is nothing to learn."""
        return []


class MSELoss(Loss):
    """The mean of squared differences. Raises ValueError for two different shapes."""

    def forward(self, predictions: Operand, targets: Any) -> Tensor:
        """Return the loss, of shape (). Raises ValueError."""
        p, t = _same_shape("MSELoss", predictions, targets)
        difference = p - t
        return (difference * difference).mean()


class CrossEntropyLoss(Loss):
    """The mean of `-log_softmax(logits)` at the target classes: logits (..., C), targets (...) of integers.

    Targets are a list, an array or a tensor. Raises ValueError when the shapes do not fit or a target is no class.
    """

    def forward(self, predictions: Operand, targets: Any) -> Tensor:
        """Return the loss, of shape (). Raises ValueError, and TypeError for targets that are no numbers."""
        logits = _tensor(predictions)
        if logits.ndim == 0:
            raise ValueError("CrossEntropyLoss needs logits of shape (N, C) or (N, T, C), got ()")
        numbers = targets.data if isinstance(targets, Tensor) else targets
        return dispatch("cross_entropy", logits, targets=class_numbers(numbers, logits.shape[-1], logits.shape[:-1]))


class BinaryCrossEntropyLoss(Loss):
    """The mean of `-(t * log(p) + (1 - t) * log(1 - p))` for probabilities p and targets t of one shape.

    A logarithm ends at -100, as in PyTorch. Raises ValueError for two different shapes and for probabilities
    outside 0..1.
    """

    def forward(self, predictions: Operand, targets: Any) -> Tensor:
        """Return the loss, of shape (). Raises ValueError."""
        p, t = _same_shape("BinaryCrossEntropyLoss", predictions, targets)
        outside = p.data[(p.data < 0) | (p.data > 1)]
        if outside.size:
            raise ValueError(
                f"BinaryCrossEntropyLoss takes probabilities from 0 to 1, got {outside[0]} "
                f"in predictions of shape {p.shape}"
            )
        return dispatch("binary_cross_entropy", p, t)


def log_softmax(x: Operand, dim: int = -1) -> Tensor:
    """Return the logarithm of softmax along `dim`, finite wherever `x` is. Raises ValueError for a wrong `dim`."""
    return dispatch("log_softmax", x, dim=dim)


def _tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(value)


def _same_shape(loss: str, predictions: Any, targets: Any) -> tuple[Tensor, Tensor]:
    pair = _tensor(predictions), _tensor(targets)
    if pair[0].shape != pair[1].shape:
        raise ValueError(f"{loss} needs predictions and targets of one shape, got {pair[0].shape} and {pair[1].shape}")
    return pair
