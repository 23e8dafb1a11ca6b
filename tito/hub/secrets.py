"""Secrets of an installation in containers: made at the first start, each where only those who need it look."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from tito.errors import TitoError

HUB: Final = ("hub/cookie-secret", "hub/crypt-key", "shared/service-token")
DATABASE: Final = "database/password"
PGPASS: Final = "database/pgpass"


def make_secrets(folder: Path) -> list[str]:
    """Make the secrets that are missing and return their names; those that are there stay as they are.

    Raises TitoError when the folder cannot be written.
    """
    try:
        made = [name for name in HUB if _make(folder / name, secrets.token_hex(32), 0o400)]
        # The database's own user reads its password as a member of the group.
        if _make(folder / DATABASE, secrets.token_hex(32), 0o440):
            made.append(DATABASE)
        password = (folder / DATABASE).read_text(encoding="ascii")
        # libpq's own form, so that no address needs the password; it refuses a file that others may read.
        if _make(folder / PGPASS, f"*:*:*:*:{password}\n", 0o400):
            made.append(PGPASS)
    except OSError as error:
        raise TitoError(
            f"the secrets cannot be made: {error.strerror}",
            where=str(error.filename or folder),
            next_step="make the folder writable for whoever runs this",
        ) from error
    return made


def _make(path: Path, value: str, mode: int) -> bool:
    """A link appears with its content or not at all, so a process that was killed leaves no empty secret."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as file:
            file.write(value)
            os.fsync(file.fileno())
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink(missing_ok=True)
    return True
