from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.errors import TitoError
from tito.notebooks.collect import CollectCaps, Collected, collect

CP = "cp01_foundation"


def tree(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def archive(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return path


def by_student(path: Path, caps: CollectCaps | None = None) -> dict[str, Collected]:
    return {one.student_text: one for one in (collect(path, caps) if caps else collect(path))}


GOOD = {
    f"ada/{CP}/01_tensor.ipynb": b"{1}",
    f"ada/{CP}/timestamp.txt": b"2027-01-01",
    f"ada/{CP}/.ipynb_checkpoints/01_tensor-checkpoint.ipynb": b"old",
    f"ada/{CP}/._01_tensor.ipynb": b"mac",
    "ada/.DS_Store": b"mac",
    f"__MACOSX/ada/{CP}/01_tensor.ipynb": b"mac",
    "bob/cp00_environment/00_setup.ipynb": b"{2}",
    f"bob/{CP}/01_tensor.ipynb": b"{3}",
    f"Zo\u00eb \u65b0/{CP}/01_tensor.ipynb": b"{4}",
}


@pytest.mark.parametrize("kind", ["folder", "zip", "wrapped zip", "backslashes"])
def test_submissions_are_found(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        path = tree(tmp_path / "in", GOOD)
    elif kind == "zip":
        path = archive(tmp_path / "in.zip", GOOD)
    elif kind == "wrapped zip":
        path = archive(tmp_path / "in.zip", {f"submissions/{name}": content for name, content in GOOD.items()})
    else:
        path = archive(tmp_path / "in.zip", {name.replace("/", "\\"): content for name, content in GOOD.items()})
    found = collect(path)
    assert len(found) == 4
    assert [(one.student_text, one.checkpoint_text, one.files, one.problems) for one in found] == [
        ("Zo\u00eb \u65b0", CP, {"01_tensor.ipynb": b"{4}"}, ()),
        ("ada", CP, {"01_tensor.ipynb": b"{1}"}, ()),
        ("bob", "cp00_environment", {"00_setup.ipynb": b"{2}"}, ()),
        ("bob", CP, {"01_tensor.ipynb": b"{3}"}, ()),
    ]
    assert found.problems == []


def test_files_at_other_places_are_told(tmp_path: Path) -> None:
    path = tree(tmp_path / "in", {**GOOD, "readme.txt": b"x", f"ada/{CP}/x/y/01_tensor.ipynb": b"x"})
    found = collect(path)
    assert len(found) == 4
    assert [problem.split(":")[0] for problem in found.problems] == [f"ada/{CP}/x/y/01_tensor.ipynb", "readme.txt"]


def test_other_files_are_left_out_and_told(tmp_path: Path) -> None:
    one = by_student(tree(tmp_path / "in", {f"ada/{CP}/all.zip": b"PK"}))["ada"]
    assert one.files == {}
    assert "all.zip: is not a notebook" in one.problems[0]


def test_links_pipes_and_devices_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"SECRET")
    (tmp_path / "elsewhere" / CP).mkdir(parents=True)
    (tmp_path / "elsewhere" / CP / "01_tensor.ipynb").write_bytes(b"SECRET")
    path = tree(tmp_path / "in", {f"{name}/{CP}/ok.ipynb": b"{}" for name in ("link", "hard", "pipe", "dangling")})
    (path / "link" / CP / "01_tensor.ipynb").symlink_to(secret)
    (path / "dangling" / CP / "01_tensor.ipynb").symlink_to(tmp_path / "none")
    os.link(secret, path / "hard" / CP / "01_tensor.ipynb")
    os.mkfifo(path / "pipe" / CP / "01_tensor.ipynb")
    (path / "linked").symlink_to(tmp_path / "elsewhere")
    (path / "half").mkdir()
    (path / "half" / CP).symlink_to(tmp_path / "elsewhere" / CP)
    found = collect(path)
    read = list(found)
    assert not any(b"SECRET" in content for one in read for content in one.files.values())
    assert {one.student_text: tuple(one.files) for one in read} == dict.fromkeys(
        ("link", "hard", "pipe", "dangling"), ("ok.ipynb",)
    )
    for one in read:
        assert any("link" in problem or "regular" in problem for problem in one.problems), one
    assert sorted(problem.split(":")[0] for problem in found.problems) == [f"half/{CP}", "linked"]


def test_a_file_swapped_for_a_link_after_the_listing_is_not_followed(tmp_path: Path) -> None:
    path = tree(tmp_path / "in", {f"ada/{CP}/01_tensor.ipynb": b"{}", f"bob/{CP}/01_tensor.ipynb": b"{}"})
    elsewhere = tree(tmp_path / "elsewhere", {"01_tensor.ipynb": b"SECRET"})
    found = collect(path)
    (path / "ada" / CP / "01_tensor.ipynb").unlink()
    (path / "ada" / CP / "01_tensor.ipynb").symlink_to(elsewhere / "01_tensor.ipynb")
    (path / "bob" / CP).rename(path / "bob" / "old")
    (path / "bob" / CP).symlink_to(elsewhere)
    for one in found:
        assert one.files == {}
        assert "cannot be read" in one.problems[0]


def test_a_name_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tree(tmp_path / "in", GOOD)
    (Path(os.fsdecode(os.fsencode(path) + b"/ada/cp01_foundation/\xff.ipynb"))).write_bytes(b"x")
    ada = by_student(path)["ada"]
    assert list(ada.files) == ["01_tensor.ipynb"]
    assert "not UTF-8" in ada.problems[0]
    ada.problems[0].encode()


def info(name: str, mode: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    return made


BAD = {
    "link": (info(f"eve/{CP}/01_tensor.ipynb", stat.S_IFLNK | 0o777), "is a link"),
    "device": (info(f"eve/{CP}/01_tensor.ipynb", stat.S_IFCHR | 0o666), "not a regular file"),
    "pipe": (info(f"eve/{CP}/01_tensor.ipynb", stat.S_IFIFO | 0o666), "not a regular file"),
    "slip": (info(f"../../eve/{CP}/01_tensor.ipynb"), "leads out"),
    "slip inside": (info(f"ada/../bob/{CP}/01_tensor.ipynb"), "leads out"),
    "slip by backslash": (info(f"..\\..\\eve\\{CP}\\01_tensor.ipynb"), "leads out"),
    "absolute": (info(f"/eve/{CP}/01_tensor.ipynb"), "leads out"),
    "drive": (info(f"C:\\eve\\{CP}\\01_tensor.ipynb"), "leads out"),
    "nothing but dots": (info("../.."), "leads out"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_entry_is_told_and_stops_nobody(tmp_path: Path, case: str) -> None:
    entry, says = BAD[case]
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr(f"ada/{CP}/01_tensor.ipynb", b"{}")
        writer.writestr(entry, b"/etc/passwd")
        writer.writestr(f"bob/{CP}/01_tensor.ipynb", b"{}")
    found = collect(path)
    read = {one.student_text: one for one in found}
    assert read["ada"].files == read["bob"].files == {"01_tensor.ipynb": b"{}"}
    assert all(one.files == {} for name, one in read.items() if name not in ("ada", "bob"))
    told = [*found.problems, *(problem for one in read.values() for problem in one.problems)]
    assert any(says in problem for problem in told), told
    assert not list(tmp_path.parent.glob("eve"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr(f"ada/{CP}/01_tensor.ipynb", b"first")
        writer.writestr(f"ada/{CP}/01_tensor.ipynb", b"second")
        writer.writestr(f"ada/{CP}/other.ipynb", b"{}")
        writer.writestr(f"eve/{CP}/e\u0301.ipynb", b"first")
        writer.writestr(f"eve/{CP}/\u00e9.ipynb", b"second")
    read = by_student(path)
    assert list(read["ada"].files) == ["other.ipynb"]
    assert "twice" in read["ada"].problems[0]
    assert read["eve"].files == {}


def test_bombs_are_stopped_by_declared_and_by_actual_size(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "in.zip",
        {f"ada/{CP}/01_tensor.ipynb": b"\0" * 30_000_000, f"bob/{CP}/01_tensor.ipynb": b"{}"},
    )
    assert path.stat().st_size < 100_000
    read = by_student(path)
    assert read["ada"].files == {}
    assert "bigger than" in read["ada"].problems[0]
    assert read["bob"].files
    # a directory that lies about the size: the entry says 10 bytes and holds more
    lying = bytearray(path.read_bytes())
    place = lying.index(b"PK\x01\x02")
    lying[place + 24 : place + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(lying))
    read = by_student(path)
    assert read["ada"].files == {}
    assert "damaged" in read["ada"].problems[0]
    assert read["bob"].files


@pytest.mark.parametrize(
    ("caps", "says"),
    [
        (CollectCaps(file_bytes=5), "bigger than 5 bytes"),
        (CollectCaps(submission_bytes=12), "bigger than"),
        (CollectCaps(submission_files=1), "at most 1"),
        (CollectCaps(total_bytes=12), "bigger than"),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_caps_hold_in_both(tmp_path: Path, kind: str, caps: CollectCaps, says: str) -> None:
    files = {f"ada/{CP}/{name}.ipynb": b"0123456789" for name in "ab"}
    path = tree(tmp_path / "in", files) if kind == "folder" else archive(tmp_path / "in.zip", files)
    one = by_student(path, caps)["ada"]
    assert any(says in problem for problem in one.problems)
    assert len(one.files) < 2


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "in.zip", {f"s{number}/{CP}/a.ipynb": b"" for number in range(20)})
    with pytest.raises(TitoError, match="more than 10 entries"):
        collect(path, CollectCaps(entries=10))


def test_a_deep_tree_is_not_followed(tmp_path: Path) -> None:
    path = tree(tmp_path / "in", {"/".join(["d"] * 60) + "/a.ipynb": b"x"})
    found = collect(path)
    assert len(found) == 0
    assert "too deep" in found.problems[0]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.zip"
    path.write_bytes(content)
    with pytest.raises(TitoError) as caught:
        collect(path)
    assert caught.value.where == str(path)


def test_a_place_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TitoError, match="cannot be read"):
        collect(tmp_path / "none")


def test_an_entry_without_a_name_stops_nobody(tmp_path: Path) -> None:
    path = archive(tmp_path / "in.zip", {f"ada/{CP}/01_tensor.ipynb": b"{}", "x": b"x"})
    path.write_bytes(path.read_bytes().replace(b"x", b"\0"))
    assert by_student(path)["ada"].files


def test_an_encrypted_entry_is_told(tmp_path: Path) -> None:
    path = archive(tmp_path / "in.zip", {f"ada/{CP}/01_tensor.ipynb": b"{}"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in by_student(path)["ada"].problems[0]


def test_a_name_in_utf8_without_the_flag_is_read_as_utf8(tmp_path: Path) -> None:
    path = archive(tmp_path / "in.zip", {f"Zo\u00eb/{CP}/01_tensor.ipynb": b"{}"})
    data = path.read_bytes()
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = data.index(mark) + place
        data = data[:start] + b"\0\0" + data[start + 2 :]
    path.write_bytes(data)
    assert list(by_student(path)) == ["Zo\u00eb"]


@given(st.data())
def test_a_damaged_archive_gives_clean_errors(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as writer:
        for name in ("ada", "bob"):
            writer.writestr(f"{name}/{CP}/01_tensor.ipynb", b"0123456789" * 20)
    damaged = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("zip") / "in.zip"
    path.write_bytes(bytes(damaged))
    try:
        read = list(collect(path))
    except TitoError:
        return
    for one in read:
        for content in one.files.values():
            assert len(content) <= 20_000_000
        assert one.files or one.problems
        assert not {"", ".", ".."} & {one.student_text, one.checkpoint_text}
