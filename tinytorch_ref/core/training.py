"""Module 07: training, what turns a model, a loss and an optimizer into a network that has learned."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from tinytorch_ref.core.arrays import as_floats
from tinytorch_ref.core.checkpoints import File, read_checkpoint, write_checkpoint
from tinytorch_ref.core.graph import no_grad
from tinytorch_ref.core.setup import generator
from tinytorch_ref.core.tensor import Operand, Tensor
from tinytorch_ref.ops.registry import Floats

Loader = Iterable[tuple[Any, Any]]
History = dict[str, list[float]]

_CHECKPOINT = {"parameters", "optimizer", "epoch", "history", "generator"}


class Scheduler(Protocol):
    """Says which learning rate an epoch has; the first epoch is number 0."""

    def get_lr(self, epoch: int) -> float:
        """Return the rate."""


class Steppable(Protocol):
    """An optimizer, as far as a `Trainer` uses it."""

    lr: float

    def step(self) -> None:
        """Move the parameters."""

    def zero_grad(self) -> None:
        """Forget their gradients."""

    def state_dict(self) -> dict[str, Any]:
        """Return what is remembered between steps."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back."""


class CosineSchedule:
    """Half a wave of the cosine: from `max_lr` in epoch 0 down to `min_lr` in epoch `total_epochs`, and `min_lr` then.

    `min_lr + (max_lr - min_lr) * (1 + cos(pi * epoch / total_epochs)) / 2`: Loshchilov and Hutter (2017), SGDR,
    formula 5, without restarts. Raises ValueError for fewer than one epoch and for rates that are negative or in the
    wrong order.
    """

    def __init__(self, max_lr: float, min_lr: float, total_epochs: int) -> None:
        if total_epochs < 1:
            raise ValueError(f"a schedule takes at least 1 epoch, got total_epochs={total_epochs}")
        if not 0 <= min_lr <= max_lr:
            raise ValueError(f"learning rates fall from max_lr to min_lr >= 0, got {max_lr} and {min_lr}")
        self.max_lr, self.min_lr, self.total_epochs = float(max_lr), float(min_lr), total_epochs

    def get_lr(self, epoch: int) -> float:
        """Return the learning rate of an epoch. Raises ValueError for a negative one."""
        if epoch < 0:
            raise ValueError(f"epochs count from 0, got {epoch}")
        done = min(epoch / self.total_epochs, 1.0)
        return self.min_lr + (self.max_lr - self.min_lr) * (1 + math.cos(math.pi * done)) / 2


def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients by one factor, so that their norm is at most `max_norm`; return the norm before.

    The norm is that of all gradients together, as one long vector, so that its direction stays: Pascanu, Mikolov and
    Bengio (2013), algorithm 1. Parameters without a gradient count nothing. Raises ValueError for `max_norm` below 0.
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm is at least 0, got {max_norm}")
    holders = [parameter for parameter in parameters if parameter.grad is not None]
    gradients = [gradient_of(parameter) for parameter in holders]
    norm = math.sqrt(sum(float(np.sum(np.square(gradient, dtype=np.float64))) for gradient in gradients))
    if norm > max_norm:
        for parameter, gradient in zip(holders, gradients, strict=True):
            parameter.grad = gradient * np.float32(max_norm / norm)
    return norm


