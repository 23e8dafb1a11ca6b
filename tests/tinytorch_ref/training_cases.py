"""Training as it is compared with PyTorch: the same network, batches and settings for both.

PyTorch is used through the `torch` that is handed in, so this file needs none.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinytorch_ref as tt

Array = np.ndarray[Any, Any]

SHAPES: tuple[tuple[int, ...], ...] = ((4, 6), (6,), (6, 3), (3,))
SIZES = (5, 5, 5, 5, 3)
"""Examples in each batch of an epoch; the last one is smaller."""


@dataclass(frozen=True)
class TrainingCase:
    """Some epochs on five batches; `schedule` are the three numbers of a cosine."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 1
    clip: float | None = None
    schedule: tuple[float, float, int] | None = None
    epochs: int = 3

    @property
    def name(self) -> str:
        """The case in a line."""
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        more = {"accumulation": self.steps, "clip": self.clip, "schedule": self.schedule, "epochs": self.epochs}
        return f"{self.kind}({settings}), " + ", ".join(f"{name} {value}" for name, value in more.items())

    def inputs(self, seed: int) -> list[Array]:
        """Draw the parameters, and the examples of an epoch with their classes; one seed gives one set."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        weights = [rng.normal(size=shape) / 2 for shape in SHAPES]
        arrays = [*weights, rng.normal(size=(sum(SIZES), 4)), rng.integers(0, 3, sum(SIZES))]
        return [np.asarray(array, np.float32) for array in arrays]

    def ours(self, *inputs: Array) -> list[Array]:
        """Return the reference's losses, learning rates, what `evaluate` says in the end, and the parameters."""
        *weights, x, y = inputs
        first, second = tt.Linear(4, 6), tt.Linear(6, 3)
        model = tt.Sequential(first, tt.Tanh(), second)
        for parameter, weight in zip(model.parameters(), weights, strict=True):
            parameter.data = weight
        optimizer = getattr(tt, self.kind)(model.parameters(), **self.settings)
        schedule = tt.CosineSchedule(*self.schedule) if self.schedule else None
        trainer = tt.Trainer(model, optimizer, tt.CrossEntropyLoss(), schedule, self.clip)
        batches = [(tt.Tensor(x[rows]), y[rows].astype(np.int64)) for rows in _rows()]
        told = []
        for _ in range(self.epochs):
            told += [trainer.train_epoch(batches, self.steps), optimizer.lr]
        return [np.float32([*told, *trainer.evaluate(batches)]), *(each.data for each in model.parameters())]

    def theirs(self, torch: Any, *inputs: Array) -> list[Array]:
        """Return PyTorch's, from a loop as its documentation writes it."""
        *weights, x, y = (torch.from_numpy(array.copy()) for array in inputs)
        w, b, v, c = (weight.requires_grad_() for weight in weights)
        optimizer = getattr(torch.optim, self.kind)([w, b, v, c], **self.settings)
        if self.schedule:
            top, bottom, total = self.schedule
            optimizer.param_groups[0]["lr"] = top
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total, bottom)
        rows = _rows()
        told = []
        for _ in range(self.epochs):
            losses = []
            told_lr = optimizer.param_groups[0]["lr"]
            for start in range(0, len(rows), self.steps):
                group = rows[start : start + self.steps]
                optimizer.zero_grad()
                for each in group:
                    logits = torch.tanh(x[each] @ w + b) @ v + c
                    loss = torch.nn.functional.cross_entropy(logits, y[each].long())
                    (loss / len(group)).backward()
                    losses.append(loss.item())
                if self.clip is not None:
                    torch.nn.utils.clip_grad_norm_([w, b, v, c], self.clip)
                optimizer.step()
            if self.schedule:
                scheduler.step()
            told += [np.mean(losses), told_lr]
        with torch.no_grad():
            logits = torch.tanh(x @ w + b) @ v + c
            losses = [torch.nn.functional.cross_entropy(logits[each], y[each].long()).item() for each in rows]
            told += [np.mean(losses), (logits.argmax(dim=1) == y).float().mean().item()]
        return [np.float32(told), *(np.asarray(each.detach().numpy()) for each in (w, b, v, c))]


def _rows() -> list[slice]:
    ends = np.cumsum(SIZES).tolist()
    return [slice(end - size, end) for end, size in zip(ends, SIZES, strict=True)]


TRAINING_CASES: list[TrainingCase] = [
    TrainingCase("SGD", {"lr": 0.2}),
    TrainingCase("SGD", {"lr": 0.2, "momentum": 0.9}, clip=0.3),
    TrainingCase("SGD", {"lr": 0.2}, clip=1e3),
    TrainingCase("SGD", {"lr": 0.3}, steps=2),
    TrainingCase("SGD", {"lr": 0.3}, steps=5),
    TrainingCase("SGD", {"lr": 0.3}, steps=7),
    TrainingCase("SGD", {"lr": 0.3, "momentum": 0.5}, steps=3, clip=0.2),
    TrainingCase("SGD", {"lr": 0.3}, schedule=(0.3, 0.0, 4), epochs=5),
    TrainingCase("Adam", {"lr": 0.05}, schedule=(0.05, 0.01, 3)),
    TrainingCase("AdamW", {"lr": 0.02}, steps=2, clip=0.5, schedule=(0.02, 0.001, 6)),
    TrainingCase("RMSprop", {"lr": 0.01}, steps=4, clip=1.0),
]
