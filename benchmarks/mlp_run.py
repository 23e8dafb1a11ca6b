"""Trains the same network with the reference and with PyTorch, as a process of its own that benchmarks/mlp.py starts.

    python -m benchmarks.mlp_run ROUNDS BATCHES

Prints one line of JSON: milliseconds of processor time a step, for each optimizer, side and round.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import tinytorch_ref as tt
from benchmarks.classes import CLONE
from tito.data.handwriting import find_handwriting

SIZES = (784, 128, 64, 10)
BATCH = 64
OPTIMIZERS = ("SGD", "Adam")

Side = Callable[[], float]
"""Train one epoch, return its mean loss."""


def main() -> int:
    """Measure and print."""
    rounds, count = map(int, sys.argv[1:])
    name, batches = _batches(count)
    torch = _torch()
    steps: dict[str, dict[str, list[float]]] = {}
    for optimizer in OPTIMIZERS:
        sides = {"ours": ours(optimizer, batches)}
        if torch is not None:
            sides["PyTorch"] = theirs(torch, optimizer, batches)
        for side in sides.values():
            side()
        found: dict[str, list[float]] = {whose: [] for whose in sides}
        for _ in range(rounds):
            for whose, side in sides.items():
                begun = time.process_time()
                loss = side()
                found[whose].append((time.process_time() - begun) / count * 1000)
                assert loss < 2.5, f"{whose} does not learn: a loss of {loss}"
        steps[optimizer] = found
    print(json.dumps({"data": name, "torch": None if torch is None else torch.__version__, "steps": steps}))
    return 0


def _batches(count: int) -> tuple[str, list[tuple[Any, Any]]]:
    """Return MNIST where the machine has it, else noise of the same shape: the arithmetic is the same."""
    data = find_handwriting(CLONE)
    pictures, labels, name = data.images.reshape(len(data.images), -1), data.labels, data.name
    if pictures.shape[1] != SIZES[0]:
        rng = np.random.default_rng(0)
        pictures, name = rng.integers(0, 256, (count * BATCH, SIZES[0]), dtype=np.uint8), "random pictures"
        labels = rng.integers(0, SIZES[-1], count * BATCH).astype(np.uint8)
    rows = [np.arange(number * BATCH, (number + 1) * BATCH) % len(pictures) for number in range(count)]
    return name, [(np.float32(pictures[row]) / np.float32(255), labels[row].astype(np.int64)) for row in rows]


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    return torch


def ours(optimizer: str, batches: list[tuple[Any, Any]]) -> Side:
    """Return an epoch of the reference's Trainer."""
    layers: list[Any] = []
    for inputs, outputs in pairwise(SIZES):
        layers += [tt.Linear(inputs, outputs), tt.ReLU()]
    model = tt.Sequential(*layers[:-1])
    parameters = model.parameters()
    made = tt.SGD(parameters, lr=0.05, momentum=0.9) if optimizer == "SGD" else tt.Adam(parameters)
    trainer = tt.Trainer(model, made, tt.CrossEntropyLoss())
    loader = [(tt.Tensor(x), y) for x, y in batches]
    return lambda: trainer.train_epoch(loader)


def theirs(torch: Any, optimizer: str, batches: list[tuple[Any, Any]]) -> Side:
    """Return an epoch of PyTorch, as its documentation writes one."""
    layers: list[Any] = []
    for inputs, outputs in pairwise(SIZES):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    optim = torch.optim
    made = optim.SGD(parameters, lr=0.05, momentum=0.9) if optimizer == "SGD" else optim.Adam(parameters)
    loss_fn = torch.nn.CrossEntropyLoss()
    loader = [(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())) for x, y in batches]

    def epoch() -> float:
        total = 0.0
        for x, y in loader:
            made.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            made.step()
            total += loss.item()
        return total / len(loader)

    return epoch


if __name__ == "__main__":
    sys.exit(main())
