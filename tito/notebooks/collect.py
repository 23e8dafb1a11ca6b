"""Read submissions out of a folder or an LMS's zip as hostile data: `<student>/<checkpoint>/*.ipynb`.

Nothing is unpacked to the disk and no link is followed. What is wrong with one entry is told with its submission, or
in `Collection.problems` when it belongs to none, and stops no other.
"""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tito.errors import TitoError
from tito.notebooks.document import shown

# With the others Python unpacks all that a read brings, however little was asked for: 4 kB can be gigabytes.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_NAME = 255  # bytes, as on the disk; in an archive a name can be longer
_JUNK = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", ".git"})
_DIR_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # without waiting for a pipe's writer


@dataclass(frozen=True, slots=True)
class CollectCaps:
    """How much is read: per file, per submission, and of the whole."""

    file_bytes: int = 20_000_000
    submission_bytes: int = 100_000_000
    submission_files: int = 50
    total_bytes: int = 20_000_000_000
    entries: int = 200_000
    depth: int = 8


CAPS = CollectCaps()


def caps_of(notebook_bytes: int) -> CollectCaps:
    """What a submission may be that a student sends, in a course that takes notebooks of so many bytes.

    A checkpoint has two at most, and copies lie about.
    """
    return CollectCaps(file_bytes=notebook_bytes, submission_bytes=4 * notebook_bytes, submission_files=20)


@dataclass(frozen=True, slots=True)
class Collected:
    """What one student handed in for one checkpoint; both names are as they stood there, to be looked up.

    `problems` says what was left out and why. With problems and no files there is nothing to grade.
    """

    student_text: str
    checkpoint_text: str
    files: dict[str, bytes]
    problems: tuple[str, ...]


class _UnreadableError(Exception):
    """Why one entry cannot be read; the text is shown."""


