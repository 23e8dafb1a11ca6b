from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tinytorch_ref.strategies import arrays
from tinytorch_ref.core.checkpoints import read_checkpoint, write_checkpoint
from tito.checks.compare import difference

numbers = st.one_of(st.none(), st.booleans(), st.integers(-(2**130), 2**130), st.floats(allow_nan=False), st.text())
contents = st.recursive(
    st.one_of(numbers, arrays()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(-9, 9)), inner, max_size=3),
    ),
    max_leaves=8,
)


def _types(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [type(value), *map(_types, value)]
    if isinstance(value, dict):
        return {key: _types(each) for key, each in value.items()}
    return (type(value), value) if not isinstance(value, np.ndarray) else (value.dtype, value.shape, value.tobytes())


@given(content=contents)
def test_what_is_written_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = tmp_path_factory.mktemp("checkpoint") / "any.npz"
    write_checkpoint(path, content)
    assert _types(read_checkpoint(path)) == _types(content)


def test_the_ending_is_npz(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "epoch.3", [1])
    assert [path.name for path in tmp_path.iterdir()] == ["epoch.3.npz"]
    assert read_checkpoint(str(tmp_path / "epoch.3")) == read_checkpoint(tmp_path / "epoch.3.npz") == [1]


def test_an_open_file_does_as_well() -> None:
    file = io.BytesIO()
    write_checkpoint(file, [1, "two"])
    file.seek(0)
    assert read_checkpoint(file) == [1, "two"]
    assert not file.closed


def test_it_is_read_without_pickle(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "run.npz", {"weights": [np.float32([1, 2])], "rate": np.float32(0.5)})
    with np.load(tmp_path / "run.npz", allow_pickle=False) as entries:
        found = [entries[name] for name in entries.files if entries[name].dtype == np.float32]
    assert difference(found, [np.float32([1, 2]), np.asarray(np.float32(0.5))]) is None


@pytest.mark.parametrize(
    ("wrong", "found"), [({(1, 2): 3}, r"\(1, 2\)"), ([{1, 2}], "set"), ({"a": np.array([None])}, "objects")]
)
def test_what_json_and_arrays_cannot_hold_is_refused_before_anything_is_written(
    tmp_path: Path, wrong: Any, found: str
) -> None:
    path = tmp_path / "run.npz"
    write_checkpoint(path, "kept")
    with pytest.raises(TypeError, match=found):
        write_checkpoint(path, wrong)
    assert read_checkpoint(path) == "kept"


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    foreign: list[bytes] = [b"", b"PK", b"PK\x03\x04 half a zip", pickle.dumps([1, 2]), b"no zip at all"]
    for content in foreign:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"other\.npz is no checkpoint"):
            read_checkpoint(path)
    for entries in ({"a": np.ones(2)}, {"text": np.array("{")}, {"text": np.array([None])}):
        np.savez(path, **entries)
        with pytest.raises(ValueError, match=r"other\.npz is no checkpoint"):
            read_checkpoint(path)
