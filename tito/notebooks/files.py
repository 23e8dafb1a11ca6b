"""Write files: a crash at any moment leaves the old one or the new one, whole; notebooks are always alike."""

from __future__ import annotations

import errno
import json
import os
import secrets
from pathlib import Path
from typing import Any

from tito.errors import DiskFull, TitoError


def write_atomically(path: Path, data: bytes, mode: int = 0o644, *, lasting: bool = True) -> None:
    """Write `data` beside `path`, flush it to the disk, and rename it into place.

    Without `lasting` it is not flushed: a power cut may take it away, or leave the file empty.
    Raises DiskFull, and TitoError when the folder cannot be written.
    """
    stem = os.fsencode(path.name)[:100].decode(errors="ignore")  # a name of 255 bytes must have room for more
    temporary = path.with_name(f".{stem}.{secrets.token_hex(6)}.part")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if lasting:
            sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot_write(path: Path, error: OSError) -> TitoError:
    """Say in words why a file could not be written."""
    return cannot_use(path, error, "written")


def cannot_use(path: Path, error: OSError, done: str = "used") -> TitoError:
    """Say in words why the machine refused a file or folder; `done` is what was to be done with it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            "the disk is full",
            where=str(path),
            next_step="free some space and run the command again; what was finished before is kept",
        )
    return TitoError(
        f"the file cannot be {done}: {error.strerror or error}",
        where=str(path),
        next_step="check the owner and the permissions of the file and its folder",
    )


def dump_notebook(content: dict[str, Any]) -> bytes:
    """Write a notebook as JupyterLab does (sources as lists of lines): the same bytes for the same content."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in content["cells"]]
    text = json.dumps({**content, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8", errors="replace")
