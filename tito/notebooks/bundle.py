"""A few files as one zip: how notebooks travel between a student's server and the hub. What arrives is hostile data."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tito.errors import TitoError
from tito.notebooks.collect import CAPS, CollectCaps, Collected, Collection, zip_entries


def pack(files: Mapping[str, bytes], *, small: bool = True) -> bytes:
    """Return a zip of the files, by their plain names: the same files give the same bytes.

    Without `small` they lie in it as they are.
    """
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, method)
    return out.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """Return what lies unpacked in a zip, by its names, which may be anything: such a zip cannot grow when it is read.

    Raises TitoError for what is no such zip.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
                raise TitoError("the archive is not of the form that was asked for")
            if sum(entry.file_size for entry in entries) > len(data):
                raise TitoError("the archive says that it holds more than it does")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise TitoError("the archive is damaged") from error


def unpack(path: Path, student: str, checkpoint: str, caps: CollectCaps = CAPS) -> Collected:
    """Read the notebooks of a zip that holds one submission; nothing is unpacked to the disk.

    Raises TitoError when it is no zip, or holds more entries than a submission may have.
    """
    collection = Collection(caps)
    with zip_entries(path) as entries:
        for count, (parts, read, problem) in enumerate(entries):
            if count >= 4 * caps.submission_files:
                raise TitoError(
                    f"there are more than {4 * caps.submission_files} entries in the archive",
                    expected=f"at most {caps.submission_files} notebooks",
                )
            if problem is None and len(parts) != 1:
                problem = "lies in a folder; only the notebooks themselves are taken"
            collection.add((student, checkpoint, parts[-1]), read, problem)
        return next(iter(collection), Collected(student, checkpoint, {}, ("there is no notebook",)))
