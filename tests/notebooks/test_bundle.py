"""Zips of notebooks: the same files give the same bytes, and what comes unpacked cannot grow when it is read."""

from __future__ import annotations

import io
import zipfile

import pytest

from tito.errors import TitoError
from tito.notebooks.bundle import members, pack

FILES = {"b.ipynb": b"two" * 1000, "a.ipynb": b"", "7.zip": b"PK"}


@pytest.mark.parametrize("small", [True, False])
def test_the_same_files_give_the_same_bytes(small: bool) -> None:
    assert pack(FILES, small=small) == pack(dict(sorted(FILES.items())), small=small)
    with zipfile.ZipFile(io.BytesIO(pack(FILES, small=small))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


def test_parts_of_what_lies_unpacked() -> None:
    assert members(pack(FILES, small=False)) == FILES
    assert members(pack({})) == {}


def test_what_is_packed_small_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(TitoError, match="not of the form"):
        members(pack({"bomb": b"0" * 1_000_000}))


@pytest.mark.parametrize("data", [b"", b"PK", b"<html>", pack(FILES, small=False)[:-4]], ids=["", "PK", "page", "cut"])
def test_what_is_no_zip_is_damaged(data: bytes) -> None:
    with pytest.raises(TitoError, match="damaged"):
        members(data)


def test_a_part_that_was_changed_is_damaged() -> None:
    with pytest.raises(TitoError, match="damaged"):
        members(pack(FILES, small=False).replace(b"twotwo", b"twoTwo", 1))


def test_entries_that_share_their_bytes_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("one", b"0" * 10_000)
        archive.filelist *= 100  # the list of contents names it a hundred times
    with pytest.raises(TitoError, match="more than it does"):
        members(out.getvalue())
