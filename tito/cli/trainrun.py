"""Trains a network with a student's own library, in a process of its own on the student's machine.

`python -m tito.cli.trainrun FD`: the notebooks' exported cells, and where the pictures are, come as JSON on stdin; a
line of JSON goes to the file descriptor FD for each thing that happens. The pictures it is judged by are only looked at
here: whether they are read rightly is counted by who started this. Imports nothing heavy, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from tito.cli.cellrun import told
from tito.data import Handwriting, Recipe, find_handwriting
from tito.sandbox.package import MemoryImporter, MissingName, Package, load_modules

NEEDED: Final = (
    ("manual_seed", 0),
    ("Tensor", 1),
    ("ReLU", 2),
    ("Linear", 3),
    ("Sequential", 3),
    ("CrossEntropyLoss", 4),
    ("no_grad", 5),
    ("AdamW", 6),
    ("CosineSchedule", 7),
    ("Trainer", 7),
    ("Trainer.fit", 7),
)
"""What training takes from the library, and the module that brings it."""
_OUTPUT: Final = 2_000
_PAUSE: Final = 0.1
Report = Callable[[dict[str, Any]], None]


def main(arguments: list[str]) -> int:
    """Load the modules, train, read the pictures. Returns the exit status."""
    descriptor = int(arguments[0])
    work = json.load(sys.stdin)

    def report(record: dict[str, Any]) -> None:
        data = memoryview(json.dumps(record).encode() + b"\n")
        while data:
            data = data[os.write(descriptor, data) :]

    report({"event": "ready"})
    folder = work["folder"]
    data = find_handwriting(Path(work["root"]), work["configured"], folder=None if folder is None else Path(folder))
    package, labels, output = Package(), set[str](), io.StringIO()
    importer = MemoryImporter()
    sys.meta_path.insert(0, importer)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        report({"event": "loaded", "errors": load_modules(work["modules"], package, importer, labels)})
        missing = [name for name, _ in NEEDED if not _has(package, name)]
        if missing:
            report({"event": "missing", "names": missing})
            return 1
        try:
            read = train(package, data, Recipe(**work["recipe"]), work["seed"], report)
        except BaseException as error:  # noqa: BLE001 - whatever the student's code raises is the outcome
            report({"event": "raised", **told(error, labels), "output": output.getvalue()[-_OUTPUT:]})
            return 1
    report({"event": "read", "answers": read})
    return 0


def train(tt: Any, data: Handwriting, recipe: Recipe, seed: int, report: Report) -> list[int]:
    """Train with the package `tt`; return the digit that each picture of `data.test_images` is taken for."""
    tt.manual_seed(seed)
    pixels = data.images.shape[1] * data.images.shape[2]
    model = tt.Sequential(tt.Linear(pixels, recipe.hidden), tt.ReLU(), tt.Linear(recipe.hidden, 10))
    batches = Batches(tt, data, recipe, seed, report)
    trainer = tt.Trainer(
        model,
        tt.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay),
        batches.watching(tt.CrossEntropyLoss()),
        scheduler=tt.CosineSchedule(recipe.rate, 0.0, recipe.epochs),
    )
    trainer.fit(batches, recipe.epochs)
    batches.tell()
    model.eval()
    with tt.no_grad():
        logits = np.asarray(model(tt.Tensor(_inputs(data.test_images))).data)
    if logits.shape != (len(data.test_images), 10):
        raise ValueError(f"the network gives {logits.shape} for {len(data.test_images)} pictures of 10 digits")
    return [int(answer) for answer in logits.argmax(axis=1)]


class Batches:
    """The pictures in a new order each epoch, each moved a little; tells how far training is."""

    def __init__(self, tt: Any, data: Handwriting, recipe: Recipe, seed: int, report: Report) -> None:
        self._tt = tt
        self._images, self._labels = data.images, data.labels.astype(np.int64)
        self._recipe = recipe
        self._chance = np.random.default_rng(seed)
        self._report = report
        self._losses: list[float] = []
        self._done = 0
        self._told_at = 0.0

    def __len__(self) -> int:
        return -(-len(self._images) // self._recipe.batch)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        order = self._chance.permutation(len(self._images))
        for start in range(0, len(order), self._recipe.batch):
            chosen = order[start : start + self._recipe.batch]
            images = _moved(self._images[chosen], self._recipe.shift, self._chance)
            yield self._tt.Tensor(_inputs(images)), self._labels[chosen]
            self._done += 1
            if time.monotonic() > self._told_at + _PAUSE:
                self.tell()

    def watching(self, loss_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Return the loss function, which notes each loss."""

        def watched(*arguments: Any) -> Any:
            loss = loss_fn(*arguments)
            self._losses.append(float(loss.data))
            return loss

        return watched

    def tell(self) -> None:
        """Report the batches done so far and the losses since the last report."""
        total = len(self) * self._recipe.epochs
        self._report({"event": "trained", "done": self._done, "total": total, "losses": self._losses})
        self._losses = []
        self._told_at = time.monotonic()


def _has(package: Package, name: str) -> bool:
    first, _, rest = name.partition(".")
    try:
        found = getattr(package, first)
    except MissingName:
        return False
    return not rest or hasattr(found, rest)


def _moved(images: Any, shift: int, chance: np.random.Generator) -> Any:
    if not shift:
        return images
    height, width = images.shape[1:]
    wide = np.pad(images, ((0, 0), (shift, shift), (shift, shift)))
    down, right = chance.integers(0, 2 * shift + 1, (2, len(images)))
    rows, columns = down[:, None] + np.arange(height), right[:, None] + np.arange(width)
    return wide[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def _inputs(images: Any) -> Any:
    return images.reshape(len(images), -1).astype(np.float32) / 255


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
