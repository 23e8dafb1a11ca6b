"""Keep what was handed in, unchanged for ever, under the digest of its content.

A submission is a manifest (the sorted names with the SHA-256 of each content, as JSON) and its blobs. The manifest's
own SHA-256 is the submission's digest, so that reading can prove that nothing was changed. Blobs are written before
the manifest, each whole or not at all: a kill at any moment leaves no submission half there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from tito.errors import TitoError
from tito.notebooks.document import shown
from tito.notebooks.files import cannot_write, write_atomically

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def files_digest(files: Mapping[str, bytes]) -> str:
    """The digest of a submission: SHA-256 over the sorted (name, SHA-256 of the content) pairs."""
    return _sha256(_manifest(files))


class Store:
    """A folder of submissions. It may be shared by processes: files are only ever added."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, files: Mapping[str, bytes]) -> str:
        """Keep the files and return their digest; the same files again cost nothing.

        Raises TitoError for a name that is no plain file name, and when the disk is full or not writable.
        """
        for name in files:
            if (
                not name
                or "/" in name
                or "\0" in name
                or name in (".", "..")
                or len(name.encode(errors="replace")) > 255
            ):
                raise TitoError(f"{shown(name)!r} is not a plain file name", expected="a name such as 01_tensor.ipynb")
        for content in files.values():
            self._add(self._blob(_sha256(content)), content)
        manifest = _manifest(files)
        digest = _sha256(manifest)
        self._add(self._entry(digest), manifest)
        return digest

    def get(self, digest: str) -> dict[str, bytes]:
        """Return the files of a submission.

        Raises TitoError when it is not there, or when what is there is not what was handed in.
        """
        manifest = self._read(self._entry(digest), digest, f"submission {digest[:12]}")
        files: dict[str, bytes] = {}
        for name, content in json.loads(manifest):
            files[name] = self._read(self._blob(content), content, f"{shown(name)} of submission {digest[:12]}")
        return files

    def has(self, digest: str) -> bool:
        """Whether the submission was stored."""
        return self._entry(digest).is_file()

    def _entry(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise TitoError(f"{shown(digest)!r} is not a digest", expected="64 hexadecimal digits")
        return self.path / "submissions" / digest[:2] / f"{digest}.json"

    def _blob(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise TitoError(f"{shown(digest)!r} is not a digest", expected="64 hexadecimal digits")
        return self.path / "blobs" / digest[:2] / digest

    def _add(self, path: Path, content: bytes) -> None:
        try:
            if path.is_file() and path.read_bytes() == content:
                return  # also heals a blob that was damaged since
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)  # other people's work is in here
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise cannot_write(path, error) from error
        write_atomically(path, content, mode=0o400)

    def _read(self, path: Path, digest: str, what: str) -> bytes:
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise TitoError(
                f"{what} is not in the store",
                where=str(path),
                next_step="restore the store from the backup, or collect the submission again",
            ) from error
        except OSError as error:
            raise TitoError(
                f"{what} cannot be read: {error.strerror}",
                where=str(path),
                next_step="check the disk and the permissions",
            ) from error
        if _sha256(content) != digest:
            raise TitoError(
                f"{what} was changed after it was handed in",
                where=str(path),
                expected=f"content with SHA-256 {digest}",
                next_step="restore the store from the backup, or collect the submission again; it was not graded",
            )
        return content


def _manifest(files: Mapping[str, bytes]) -> bytes:
    pairs = sorted((name, _sha256(content)) for name, content in files.items())
    return json.dumps(pairs, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
