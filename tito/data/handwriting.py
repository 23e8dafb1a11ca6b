"""Pictures of handwritten digits with their labels: MNIST where the machine has it, else 1,797 small ones of our own.

Which data a machine trains on is decided in one place, `find_handwriting`: the folder that was named, the folder in the
environment's TITO_DATA, the one that the course's config names, `../shared/data` beside the course. A folder holds
`mnist_10k.npz` or the four IDX files of MNIST. With none of them it is the digits that come with Tito.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from tito.data.idx import MNIST, Bytes, find_file, read_mnist_file
from tito.errors import TitoError

TARGET: Final = 0.95
"""The share of pictures never trained on that a network must read to reach the milestone."""
VARIABLE: Final = "TITO_DATA"
BESIDE: Final = Path("..") / "shared" / "data"
PACKED: Final = "mnist_10k.npz"
_OWN: Final = Path(__file__).with_name("digits.npz")
_CLASSES: Final = 10


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network with one hidden layer learns this data: ReLU, cross-entropy, AdamW, a cosine from `rate` to 0.

    `shift` moves each picture by up to so many pixels, anew in each epoch, so that few pictures teach more.
    """

    hidden: int
    epochs: int
    batch: int
    rate: float
    decay: float
    shift: int

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as they cross to another process."""
        return {name: getattr(self, name) for name in self.__slots__}


_SMALL = Recipe(hidden=128, epochs=30, batch=32, rate=0.005, decay=0.05, shift=0)
_THOUSANDS = Recipe(hidden=192, epochs=14, batch=100, rate=0.003, decay=0.01, shift=1)
_ALL = Recipe(hidden=192, epochs=5, batch=100, rate=0.003, decay=0.01, shift=1)


@dataclass(frozen=True, slots=True)
class Handwriting:
    """Pictures to train on, and others to be judged by: images uint8 (n, height, width), labels uint8 (n,)."""

    name: str
    origin: str
    recipe: Recipe
    images: Bytes = field(repr=False)
    labels: Bytes = field(repr=False)
    test_images: Bytes = field(repr=False)
    test_labels: Bytes = field(repr=False)
    digest: str = ""
    """SHA-256 over all of it: which data a grade was made on."""

    def sample(self, train: int, test: int) -> Handwriting:
        """Return the first so many pictures of both parts. The digest stays: it names what this was taken from."""
        kept = _THOUSANDS if self.recipe is _ALL and train < len(self.images) else self.recipe
        return replace(
            self,
            recipe=kept,
            images=self.images[:train],
            labels=self.labels[:train],
            test_images=self.test_images[:test],
            test_labels=self.test_labels[:test],
        )


def find_handwriting(
    root: Path,
    configured: str | None = None,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Handwriting:
    """Return the data for a course in `root`. A folder that somebody named must hold data: TitoError, else."""
    named = (
        (folder, "the folder that was named"),
        (environment.get(VARIABLE) or None, f"the environment's {VARIABLE}"),
        (configured, "c.TitoCourse.data_folder"),
    )
    for place, who in named:
        if place is not None:
            found = _in_folder((root / Path(place).expanduser()).resolve())
            if found is None:
                raise TitoError(
                    "there are no pictures of digits in this folder",
                    where=f"{place} ({who})",
                    expected=f"{PACKED}, or MNIST's four files {', '.join(MNIST)}, packed with gzip or not",
                    next_step="name another folder, or none: then the digits that come with Tito are used",
                )
            return found
    return _in_folder((root / BESIDE).resolve()) or _read_npz(_OWN, "digits")


def _in_folder(folder: Path) -> Handwriting | None:
    if (folder / PACKED).is_file():
        return _read_npz(folder / PACKED, "MNIST")
    paths = {name: find_file(folder, name) for name in MNIST}
    absent = [name for name, path in paths.items() if path is None]
    if len(absent) == len(MNIST):
        return None
    if absent:
        raise TitoError(
            f"{', '.join(absent)} {'is' if len(absent) == 1 else 'are'} missing",
            where=str(folder),
            expected="the four files of MNIST, packed with gzip or not",
            next_step="fetch what is missing, or take the others away",
        )
    return _read_idx(tuple((name, path, _stamp(path)) for name, path in paths.items() if path is not None))


@lru_cache(maxsize=2)
def _read_idx(files: tuple[tuple[str, Path, tuple[int, int]], ...]) -> Handwriting:
    images, labels, test_images, test_labels = (read_mnist_file(path, name) for name, path, _ in files)
    return _made("MNIST", str(files[0][1].parent), _ALL, images, labels, test_images, test_labels)


def _read_npz(path: Path, name: str) -> Handwriting:
    return _read_npz_once(path, name, _stamp(path))


@lru_cache(maxsize=2)
def _read_npz_once(path: Path, name: str, _stamp: tuple[int, int]) -> Handwriting:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _unfit(path, str(error)) from error
    if images.dtype != np.uint8 or images.ndim != 3 or labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise _unfit(path, f"images {images.dtype} {images.shape}, labels {labels.dtype} {labels.shape}")
    if len(images) < 1000 or labels.max() >= _CLASSES:
        raise _unfit(path, f"{len(images)} pictures with labels up to {labels.max(initial=0)}")
    recipe, held_out = (_SMALL, 500) if name == "digits" else (_THOUSANDS, len(images) // 5)
    cut = len(images) - held_out
    origin = "comes with Tito" if path == _OWN else str(path.parent)
    return _made(name, origin, recipe, images[:cut], labels[:cut], images[cut:], labels[cut:])


def _made(name: str, origin: str, recipe: Recipe, *arrays: Bytes) -> Handwriting:
    digest = hashlib.sha256(name.encode())
    for array in arrays:
        array.setflags(write=False)  # everybody in this process is given the same one
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    images, labels, test_images, test_labels = arrays
    return Handwriting(name, origin, recipe, images, labels, test_images, test_labels, digest.hexdigest())


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _unfit(path: Path, found: str) -> TitoError:
    return TitoError(
        f"these are no pictures of digits: {found[:200]}",
        where=str(path),
        expected="images uint8 (n, height, width) and labels uint8 (n,) from 0 to 9, at least 1000",
        next_step="put the right file there, or take it away: then other data is used",
    )
