"""Archives as attacks: one bad entry is told with its submission, fills no memory, and stops nobody else."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from tito.notebooks.collect import Collected, collect

CP = "cp01_foundation"
BOOK = f"ada/{CP}/01_tensor.ipynb"


def archive(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as writer:
        for name, content in entries.items():
            writer.writestr(name, content, zipfile.ZIP_DEFLATED if name.startswith("zoe") else compression)
    return path


def by_student(path: Path) -> dict[str, Collected]:
    return {one.student_text: one for one in collect(path)}


def patched(path: Path, place: int, form: str, value: int) -> Path:
    """Overwrite a field of the first entry in the archive's directory."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, data.index(b"PK\x01\x02") + place, value)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_a_small_entry_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path, compression: int) -> None:
    path = archive(tmp_path / "in.zip", {BOOK: b"\0" * 50_000_000, f"zoe/{CP}/01_tensor.ipynb": b"{}"}, compression)
    assert path.stat().st_size < 20_000
    patched(path, 24, "<I", 1000)  # its directory says that it is small
    tracemalloc.start()
    read = by_student(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert not read["ada"].files
    assert "compressed in a rare way" in read["ada"].problems[0]
    assert read["zoe"].files == {"01_tensor.ipynb": b"{}"}


@pytest.mark.parametrize(
    ("place", "form", "value", "says"),
    [
        (10, "<H", 99, "rare way"),  # a method that there is not
        (16, "<I", 1, "damaged"),  # the checksum of something else
        (42, "<I", 0xFFFFFFF0, "damaged"),  # content behind the archive's end
        (8, "<H", 0x1, "encrypted"),
    ],
    ids=["method", "checksum", "offset", "encrypted"],
)
def test_a_lying_directory_costs_its_own_entry(tmp_path: Path, place: int, form: str, value: int, says: str) -> None:
    path = archive(tmp_path / "in.zip", {BOOK: b"{}", f"zoe/{CP}/01_tensor.ipynb": b"{}"})
    read = by_student(patched(path, place, form, value))
    assert not read["ada"].files
    assert says in read["ada"].problems[0]
    assert read["zoe"].files


@pytest.mark.parametrize(
    "name",
    [
        f"ada/{CP}/{'x' * 300}.ipynb",
        f"../../ada/{CP}/01_tensor.ipynb",
        f"/ada/{CP}/01_tensor.ipynb",
        f"ada/{CP}/../../../01_tensor.ipynb",
        f"c:/ada/{CP}/01_tensor.ipynb",
        f"ada/{CP}/a\0b.ipynb",
    ],
    ids=["long", "up", "absolute", "up and out", "drive", "NUL"],
)
def test_a_name_that_no_file_may_have_stops_nobody(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "in.zip", {"?" * len(name): b"{}", f"zoe/{CP}/01_tensor.ipynb": b"{}"})
    path.write_bytes(path.read_bytes().replace(b"?" * len(name), name.encode()))  # zipfile itself writes none such
    found = collect(path)
    read = {one.student_text: one for one in found}
    assert read["zoe"].files
    assert not any(files for student, one in read.items() if student != "zoe" for files in one.files)
    told = [*found.problems, *(problem for one in read.values() for problem in one.problems)]
    assert len(told) == 1
    assert len(told[0]) < 400


def test_a_folders_name_that_grows_when_it_is_normalised_stops_nobody(tmp_path: Path) -> None:
    folder, grows = tmp_path / "in", "\u0958" * 82
    for name in (f"ada/{CP}/{grows}.ipynb", f"zoe/{CP}/01_tensor.ipynb"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(b"{}")
    read = by_student(folder)
    assert "too long" in read["ada"].problems[0]
    assert read["zoe"].files
