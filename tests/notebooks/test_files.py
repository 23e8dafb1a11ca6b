"""Writing a file: whole or not at all, under any name that a disk takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tito.notebooks.files import write_atomically


@pytest.mark.parametrize(
    "name",
    ["x" * 255, "\N{COLLISION SYMBOL}" * 63 + "...", "\udcff" * 200, "a"],
    ids=["ascii", "wide", "bytes", "short"],
)
def test_the_longest_names_are_written_too(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"old")
    write_atomically(tmp_path / name, b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"new")]
