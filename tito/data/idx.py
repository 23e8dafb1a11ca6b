"""The IDX format in which MNIST is published, and the digests of its four files.

Two zero bytes, the code of the type, the number of axes, each axis as 32 bits big-endian, then the numbers
(LeCun, Cortes, Burges: "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from tito.errors import TitoError

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

MNIST: Final[Mapping[str, str]] = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of each file's content, not compressed: gzip writes a time into what it packs."""

_UNSIGNED_BYTES = 8
_LARGEST = 64 << 20


def find_file(folder: Path, name: str) -> Path | None:
    """Return `name` or `name.gz` in a folder, if one is there."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def read_mnist_file(path: Path, name: str, digests: Mapping[str, str] = MNIST) -> Bytes:
    """Read one of MNIST's files, packed or not, and hold it against its digest. Raises TitoError."""
    content = _content(path)
    found = hashlib.sha256(content).hexdigest()
    if found != digests[name]:
        raise TitoError(
            "this is not the file of MNIST that its name says",
            where=str(path),
            expected=f"content with the SHA-256 {digests[name][:16]}..., found {found[:16]}...",
            next_step="fetch the file again, or take it away: then other data is used",
        )
    return parse_idx(content, str(path))


def parse_idx(content: bytes, where: str) -> Bytes:
    """Return the array of an IDX file of unsigned bytes. Raises TitoError for any other content."""
    axes = content[3] if len(content) >= 4 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes((0, 0, _UNSIGNED_BYTES)) or not 1 <= axes <= 4 or len(content) < start:
        raise TitoError(
            "this is no IDX file of unsigned bytes", where=where, expected="a header 00 00 08 and 1 to 4 axes"
        )
    shape = tuple(int.from_bytes(content[place : place + 4]) for place in range(4, start, 4))
    wanted = 1
    for side in shape:
        wanted *= side
    if len(content) - start != wanted:
        raise TitoError(
            f"this IDX file says {' x '.join(map(str, shape))} and holds {len(content) - start} numbers",
            where=where,
            expected=f"{wanted} numbers after the header",
            next_step="fetch the file again",
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        if path.suffix != ".gz":
            with path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        else:
            with gzip.open(path) as packed:
                content = packed.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise TitoError(
            f"the file cannot be read: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            next_step="fetch the file again, or take it away: then other data is used",
        ) from error
    if len(content) > _LARGEST:
        raise TitoError(f"the file holds more than {_LARGEST >> 20} MiB", where=str(path), expected="a file of MNIST")
    return content
