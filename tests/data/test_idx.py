from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from tito.data.idx import find_file, parse_idx, read_mnist_file
from tito.errors import TitoError

NUMBERS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    sides = b"".join(side.to_bytes(4) for side in array.shape)
    return bytes((0, 0, kind, array.ndim)) + sides + array.tobytes()


@pytest.mark.parametrize("array", [NUMBERS, NUMBERS.ravel(), NUMBERS[:0]], ids=["images", "labels", "empty"])
def test_an_idx_file_is_read(array: np.ndarray) -> None:
    found = parse_idx(idx(array), "x")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no IDX file"),
        (b"\0\0\x08", "no IDX file"),
        (idx(NUMBERS, kind=13), "no IDX file"),
        (idx(NUMBERS)[:9], "no IDX file"),
        (b"\0\0\x08\xff" + bytes(3000), "no IDX file"),
        (idx(NUMBERS)[:-1], "says 2 x 3 x 4 and holds 23 numbers"),
        (idx(NUMBERS) + b"\0", "holds 25 numbers"),
        (b"\0\0\x08\x02" + b"\xff" * 8, "says 4294967295 x 4294967295 and holds 0"),
    ],
)
def test_another_file_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(TitoError, match=what) as refused:
        parse_idx(content, "the file")
    assert refused.value.where == "the file"


@pytest.mark.parametrize("packed", [False, True])
def test_the_digest_is_of_what_is_inside(tmp_path: Path, packed: bool) -> None:
    content = idx(NUMBERS)
    digests = {"name": hashlib.sha256(content).hexdigest()}
    (tmp_path / ("name.gz" if packed else "name")).write_bytes(gzip.compress(content) if packed else content)
    path = find_file(tmp_path, "name")
    assert path is not None
    np.testing.assert_array_equal(read_mnist_file(path, "name", digests), NUMBERS)
    with pytest.raises(TitoError, match="not the file of MNIST"):
        read_mnist_file(path, "name", {"name": "0" * 64})


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    for content in (b"no gzip", gzip.compress(idx(NUMBERS))[:-9], gzip.compress(bytes(range(256)) * 9)[:200]):
        (tmp_path / "name.gz").write_bytes(content)
        with pytest.raises(TitoError, match="cannot be read"):
            read_mnist_file(tmp_path / "name.gz", "name", {"name": "0" * 64})
    assert find_file(tmp_path, "other") is None


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "name.gz", "wb") as file:
        for _ in range(65):
            file.write(bytes(1 << 20))
    with pytest.raises(TitoError, match="more than 64 MiB"):
        read_mnist_file(tmp_path / "name.gz", "name", {"name": "0" * 64})
