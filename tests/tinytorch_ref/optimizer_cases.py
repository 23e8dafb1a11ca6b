"""Optimizers as they are compared with PyTorch: the same settings, parameters and gradients for both.

PyTorch is used through the `torch` that is handed in, so this file needs none.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinytorch_ref as tt

Array = np.ndarray[Any, Any]

SHAPES: tuple[tuple[int, ...], ...] = ((2, 3), (4,), ())


@dataclass(frozen=True)
class OptimizerCase:
    """`steps` steps of the optimizer `kind` on parameters of three shapes; at `skipped` the second has no gradient.

    Gradients of unlike sizes, and parameters that the gradients do not depend on: an error does not heal itself.
    """

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 6
    skipped: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The case in a line."""
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.kind}({settings}), {self.steps} steps" + (f", {self.skipped} skipped" if self.skipped else "")

    def inputs(self, seed: int) -> tuple[list[Array], list[list[Array | None]]]:
        """Draw the parameters, and for each step their gradients; one seed gives one set."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        start = [np.asarray(rng.normal(size=shape), np.float32) for shape in SHAPES]
        gradients: list[list[Array | None]] = [
            [np.asarray(rng.normal(size=shape) * 10.0 ** rng.integers(-3, 2), np.float32) for shape in SHAPES]
            for _ in range(self.steps)
        ]
        for step in self.skipped:
            gradients[step][1] = None
        return start, gradients

    def ours(self, start: list[Array], gradients: list[list[Array | None]]) -> list[Array]:
        """Return the reference's parameters after the steps."""
        parameters = [tt.Tensor(array, requires_grad=True) for array in start]
        optimizer = getattr(tt, self.kind)(parameters, **self.settings)
        for given in gradients:
            for parameter, gradient in zip(parameters, given, strict=True):
                parameter.grad = gradient
            optimizer.step()
        return [parameter.data for parameter in parameters]

    def theirs(self, torch: Any, start: list[Array], gradients: list[list[Array | None]]) -> list[Array]:
        """Return PyTorch's."""
        parameters = [torch.tensor(array, requires_grad=True) for array in start]
        optimizer = getattr(torch.optim, self.kind)(parameters, **self.settings)
        for given in gradients:
            for parameter, gradient in zip(parameters, given, strict=True):
                parameter.grad = None if gradient is None else torch.tensor(gradient)
            optimizer.step()
        return [np.asarray(parameter.detach().numpy()) for parameter in parameters]


def _cases() -> list[OptimizerCase]:
    settings: dict[str, list[dict[str, Any]]] = {
        "SGD": [
            {"lr": 0.01},
            {"lr": 0.1, "momentum": 0.9},
            {"lr": 0.1, "weight_decay": 0.05},
            {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1},
        ],
        "Adam": [
            {},
            {"lr": 0.1, "betas": (0.5, 0.9)},
            {"lr": 0.01, "weight_decay": 0.1},
            {"lr": 0.1, "eps": 0.1},
            {"lr": 0.1, "betas": (0.0, 0.0)},
        ],
        "AdamW": [{}, {"lr": 0.1, "weight_decay": 0.2}, {"lr": 0.01, "betas": (0.8, 0.9), "weight_decay": 0.0}],
        "RMSprop": [
            {},
            {"lr": 0.1, "alpha": 0.5},
            {"lr": 0.1, "eps": 0.1},
            {"lr": 0.01, "weight_decay": 0.1},
            {"lr": 0.01, "momentum": 0.9},
            {"lr": 0.05, "alpha": 0.9, "weight_decay": 0.2, "momentum": 0.5},
        ],
    }
    each = [OptimizerCase(kind, case) for kind, cases in settings.items() for case in cases]
    skipping = [
        OptimizerCase(kind, {"lr": 0.05, **more}, 7, (0, 3, 4))
        for kind, more in (("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {}), ("RMSprop", {"momentum": 0.9}))
    ]
    return [*each, *skipping, *(OptimizerCase(kind, {"lr": 0.01}, 40) for kind in settings)]


OPTIMIZER_CASES: list[OptimizerCase] = _cases()