class Trainer:
    """Trains `model` with `optimizer` to make `loss_fn(model(x), y)` small.

    A loader is any iterable of batches `(x, y)`. With `scheduler`, each epoch sets `optimizer.lr` when it starts;
    with `grad_clip_norm`, gradients are clipped before each step. `epoch` counts the epochs of training so far,
    `history` holds what `fit` has seen: "train_loss" and "lr" of each epoch, and with validation "val_loss" and
    "val_accuracy".
    """

    def __init__(
        self,
        model: Any,
        optimizer: Steppable,
        loss_fn: Callable[[Tensor, Any], Tensor],
        scheduler: Scheduler | None = None,
        grad_clip_norm: float | None = None,
    ) -> None:
        if grad_clip_norm is not None and not grad_clip_norm > 0:
            raise ValueError(f"grad_clip_norm is None or above 0, got {grad_clip_norm}")
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.scheduler, self.grad_clip_norm = scheduler, grad_clip_norm
        self.epoch = 0
        self.history: History = {"train_loss": [], "lr": []}

    def train_epoch(self, loader: Loader, accumulation_steps: int = 1) -> float:
        """Go through the batches once, with a step after every `accumulation_steps` of them; return their mean loss.

        A step uses the mean of the gradients of its batches, also where fewer are left at the end: batches of equal
        size give the step of one big batch. Raises ValueError for no batches and for less than one batch a step.
        """
        if operator.index(accumulation_steps) < 1:
            raise ValueError(f"accumulation_steps is at least 1, got {accumulation_steps}")
        _switch(self.model, "train")
        if self.scheduler is not None:
            self.optimizer.lr = self.scheduler.get_lr(self.epoch)
        self.optimizer.zero_grad()
        losses: list[float] = []
        for x, y in loader:
            loss = self.loss_fn(self.model(x), y)
            loss.backward()
            losses.append(loss.item())
            if len(losses) % accumulation_steps == 0:
                self._step(accumulation_steps)
        if not losses:
            raise ValueError("the loader is empty: an epoch of training needs at least one batch")
        if left := len(losses) % accumulation_steps:
            self._step(left)
        self.epoch += 1
        return sum(losses) / len(losses)

    def _step(self, batches: int) -> None:
        """Move the parameters by the gradients of so many batches, and forget these."""
        parameters = self.model.parameters()
        if batches > 1:
            for parameter in parameters:
                if parameter.grad is not None:
                    parameter.grad = gradient_of(parameter) / np.float32(batches)
        if self.grad_clip_norm is not None:
            clip_grad_norm(parameters, self.grad_clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def evaluate(self, loader: Loader) -> tuple[float, float]:
        """Return the mean loss of the batches, and the share of right answers; changes nothing.

        An answer is right when its largest logit is that of the target. Where targets are no class numbers (of one
        dimension less than the predictions), the share is NaN. Raises ValueError for no batches.
        """
        training = getattr(self.model, "training", True)
        _switch(self.model, "eval")
        losses: list[float] = []
        right = answers = 0
        try:
            with no_grad():
                for x, y in loader:
                    predictions = self.model(x)
                    losses.append(self.loss_fn(predictions, y).item())
                    found, asked = _right(predictions.data, y)
                    right, answers = right + found, answers + asked
        finally:
            if training:
                _switch(self.model, "train")
        if not losses:
            raise ValueError("the loader is empty: an evaluation needs at least one batch")
        return sum(losses) / len(losses), right / answers if answers else math.nan

    def fit(self, loader: Loader, epochs: int, validation: Loader | None = None) -> History:
        """Train for some epochs, evaluate after each if there is something to validate with; return `history`.

        Loaders are gone through once an epoch, so a generator lasts for one. Raises ValueError as `train_epoch`.
        """
        for _ in range(epochs):
            loss = self.train_epoch(loader)
            seen = {"train_loss": loss, "lr": float(self.optimizer.lr)}
            if validation is not None:
                seen["val_loss"], seen["val_accuracy"] = self.evaluate(validation)
            for name, value in seen.items():
                self.history.setdefault(name, []).append(value)
        return self.history

    def save_checkpoint(self, path: File) -> None:
        """Write parameters, the optimizer's state, `epoch`, `history` and the generator's state to an `.npz` file.

        `path` is a name, or a file that is open for writing bytes. Raises OSError.
        """
        content = {
            "parameters": [parameter.data for parameter in self.model.parameters()],
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "history": self.history,
            "generator": generator().bit_generator.state,  # what dropout and shuffling draw next
        }
        write_checkpoint(path, content)

    def load_checkpoint(self, path: File) -> None:
        """Go on from what `save_checkpoint` wrote: the next epochs are those of a run that was not interrupted.

        Raises ValueError, and changes nothing, for a checkpoint of another model or optimizer; OSError.
        """
        content = read_checkpoint(path)
        if not isinstance(content, dict) or set(content) != _CHECKPOINT:
            raise ValueError(f"{path} is no checkpoint of a Trainer")
        parameters, arrays = self.model.parameters(), content["parameters"]
        shapes, saved = [each.shape for each in parameters], [array.shape for array in arrays]
        if shapes != saved:
            raise ValueError(f"the checkpoint has parameters of shapes {saved}, the model {shapes}")
        self.optimizer.load_state_dict(content["optimizer"])
        for parameter, array in zip(parameters, arrays, strict=True):
            parameter.data = array
        self.epoch, self.history = content["epoch"], content["history"]
        generator().bit_generator.state = content["generator"]


def gradient_of(parameter: Tensor) -> Floats:
    """Return the gradient of a parameter that has one, as an array: `grad` may have been given as a tensor."""
    grad: Any = parameter.grad
    return as_floats(grad.data if isinstance(grad, Tensor) else grad)


def _right(predictions: Floats, targets: Operand) -> tuple[int, int]:
    """Return how many of the predictions (..., C) meet their target (...), and how many targets there are."""
    numbers = np.asarray(targets.data if isinstance(targets, Tensor) else targets)
    if predictions.ndim != numbers.ndim + 1:
        return 0, 0
    return int(np.sum(np.argmax(predictions, axis=-1) == numbers)), numbers.size


def _switch(model: Any, mode: str) -> None:
    """Call the model's `train` or `eval`; a model that does not have it is the same in both."""
    change: Callable[[], object] | None = getattr(model, mode, None)
    if change is not None:
        change()
