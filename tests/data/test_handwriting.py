from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tito.data import BESIDE, TARGET, VARIABLE, find_handwriting, handwriting
from tito.data.idx import MNIST
from tito.errors import TitoError

NOBODY: dict[str, str] = {}


def packed(folder: Path, number: int = 1000, **other: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    arrays = {
        "images": chance.integers(0, 256, (number, 28, 28), dtype=np.uint8),
        "labels": chance.integers(0, 10, number, dtype=np.uint8),
    }
    np.savez(folder / "mnist_10k.npz", **{**arrays, **other})
    return folder


def test_our_own_digits_are_always_there(tmp_path: Path) -> None:
    found = find_handwriting(tmp_path, environment=NOBODY)
    assert (found.name, found.images.shape, found.test_images.shape) == ("digits", (1297, 8, 8), (500, 8, 8))
    assert found.images.dtype == found.labels.dtype == np.uint8
    assert (found.images.min(), found.images.max()) == (0, 255)
    for labels in (found.labels, found.test_labels):
        assert min(np.bincount(labels, minlength=10)) > len(labels) / 20
    shown = np.concatenate([found.images, found.test_images]).reshape(1797, -1)
    assert len(np.unique(shown, axis=0)) == 1797, "no picture to be judged by is trained on"


def test_nobody_can_change_what_all_share(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        find_handwriting(tmp_path, environment=NOBODY).images[0] = 1


def test_where_data_is_looked_for(tmp_path: Path) -> None:
    root = tmp_path / "course"
    root.mkdir()
    folders = [packed(tmp_path / name, 1000 + 5 * place) for place, name in enumerate("abc")]
    packed((root / BESIDE).resolve(), 1015)
    seen = {
        "option": find_handwriting(root, "../c", folder=folders[0], environment={VARIABLE: "../b"}),
        "environment": find_handwriting(root, "../c", environment={VARIABLE: "../b"}),
        "config": find_handwriting(root, "../c", environment={VARIABLE: ""}),
        "beside": find_handwriting(root, environment=NOBODY),
    }
    sizes = {name: len(found.images) + len(found.test_images) for name, found in seen.items()}
    assert sizes == {"option": 1000, "environment": 1005, "config": 1010, "beside": 1015}
    assert len({found.digest for found in seen.values()}) == 4
    assert {found.name for found in seen.values()} == {"MNIST"}


def test_a_folder_that_was_named_must_hold_data(tmp_path: Path) -> None:
    for named in ({"folder": tmp_path}, {"configured": str(tmp_path)}, {"environment": {VARIABLE: str(tmp_path)}}):
        with pytest.raises(TitoError, match="no pictures of digits in this folder") as refused:
            find_handwriting(tmp_path, **{"environment": NOBODY, **named})  # type: ignore[arg-type]
        assert "train-images-idx3-ubyte" in str(refused.value)


@pytest.mark.parametrize(
    "other",
    [
        {"labels": np.full(1000, 10, np.uint8)},
        {"labels": np.zeros(999, np.uint8)},
        {"labels": np.zeros(1000, np.int64)},
        {"images": np.zeros((1000, 784), np.uint8)},
        {"images": np.zeros((1000, 28, 28), np.float32)},
        {"images": np.array([{}], dtype=object)},
        {"images": np.zeros((10, 28, 28), np.uint8), "labels": np.zeros(10, np.uint8)},
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, other: dict[str, Any]) -> None:
    packed(tmp_path, **other)
    with pytest.raises(TitoError, match="these are no pictures of digits") as refused:
        find_handwriting(tmp_path, folder=tmp_path)
    assert refused.value.where == str(tmp_path / "mnist_10k.npz")


def test_another_file_of_that_name_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK\3\4 no archive", b"text"):
        (tmp_path / "mnist_10k.npz").write_bytes(content)
        with pytest.raises(TitoError, match="these are no pictures of digits"):
            find_handwriting(tmp_path, folder=tmp_path)


def test_the_public_files_are_found_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(MNIST)[:3]:
        (tmp_path / f"{name}.gz").write_bytes(b"")
    with pytest.raises(TitoError, match="t10k-labels-idx1-ubyte is missing"):
        find_handwriting(tmp_path, folder=tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"")
    with pytest.raises(TitoError, match=r"cannot be read|not the file of MNIST"):
        find_handwriting(tmp_path, folder=tmp_path)

    def read(path: Path, name: str) -> Any:
        count = 50 if name.startswith("train") else 20
        return np.zeros((count, 28, 28) if "images" in name else count, np.uint8)

    monkeypatch.setattr(handwriting, "read_mnist_file", read)
    found = find_handwriting(tmp_path, folder=tmp_path)
    assert (len(found.images), len(found.labels), len(found.test_images), len(found.test_labels)) == (50, 50, 20, 20)


def test_a_sample_is_of_the_same_data(tmp_path: Path) -> None:
    whole = find_handwriting(tmp_path, folder=packed(tmp_path))
    part = whole.sample(30, 7)
    assert (len(part.images), len(part.labels), len(part.test_images), len(part.test_labels)) == (30, 30, 7, 7)
    assert part.digest == whole.digest
    assert whole.sample(10_000, 10_000).images.shape == whole.images.shape


def test_the_target_is_the_courses() -> None:
    assert TARGET == 0.95
