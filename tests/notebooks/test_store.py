from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.errors import DiskFull, TitoError
from tito.notebooks.store import Store, files_digest

FILES = {"01_tensor.ipynb": b"{}", "notes \u00fc.txt": b"\x00\xff"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def stored(store: Store) -> list[Path]:
    return [path for path in store.path.rglob("*") if path.is_file()]


def test_what_was_put_comes_back_under_its_digest(store: Store) -> None:
    digest = store.put(FILES)
    assert digest == files_digest(dict(reversed(FILES.items())))
    assert store.get(digest) == FILES
    assert store.has(digest)
    assert not store.has("0" * 64)


def test_the_same_again_writes_nothing(store: Store) -> None:
    store.put(FILES)
    before = {path: path.stat().st_ino for path in stored(store)}
    store.put(FILES)
    assert {path: path.stat().st_ino for path in stored(store)} == before


def test_others_cannot_read_it(store: Store) -> None:
    store.put(FILES)
    assert store.path.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o377 == 0 for path in stored(store))


names = st.text(min_size=1, max_size=40).filter(
    lambda name: "/" not in name and "\0" not in name and name not in (".", "..")
)


@given(st.dictionaries(names, st.binary(max_size=50), max_size=4), st.dictionaries(names, st.binary(max_size=50)))
def test_digests_are_equal_only_for_equal_files(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert (files_digest(one) == files_digest(other)) == (one == other)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        assert store.get(store.put(one)) == one


@pytest.mark.parametrize("name", ["", "..", "a/b", "../../x", "a\0", "x" * 300])
def test_a_name_that_is_a_path_is_refused(store: Store, name: str) -> None:
    with pytest.raises(TitoError, match="not a plain file name"):
        store.put({name: b""})
    assert not store.path.exists()


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 63, "G" * 64])
def test_a_digest_that_is_none_is_refused(store: Store, digest: str) -> None:
    with pytest.raises(TitoError, match="not a digest"):
        store.get(digest)


def test_every_change_on_the_disk_is_seen_and_healed_by_putting_again(store: Store) -> None:
    digest = store.put(FILES)
    for path in stored(store):
        content = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(content + b" ")
        with pytest.raises(TitoError, match="was changed"):
            store.get(digest)
        store.put(FILES)
        assert store.get(digest) == FILES
        path.unlink()
        with pytest.raises(TitoError, match="not in the store"):
            store.get(digest)
        store.put(FILES)


def test_a_full_disk_is_said_and_leaves_no_submission(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull, match="the disk is full") as caught:
            store.put(FILES)
    assert caught.value.next_step
    assert stored(store) == []
    assert store.get(store.put(FILES)) == FILES


def test_a_store_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    with pytest.raises(TitoError, match="cannot be written"):
        Store(tmp_path / "store").put(FILES)


KILLED = """
import os, signal, sys
from pathlib import Path
from tito.notebooks import files
from tito.notebooks.store import Store
calls = int(sys.argv[2])
real = os.fsync
def fsync(descriptor):
    global calls
    calls -= 1
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = fsync
Store(Path(sys.argv[1])).put({"a.ipynb": b"1", "b.ipynb": b"2"})
"""


@pytest.mark.parametrize("after", range(6))
def test_a_kill_at_any_moment_leaves_all_or_nothing(store: Store, after: int) -> None:
    files = {"a.ipynb": b"1", "b.ipynb": b"2"}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(store.path), str(after)], check=False)
    assert ended.returncode == -signal.SIGKILL
    digest = files_digest(files)
    if store.has(digest):
        assert store.get(digest) == files
    assert store.get(store.put(files)) == files
