"""Errors of the gradebook, and what the database's own errors mean to a person."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tito.errors import DiskFull, TitoError


class GradebookError(TitoError):
    """A problem with the gradebook that a person can act on. The transaction that met it was rolled back
    whole.
    """


class BusyError(GradebookError):
    """The database was locked for longer than we wait. Trying again later is safe."""


class AwayError(GradebookError):
    """The database server cannot be reached. Trying again later is safe."""


class OutOfOrderError(GradebookError):
    """The database or its machine is not as it should be; only its operator can put that right."""


class FullError(GradebookError, DiskFull):
    """The disk of the gradebook is full."""


UNTOUCHED = "nothing was changed"
_LITTLE = 256 << 10
"""Bytes of free space below which a failure to write is taken for a full disk."""

# SQLite's primary result codes (the low byte of the extended code) that an operator can do something about.
_SQLITE: dict[int, tuple[type[GradebookError], str, str]] = {
    sqlite3.SQLITE_BUSY: (
        BusyError,
        "the gradebook is locked by another program",
        "let the other `tito` finish (or close the tool that has the file open), then repeat the command",
    ),
    sqlite3.SQLITE_LOCKED: (
        BusyError,
        "the gradebook is locked by another part of this program",
        "repeat the command",
    ),
    sqlite3.SQLITE_READONLY: (
        OutOfOrderError,
        "the gradebook is read-only",
        "make the file, those beside it (-wal, -shm) and the folder writable for whoever runs `tito`, then try again",
    ),
    sqlite3.SQLITE_PERM: (
        OutOfOrderError,
        "the gradebook may not be opened",
        "give the user who runs `tito` the right to read and write the file and its folder",
    ),
    sqlite3.SQLITE_FULL: (
        FullError,
        "the disk of the gradebook is full",
        "free some space (`df -h` shows where), then repeat the command",
    ),
    sqlite3.SQLITE_IOERR: (
        OutOfOrderError,
        "the disk of the gradebook reported an error",
        "look at the system's log, and copy the newest backup to a sound disk before you go on",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        OutOfOrderError,
        "the gradebook cannot be opened",
        "check that its folder exists and that the user who runs `tito` may write in it",
    ),
    sqlite3.SQLITE_NOTADB: (
        OutOfOrderError,
        "the file is not a gradebook: it is not a SQLite database",
        "check the path in course_config.py, or restore a backup",
    ),
    sqlite3.SQLITE_CORRUPT: (
        OutOfOrderError,
        "the gradebook's file is damaged",
        "keep a copy of it as it is, then restore the newest backup",
    ),
}

# The same for PostgreSQL, by SQLSTATE (the code, or its class of two characters).
_POSTGRESQL: dict[str, tuple[type[GradebookError], str, str]] = {
    "55P03": _SQLITE[sqlite3.SQLITE_BUSY],
    "40001": (BusyError, "another program changed the same grades at the same moment", "repeat the command"),
    "40P01": (BusyError, "two programs waited for each other's grades", "repeat the command"),
    "25006": (
        OutOfOrderError,
        "the gradebook is read-only",
        "connect to the primary server, with a user who may write",
    ),
    "53100": _SQLITE[sqlite3.SQLITE_FULL],
    "53": (
        OutOfOrderError,
        "the database server has run out of something",
        "ask its operator to look at its log",
    ),
    "08": (AwayError, "the database server cannot be reached", "check that it runs, and the URL"),
    "57P01": (AwayError, "the database server is being stopped", "start it again"),
    "57P02": (AwayError, "the database server has crashed", "look at its log, and start it again"),
    "57P03": (AwayError, "the database server takes nobody yet", "wait until it has started"),
    "28": (OutOfOrderError, "the database server refuses the login", "check user and password in the URL"),
    "42501": (OutOfOrderError, "the database user lacks a right", "give it the rights on Tito's tables"),
}

APPEND_ONLY = "is append-only"
"""Words that our triggers put into their message."""


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn database errors that a person can act on into GradebookError; `where` is the gradebook's address.

    Errors of our own making (a broken constraint, wrong SQL) pass unchanged: they are bugs, and hiding them
    would help
    nobody.
    """
    try:
        yield
    except PoolTimeout as error:
        raise BusyError(
            "every connection to the gradebook is in use", where=where, next_step="repeat the command"
        ) from error
    except DBAPIError as error:
        known = _meaning(error, where)
        if known is None:
            raise
        kind, what, next_step = known
        raise kind(f"{what}; {UNTOUCHED}", where=where, next_step=next_step) from error
    except sqlite3.Error as error:
        # The backup API is used without SQLAlchemy.
        known = _of_sqlite(error, where)
        if known is None:
            raise
        kind, what, next_step = known
        raise kind(f"{what}; {UNTOUCHED}", where=where, next_step=next_step) from error


def _of_sqlite(error: sqlite3.Error, where: str) -> tuple[type[GradebookError], str, str] | None:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(where):
        code = sqlite3.SQLITE_FULL  # files beside the database could not be made, which SQLite reports otherwise
    return _SQLITE.get(code)


def _is_full(where: str) -> bool:
    """Whether the disk of the gradebook has no room for even a small transaction."""
    folder = Path(where.partition("?")[0].removeprefix("sqlite:///").removeprefix("file:")).parent
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _LITTLE


def _meaning(error: DBAPIError, where: str) -> tuple[type[GradebookError], str, str] | None:
    original = error.orig
    if original is not None and APPEND_ONLY in str(original):
        table = str(original).partition(APPEND_ONLY)[0].strip().rpartition(" ")[2]
        return (
            GradebookError,
            f"{table} {APPEND_ONLY}: its rows are history and cannot be changed or deleted",
            "record a new row that corrects the old one",
        )
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original, where)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if error.connection_invalidated or (state is None and "connection" in str(original).lower()):
        return _POSTGRESQL["08"]
    return None
