"""A backup of a course's records in one file: the gradebook, the store of hand-ins, and the course's secret.

The file is a tar archive whose last member is a manifest with the SHA-256 of every other one. The database is read
first and the store after it: hand-ins are stored before the gradebook speaks of them and are never taken away, so that
each one that the copy of the gradebook speaks of is in the copy of the store.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.dump import (
    POSTGRES_NAME,
    SQLITE_NAME,
    check_dump,
    dump_name,
    read_dump,
    state_of_target,
    write_dump,
)
from tito.gradebook.schema import SchemaState
from tito.notebooks.files import cannot_use, cannot_write, sync_folder, write_atomically

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_SECRET: Final = "secret"  # noqa: S105  (a name)
_STORED: Final = re.compile(r"store/(blobs/[0-9a-f]{2}/[0-9a-f]{64}|submissions/[0-9a-f]{2}/[0-9a-f]{64}\.json)")
_CHUNK: Final = 1 << 20
_UNCHANGED: Final = "; nothing was changed"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    path: Path
    course_id: str
    made_at: str
    """In UTC, ISO 8601."""
    schema: str
    files: int
    """Of the store."""
    bytes: int
    """The archive's."""


def default_name(course: Course, what: str = "gradebook") -> Path:
    """Where a backup goes that nobody named."""
    stem = f"{what}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder = course.paths.state / "backups"
    names = (f"{stem}.tar.gz" if number == 1 else f"{stem}-{number}.tar.gz" for number in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def write_backup(course: Course, book: Gradebook, path: Path) -> Backup:
    """Write everything to one file while others go on; it has its name only when it is complete.

    Raises TitoError: there is a file of that name, the disk is full, the database cannot be read.
    """
    if path.exists():
        raise _taken(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:
            dump = Path(folder) / dump_name(book.url)
            revision = write_dump(book, dump)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # grades and the secret
            with os.fdopen(descriptor, "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
                    manifest = _fill(archive, course, dump, revision)
                file.flush()
                os.fsync(file.fileno())
        os.link(partial, path)  # refuses to replace a file that appeared meanwhile
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return _described(path, manifest)


def restore_backup(course: Course, path: Path, *, replace: bool = False) -> tuple[Backup, Path | None]:
    """Bring back what a backup holds; return what it holds, and the backup of what it replaced.

    Everything in the file is checked before anything is changed. With `replace`, what is there is backed up first.
    Hand-ins that are in the store already stay, and those that come back disturb nobody. Then comes the gradebook, in
    one transaction, and last the secret, which lies ready by then: the gradebook that was there needs the one that was.
    Raises TitoError: a damaged file, another course's, another kind of database, a newer schema, records there, a disk
    that is full, a database that is locked.
    """
    with _staged(course, path) as (folder, manifest):
        dump = _checked(course, folder, manifest, path)
        saved = _make_way(course, replace)
        try:
            _bring_back_store(course, folder, manifest)
            secret = _ready(folder / _SECRET) if _SECRET in manifest["files"] else None
        except OSError as error:
            raise cannot_write(course.paths.state, error) from error
        try:
            read_dump(dump, course.database_url)
            if secret is not None:
                secret.replace(course.paths.secret)
                sync_folder(course.paths.state)
        except (OSError, KeyboardInterrupt) as stop:
            raise _half_done(course, path, saved, stop) from stop
        return _described(path, manifest), saved


# --- writing ---


def _fill(archive: tarfile.TarFile, course: Course, dump: Path, revision: str) -> dict[str, Any]:
    files = {dump.name: _add(archive, dump, dump.name)}
    if course.paths.secret.exists():
        files[_SECRET] = _add(archive, course.paths.secret, _SECRET)
    for found in sorted(course.paths.store.glob("*/??/*")):
        name = f"store/{found.relative_to(course.paths.store).as_posix()}"
        if _STORED.fullmatch(name):  # and not what a process that is writing right now has half done
            files[name] = _add(archive, found, name)
    manifest = {
        "format": FORMAT,
        "course_id": course.course_id,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "schema": revision,
        "files": files,
    }
    content = json.dumps(manifest, indent=1).encode()
    about = tarfile.TarInfo(_MANIFEST)
    about.size, about.mode = len(content), 0o600
    archive.addfile(about, io.BytesIO(content))
    return manifest


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    """Add a file without its owner and time; return the SHA-256 of what was added."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        about = tarfile.TarInfo(name)
        about.size, about.mode = file.tell(), 0o600
        file.seek(0)
        archive.addfile(about, file)
    return digest


# --- reading ---


@contextmanager
def _staged(course: Course, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Unpack into a folder beside the records, and compare every file with the manifest."""
    state = course.paths.state
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=state))
    except OSError as error:
        raise cannot_write(state, error) from error
    try:
        try:
            found, manifest = _unpack(path, folder)
        except (tarfile.TarError, zlib.error, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged(path, str(error)) from error
        except OSError as error:  # gzip's "not a gzipped file" is one too, without a number
            raise _damaged(path, str(error)) if error.errno is None else cannot_use(path, error) from error
        if found != manifest["files"]:
            wrong = sorted(set(found.items()) ^ set(manifest["files"].items()))[0][0]
            raise _damaged(path, f"{wrong} is not what the manifest says")
        yield folder, manifest
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(path: Path, folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    found: dict[str, str] = {}
    with tarfile.open(path, mode="r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                raise ValueError(f"{member.name[:100]!r} is no file")
            if member.name == _MANIFEST:
                manifest = json.loads(content.read(1 << 28))
                if manifest["format"] != FORMAT or not isinstance(manifest["files"], dict):
                    raise ValueError("it was made by a newer version of Tito")
                return found, manifest
            # The name becomes a path: only the names that we write.
            if member.name not in (SQLITE_NAME, POSTGRES_NAME, _SECRET) and not _STORED.fullmatch(member.name):
                raise ValueError(f"{member.name[:100]!r} does not belong into a backup")
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with target.open("xb") as file:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            found[member.name] = digest.hexdigest()
    raise ValueError("it has no manifest: it is not whole")


def _checked(course: Course, folder: Path, manifest: dict[str, Any], path: Path) -> Path:
    """Return the dump, once it fits this course, this kind of database and this version of Tito."""
    if manifest["course_id"] != course.course_id:
        raise TitoError(
            f"the backup is of another course{_UNCHANGED}",
            where=str(path),
            expected=f"{course.course_id!r}; it is of {str(manifest['course_id'])[:100]!r}",
        )
    dump = folder / dump_name(course.database_url)
    if not dump.is_file():
        raise TitoError(
            f"the backup is of another kind of database{_UNCHANGED}",
            where=str(path),
            expected=f"{dump.name} in it, for {course.database_url.partition(':')[0]}",
            next_step="set `c.TitoCourse.database_url` to the kind it was made from",
        )
    check_dump(dump, str(manifest["schema"]))
    return dump


def _make_way(course: Course, replace: bool) -> Path | None:
    """Refuse to replace records, or back them up first; return that backup."""
    state = state_of_target(course.database_url)
    if state is SchemaState.EMPTY:
        return None
    if state is SchemaState.FOREIGN:
        raise TitoError(
            f"the database belongs to another program{_UNCHANGED}",
            next_step="correct `c.TitoCourse.database_url` in course_config.py",
        )
    if not replace:
        raise TitoError(
            f"there is a gradebook already{_UNCHANGED}",
            next_step="stop the hub and whatever else uses it, then repeat the command with --replace: "
            "it backs up what is there first",
        )
    saved = default_name(course, "before-restore")
    with Gradebook.open(course.database_url, create=True) as book:
        write_backup(course, book, saved)
    return saved


def _bring_back_store(course: Course, folder: Path, manifest: dict[str, Any]) -> None:
    for name, digest in manifest["files"].items():
        if name.startswith("store/"):
            target = course.paths.store / name.removeprefix("store/")
            if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
                continue
            course.paths.store.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(target, (folder / name).read_bytes(), mode=0o400)


def _ready(secret: Path) -> Path:
    """Have the unpacked secret on the disk, so that it has but to be given its name."""
    secret.chmod(0o600)
    with secret.open("rb") as file:
        os.fsync(file.fileno())
    return secret


def _half_done(course: Course, path: Path, saved: Path | None, stop: BaseException) -> TitoError:
    """What to do when it ended between the gradebook and the secret, or in the moment in which nobody knows."""
    why = getattr(stop, "strerror", None) or "it was interrupted"
    before = "" if saved is None else f"; what was there before is in {saved}"
    return TitoError(
        f"the restore stopped half way ({why}): the gradebook may be the backup's already, the course's secret is not",
        where=str(course.paths.secret),
        expected=f"both of one backup: receipts and hidden tests depend on the secret{before}",
        next_step=f"run `tito gradebook restore {path} --replace` before anything else",
    )


def _described(path: Path, manifest: dict[str, Any]) -> Backup:
    return Backup(
        path=path,
        course_id=str(manifest["course_id"]),
        made_at=str(manifest["made_at"]),
        schema=str(manifest["schema"]),
        files=sum(name.startswith("store/") for name in manifest["files"]),
        bytes=path.stat().st_size,
    )


def _taken(path: Path) -> TitoError:
    return TitoError("there is a file of that name already", where=str(path), next_step="choose another name")


def _damaged(path: Path, why: str) -> TitoError:
    return TitoError(
        f"the backup cannot be used: {why[:200]}{_UNCHANGED}",
        where=str(path),
        expected="a file that `tito gradebook backup` wrote",
        next_step="take another backup",
    )
