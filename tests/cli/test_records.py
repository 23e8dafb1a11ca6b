"""A backup brings back the gradebook, the store and the secret, and a restore that cannot be right changes nothing."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text

from tests.grading import mini
from tito.cli.records import default_name, restore_backup, write_backup
from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook, dump
from tito.gradebook.errors import BusyError, GradebookError
from tito.gradebook.models import Student
from tito.gradebook.schema import VERSION_TABLE
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.notebooks.store import Store
from tools.postgres import Server

NOTEBOOK = {"01_tensor.ipynb": b"what was handed in"}


@pytest.fixture(params=["sqlite", "postgresql"])
def course(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Course]:
    """A course with one student, one stored hand-in and a secret."""
    made = mini.build(tmp_path / "course")
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        made = replace(made, database_url=server.url(server.database()))
    enrol(made, "ana")
    Store(made.paths.store).put(NOTEBOOK)
    made.paths.secret.write_text("11" * 32, encoding="ascii")
    yield made
    if request.param == "postgresql":
        server.drop(made.database_url.rpartition("/")[2].partition("?")[0])


def enrol(course: Course, *names: str) -> None:
    with Gradebook.open(course.database_url, create=True) as book, book.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry(name, name) for name in names])


def students(course: Course) -> list[str]:
    with Gradebook.open(course.database_url) as book, book.read() as session:
        return list(session.scalars(select(Student.student_id).where(Student.active).order_by(Student.student_id)))


def back_up(course: Course, path: Path) -> Path:
    with Gradebook.open(course.database_url) as book:
        return write_backup(course, book, path).path


def lose_everything(course: Course) -> None:
    shutil.rmtree(course.paths.state)
    if course.database_url.startswith("postgresql"):
        engine = create_engine(course.database_url)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()


def test_everything_that_was_lost_comes_back(course: Course, tmp_path: Path) -> None:
    digest = Store(course.paths.store).put({"a.ipynb": b"another"})
    file = back_up(course, tmp_path / "records.tar.gz")
    lose_everything(course)
    held, saved = restore_backup(course, file)
    assert (held.files, saved) == (4, None)
    assert students(course) == ["ana"]
    assert Store(course.paths.store).get(digest) == {"a.ipynb": b"another"}
    assert course.paths.secret.read_text(encoding="ascii") == "11" * 32
    enrol(course, "ana", "ben")  # triggers, sequences and the write-ahead log are as in a new one
    assert students(course) == ["ana", "ben"]


def test_what_is_there_is_replaced_only_when_asked_and_then_kept(course: Course, tmp_path: Path) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    enrol(course, "cy")
    with pytest.raises(TitoError, match="there is a gradebook already; nothing was changed"):
        restore_backup(course, file)
    assert students(course) == ["ana", "cy"]
    _, saved = restore_backup(course, file, replace=True)
    assert students(course) == ["ana"]
    assert saved is not None
    restore_backup(course, saved, replace=True)
    assert students(course) == ["ana", "cy"]


def test_a_damaged_store_is_healed(course: Course, tmp_path: Path) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    for blob in course.paths.store.glob("blobs/*/*"):
        blob.unlink()
        blob.write_bytes(b"damaged")
    restore_backup(course, file, replace=True)
    store = Store(course.paths.store)
    assert store.get(store.put(NOTEBOOK)) == NOTEBOOK
    assert [blob.read_bytes() for blob in course.paths.store.glob("blobs/*/*")] == [b"what was handed in"]


def test_nothing_is_left_beside_the_records(course: Course, tmp_path: Path) -> None:
    file = back_up(course, default_name(course))
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    restore_backup(course, file, replace=True)
    assert not [path for path in course.paths.state.iterdir() if path.name.startswith(".")]
    assert file.stat().st_mode & 0o077 == 0


def kept(course: Course) -> dict[Path, bytes]:
    """The store and the secret, and the names of whatever else there is (SQLite's own two come and go)."""
    return {
        path: path.read_bytes() if path.parent != course.paths.state or path == course.paths.secret else b""
        for path in course.paths.state.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of a backup with other members."""
    with tarfile.open(file) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    change(members)
    other = file.with_name("other.tar.gz")
    with tarfile.open(other, "w:gz") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return other


def manifest_with(**values: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | values).encode()

    return change


def swapped(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("store/blobs"))
    members[name] = b"somebody else's work"


def escaping(members: dict[str, bytes]) -> None:
    manifest = members.pop("manifest.json")
    members["../../escaped"] = b"x"
    members["manifest.json"] = manifest


def without(prefix: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        del members[next(name for name in members if name.startswith(prefix))]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swapped, "is not what the manifest says"),
        (escaping, "does not belong into a backup"),
        (without("manifest"), "it is not whole"),
        (without("store/submissions"), "is not what the manifest says"),
        (manifest_with(course_id="another"), "of another course"),
        (manifest_with(schema="9999"), "a newer version of Tito"),
        (manifest_with(format=2), "a newer version of Tito"),
        (manifest_with(files=[]), "a newer version of Tito"),
    ],
    ids=["swapped", "escaping", "cut", "missing", "course", "schema", "format", "no-files"],
)
def test_a_backup_that_cannot_be_right_changes_nothing(
    course: Course, tmp_path: Path, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    file = rewritten(back_up(course, tmp_path / "records.tar.gz"), change)
    enrol(course, "cy")
    before = kept(course)
    with pytest.raises(TitoError, match=message):
        restore_backup(course, file, replace=True)
    assert students(course) == ["ana", "cy"]
    assert kept(course) == before
    assert not (tmp_path / "escaped").exists()


def give(course: Course, secret: str, *names: str) -> None:
    """Another secret than that of the backup, and others on the roster."""
    course.paths.secret.write_text(secret, encoding="ascii")
    enrol(course, *names)


def records(course: Course) -> tuple[list[str], str]:
    """What must be of one backup: who is on the roster, and the secret."""
    return students(course), course.paths.secret.read_text(encoding="ascii")


@contextmanager
def disk_of_the_database_is_full(course: Course, programs: Path) -> Iterator[None]:
    """SQLite's own limit of pages gives the very error; `pg_restore` is one that meets it."""
    with pytest.MonkeyPatch.context() as patch:
        if course.database_url.startswith("postgresql"):
            programs.mkdir()
            (programs / "pg_restore").write_text(
                '#!/bin/sh\n[ "$1" = --list ] && exit 0\necho "No space left on device" >&2\nexit 1\n'
            )
            (programs / "pg_restore").chmod(0o755)
            patch.setenv("PATH", str(programs), prepend=":")
        else:
            connect = sqlite3.connect

            def limited(path: str | Path, **options: Any) -> sqlite3.Connection:
                connection = connect(path, **options)
                if path == course.paths.gradebook:
                    connection.execute("PRAGMA max_page_count = 1")  # as many as there are
                return connection

            patch.setattr(dump.sqlite3, "connect", limited)
        yield


@pytest.mark.parametrize("there", [True, False], ids=["replacing", "afresh"])
def test_a_restore_on_a_full_disk_changes_nothing_and_goes_on_when_there_is_room(
    course: Course, tmp_path: Path, there: bool
) -> None:
    enrol(course, *(f"s{number:04}" for number in range(2000)))
    file = back_up(course, tmp_path / "records.tar.gz")
    everybody = students(course)
    lose_everything(course)
    if there:
        course.paths.state.mkdir()
        give(course, "22" * 32, "cy")
    with (
        disk_of_the_database_is_full(course, tmp_path / "programs"),
        pytest.raises(GradebookError, match="nothing was changed"),
    ):
        restore_backup(course, file, replace=there)
    if there:
        assert records(course) == (["cy"], "22" * 32)
    else:
        assert not course.paths.secret.exists()
    restore_backup(course, file, replace=there)
    assert records(course) == (everybody, "11" * 32)


@contextmanager
def locked_by_another(course: Course, postgresql: str = "SHARE") -> Iterator[None]:
    if course.database_url.startswith("postgresql"):
        engine = create_engine(course.database_url)
        with engine.begin() as connection:
            connection.execute(text(f"LOCK TABLE students IN {postgresql} MODE"))
            yield
        engine.dispose()
    else:
        with closing(sqlite3.connect(course.paths.gradebook, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


def test_a_locked_gradebook_is_not_waited_for_for_ever(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "BUSY_SECONDS", 0.1)
    file = back_up(course, tmp_path / "records.tar.gz")
    give(course, "22" * 32, "cy")
    with (
        locked_by_another(course),
        pytest.raises(BusyError, match="locked by another program; nothing was changed"),
    ):
        restore_backup(course, file, replace=True)
    assert records(course) == (["ana", "cy"], "22" * 32)
    restore_backup(course, file, replace=True)
    assert records(course) == (["ana"], "11" * 32)


@pytest.mark.parametrize("course", ["postgresql"], indirect=True)
def test_nor_is_it_for_a_backup(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "BUSY_SECONDS", 0.1)
    with (
        Gradebook.open(course.database_url, busy_seconds=0.1) as book,
        locked_by_another(course, "ACCESS EXCLUSIVE"),
        pytest.raises(GradebookError, match="nothing was changed"),
    ):
        write_backup(course, book, tmp_path / "records.tar.gz")
    assert not (tmp_path / "records.tar.gz").exists()


def test_a_secret_that_cannot_come_back_is_told_with_the_way_to_go_on(course: Course, tmp_path: Path) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    lose_everything(course)
    course.paths.secret.mkdir(parents=True)  # in its way
    with pytest.raises(
        TitoError, match="the gradebook may be the backup's already, the course's secret is not"
    ) as told:
        restore_backup(course, file)
    assert told.value.next_step == f"run `tito gradebook restore {file} --replace` before anything else"
    course.paths.secret.rmdir()
    restore_backup(course, file, replace=True)
    assert records(course) == (["ana"], "11" * 32)


def test_whoever_interrupts_the_last_moment_is_told_how_to_go_on(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    give(course, "22" * 32, "cy")

    def interrupted(*arguments: Any) -> None:
        dump.read_dump(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tito.cli.records.read_dump", interrupted)
        with pytest.raises(TitoError, match=r"half way \(it was interrupted\)") as told:
            restore_backup(course, file, replace=True)
    assert "before-restore" in str(told.value.expected)
    restore_backup(course, file, replace=True)
    assert records(course) == (["ana"], "11" * 32)


@pytest.mark.parametrize("cut", [0, 10, 500])
def test_a_file_that_is_cut_off_is_no_backup(course: Course, tmp_path: Path, cut: int) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(TitoError, match="the backup cannot be used"):
        restore_backup(course, file, replace=True)
    assert students(course) == ["ana"]


def test_a_backup_goes_back_to_the_kind_of_database_it_was_made_from(course: Course, tmp_path: Path) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    here = course.database_url.startswith("sqlite")
    other = replace(course, database_url="postgresql+psycopg://x@h/y" if here else f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(TitoError, match="another kind of database"):
        restore_backup(other, file)


def test_a_database_of_another_program_is_left_alone(course: Course, tmp_path: Path) -> None:
    file = back_up(course, tmp_path / "records.tar.gz")
    engine = create_engine(course.database_url)
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    engine.dispose()
    with pytest.raises(TitoError, match="belongs to another program"):
        restore_backup(course, file, replace=True)


@pytest.mark.parametrize("course", ["postgresql"], indirect=True)
def test_a_password_is_in_no_message_and_on_no_command_line(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text('#!/bin/sh\necho "pg_dump: $*" >&2\n[ "$PGPASSWORD" = hunter2 ] && exit 3\n')
    (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    with_password = course.database_url.replace("://tito@", "://tito:hunter2@")
    assert with_password != course.database_url
    with Gradebook.open(with_password) as book, pytest.raises(TitoError, match="pg_dump: --format=custom") as caught:
        write_backup(course, book, tmp_path / "records.tar.gz")
    assert "hunter2" not in str(caught.value) + str(caught.value.where)
    assert not (tmp_path / "records.tar.gz").exists()
