"""Connections to the gradebook: SQLite embedded, PostgreSQL by URL, each set up so that what is committed
stays.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tito.gradebook.errors import GradebookError

WRITER = "tito_writer"
"""Execution option of connections that will write."""
READER = "tito_reader"
"""Execution option of connections that may not write."""


def parse_url(url: str | URL) -> URL:
    """Return the URL of a supported database. Raises GradebookError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unusable(str(url)[:200]) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise _unusable(parsed.render_as_string(hide_password=True))
    return parsed


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite URL, None for PostgreSQL. Raises GradebookError for a database in
    memory.
    """
    if url.get_backend_name() != "sqlite":
        return None
    name = url.database or ""
    if name in ("", ":memory:") or "mode=memory" in name or url.query.get("mode") == "memory":
        # Each connection would have a database of its own, and nothing would survive the command.
        raise GradebookError(
            "a gradebook in memory would forget every grade",
            where=str(url),
            expected="a file, such as sqlite:////srv/course/.tito/gradebook.db",
        )
    return Path(name.removeprefix("file:").partition("?")[0])


def make_engine(url: URL, *, busy_seconds: float) -> Engine:
    """Return an engine with our settings on every connection. Opens nothing yet."""
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"timeout": busy_seconds})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        engine = create_engine(url, pool_pre_ping=True)
        # Compiling a query takes PostgreSQL longer than it gains where the longest takes half a second.
        settings = f"SET lock_timeout = {int(busy_seconds * 1000)}; SET jit = off"
        event.listen(engine, "connect", lambda connection, _record: _set_for_good(connection, settings))
        return engine
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise GradebookError(
            "the driver for this database is not installed",
            where=url.render_as_string(hide_password=True),
            next_step="install it (for PostgreSQL: pip install 'psycopg[binary]', URL postgresql+psycopg://...)",
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # We send BEGIN ourselves (below); the driver's own would come too late, at the first write, and not
    # before DDL.
    connection.isolation_level = None
    # Enforced by the connection and not by the file: off by default in SQLite.
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL: a commit is on the disk before we answer, so neither kill -9 nor a power cut takes a receipt back.
    connection.execute("PRAGMA synchronous = FULL")
    # INSERT OR REPLACE deletes without firing delete triggers unless this is on: history could be replaced.
    connection.execute("PRAGMA recursive_triggers = ON")
    # KiB, instead of two thousand: what a page of a large class reads is still there for the next reader.
    connection.execute("PRAGMA cache_size = -32768")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if options.get(READER, False) else 'OFF'}")
    # A writer takes the lock at once. Had it read first, another's write in between would fail it without a
    # wait.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITER, False) else "BEGIN")


def use_wal(engine: Engine) -> None:
    """Let readers read while a writer writes. The mode is kept in the file; asking again costs nothing."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        # The driver's own connection: a journal mode cannot change inside a transaction.
        _run(raw.driver_connection, "PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def copy_all(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Replace what is in `target` by what is in `source`, in one transaction.

    Raises sqlite3.Error: also, as Python's own way of copying never does, when one of the two is locked for longer than
    its connection waits.
    """

    def give_up(status: int, _remaining: int, _pages: int) -> None:
        if status & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = status
            raise error

    source.backup(target, progress=give_up)


def _run(connection: Any, statement: str) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()


def _set_for_good(connection: Any, statement: str) -> None:
    """Run what holds for all transactions of a connection. The driver has begun one for it, in which nobody could
    choose another isolation any more.
    """
    _run(connection, statement)
    connection.commit()


def _unusable(url: str) -> GradebookError:
    return GradebookError(
        "the gradebook's address is not the URL of a database that Tito knows",
        where=url,
        expected="sqlite:////path/to/gradebook.db or postgresql+psycopg://user@host/database",
        next_step="correct `c.TitoCourse.database_url` in course_config.py",
    )