@dataclass(slots=True)
class _Found:
    """The entries of one submission, before they are read."""

    reads: dict[str, Callable[[int], bytes]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


class Collection:
    """The submissions found in one place; iterating reads them one at a time, in the order of their names."""

    def __init__(self, caps: CollectCaps) -> None:
        self.problems: list[str] = []
        self._caps = caps
        self._found: dict[tuple[str, str], _Found] = {}
        self._left = caps.total_bytes

    def __len__(self) -> int:
        return len(self._found)

    @property
    def names(self) -> list[tuple[str, str]]:
        """What each is of: student and checkpoint as they are written there, in the order of iteration."""
        return sorted(self._found)

    def __iter__(self) -> Iterator[Collected]:
        for (student, checkpoint), found in sorted(self._found.items()):
            yield self._read(student, checkpoint, found)

    def add(self, parts: tuple[str, ...], read: Callable[[int], bytes] | None, problem: str | None = None) -> None:
        """Note one entry by its path; `read(limit)` gives its content, or `problem` says why there is none."""
        if any(part in _JUNK or part.startswith("._") for part in parts):
            return
        where = shown("/".join(parts), 120)
        if len(parts) != 3:
            self._complain(problem or f"{where}: expected <student>/<checkpoint>/<notebook>.ipynb")
            return
        student, checkpoint, name = parts
        found = self._found.setdefault((student, checkpoint), _Found())
        if problem is not None or read is None:
            found.problems.append(problem or f"{where}: cannot be read")
        elif not name.lower().endswith(".ipynb"):
            if name != "timestamp.txt":
                found.problems.append(f"{where}: is not a notebook and was left out")
        elif len(name.encode()) > _LONGEST_NAME:
            found.problems.append(f"{where}: its name is too long; rename it")
        elif name in found.reads:
            found.repeated.add(name)
        else:
            found.reads[name] = read

    def _complain(self, problem: str) -> None:
        if len(self.problems) < 1000:
            self.problems.append(problem)

    def _read(self, student: str, checkpoint: str, found: _Found) -> Collected:
        caps, files, problems = self._caps, dict[str, bytes](), list(found.problems)
        if len(found.reads) > caps.submission_files:
            problems.append(f"{len(found.reads)} notebooks: at most {caps.submission_files} are taken; none was read")
            found = _Found()
        room = caps.submission_bytes
        for name, read in sorted(found.reads.items()):
            limit = min(caps.file_bytes, room, self._left)
            try:
                if name in found.repeated:
                    raise _UnreadableError("stands there twice; hand in one of that name")
                content = read(limit)
                if len(content) > limit:
                    raise _UnreadableError(f"is bigger than {limit:,} bytes; clear its outputs")
            except _UnreadableError as problem:
                problems.append(f"{shown(name)}: {problem}")
                continue
            files[name] = content
            room -= len(content)
            self._left -= len(content)
        if not files and not problems:
            problems.append("there is no notebook")
        return Collected(student, checkpoint, files, tuple(problems[:100]))


def collect(path: Path, caps: CollectCaps = CAPS) -> Collection:
    """Find the submissions in a folder or a zip file; the zip stays open as long as the collection is used.

    Raises TitoError when it is neither, cannot be read, or holds too many entries.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise TitoError(
            f"it cannot be read: {error.strerror}", where=str(path), expected="a folder or a zip file"
        ) from error
    collection = Collection(caps)
    entries = _folder(path, caps) if stat.S_ISDIR(mode) else _zip(path)
    listed = [entry for _, entry in zip(range(caps.entries + 1), entries, strict=False)]
    if len(listed) > caps.entries:
        raise TitoError(
            f"there are more than {caps.entries:,} entries",
            where=str(path),
            expected="<student>/<checkpoint>/*.ipynb",
            next_step="collect a part of it at a time",
        )
    wrapper = _wrapper(listed)
    for parts, read, problem in listed:
        collection.add(parts[wrapper:], read, problem)
    return collection


def read_submission(folder: Path, student: str, checkpoint: str, caps: CollectCaps = CAPS) -> Collected:
    """Read the notebooks that lie in one folder, as one submission. A folder that is not there is an empty one."""
    collection = Collection(caps)
    if folder.is_dir():
        for parts, read, problem in _folder(folder, caps):
            if len(parts) == 1:
                collection.add((student, checkpoint, *parts), read, problem)
    return next(iter(collection), Collected(student, checkpoint, {}, ("there is no notebook",)))


_Entry = tuple[tuple[str, ...], Callable[[int], bytes] | None, str | None]


def _wrapper(entries: Iterable[_Entry]) -> int:
    """1 when everything stands in one folder more than expected, as archives of a folder do."""
    deep = [parts for parts, _, _ in entries if not any(part in _JUNK or part.startswith("._") for part in parts)]
    alike = len({parts[0] for parts in deep if parts}) == 1
    return 1 if alike and any(len(parts) == 4 for parts in deep) and all(len(parts) != 3 for parts in deep) else 0


# --- a folder --------------------------------------------------------------------------------------------------------


def _folder(root: Path, caps: CollectCaps) -> Iterator[_Entry]:
    for parts, kind in _walk(root, (), caps.depth):
        where = shown("/".join(parts), 120)
        if any(not _is_text(part) for part in parts):
            yield tuple(shown(part) for part in parts), None, f"{where}: its name is not UTF-8; rename it"
        elif kind is not None:
            yield parts, None, f"{where}: {kind}"
        else:
            named = tuple(unicodedata.normalize("NFC", part) for part in parts)
            yield named, partial(_read_file, root, parts), None


def _walk(folder: Path, parts: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """The files below a folder, each with why it is not to be read, or None; links are never followed."""
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        yield parts, f"cannot be read: {error.strerror}"
        return
    for entry in entries:
        inner = (*parts, entry.name)
        if entry.name in _JUNK:
            continue
        if entry.is_symlink():
            yield inner, "is a link; hand in the file itself"
        elif entry.is_dir(follow_symlinks=False):
            if len(inner) < depth:
                yield from _walk(Path(entry.path), inner, depth)
            else:
                yield inner, "lies too deep"
        elif not entry.is_file(follow_symlinks=False):
            yield inner, "is not a regular file"
        else:
            yield inner, None


def _read_file(root: Path, parts: tuple[str, ...], limit: int) -> bytes:
    """Read one file below `root`, opening folder after folder so that nothing on the way can be swapped for a link."""
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                inner = os.open(part, _DIR_FLAGS, dir_fd=folder)
                os.close(folder)
                folder = inner
            descriptor = os.open(parts[-1], _FILE_FLAGS, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _UnreadableError("is not a regular file")
            if status.st_nlink > 1:  # a name for somebody else's file
                raise _UnreadableError("is a hard link; hand in a copy")
            return file.read(limit + 1)
    except OSError as error:
        raise _UnreadableError(f"cannot be read: {error.strerror}") from error


# --- a zip file ------------------------------------------------------------------------------------------------------


@contextmanager
def zip_entries(path: Path) -> Iterator[Iterator[_Entry]]:
    """Give the entries of a zip file, which is closed at the end of the block. Raises TitoError when it is none."""
    with _open_zip(path) as archive:
        yield _entries(archive)


def _zip(path: Path) -> Iterator[_Entry]:
    return _entries(_open_zip(path))


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise TitoError(
            f"it is no zip file that can be read: {shown(str(error), 120)}",
            where=str(path),
            expected="a folder or a zip file",
            next_step="download it from the LMS again, or unpack it and name the folder",
        ) from error


def _entries(archive: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in archive.infolist():
        parts, problem = _zip_parts(info)
        if not parts or info.orig_filename.endswith(("/", "\\")):
            continue
        yield parts, partial(_read_member, archive, info), problem


def _zip_parts(info: zipfile.ZipInfo) -> tuple[tuple[str, ...], str | None]:
    """The path of an entry, and why it is not to be read, or None."""
    name = info.orig_filename
    problem = None
    if not info.flag_bits & 0x800 and not name.isascii():
        try:  # many programs write UTF-8 without saying so; zipfile read it in the oldest PC code page
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            problem = "its name is not UTF-8; rename it"
    name = name.replace("\\", "/")
    parts = tuple(unicodedata.normalize("NFC", part) for part in name.split("/") if part not in ("", "."))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if "\0" in name:
        problem = "its name holds a NUL"
    elif ".." in parts or name.startswith("/") or (parts and len(parts[0]) == 2 and parts[0][1] == ":"):
        problem = "its path leads out of the archive"
    elif kind == stat.S_IFLNK:
        problem = "is a link; hand in the file itself"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        problem = "is not a regular file"
    elif info.flag_bits & 0x1:
        problem = "is encrypted"
    elif info.compress_type not in _COMPRESSIONS:
        problem = "is compressed in a rare way; make the zip with the usual one (deflate)"
    if problem is None:
        return parts, None
    safe = tuple(part.replace("\0", "?") for part in parts if part != "..")
    return safe or ("?",), f"{shown(name, 120)}: {problem}"


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.file_size > limit:
        raise _UnreadableError(f"is bigger than {limit:,} bytes ({info.file_size:,}); clear its outputs")
    try:
        with archive.open(info) as member:
            return member.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _UnreadableError(f"is damaged in the archive: {shown(str(error), 80)}") from error


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
