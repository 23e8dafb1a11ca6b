"""The whole database as one file, and back: SQLite's own copy, PostgreSQL's own `pg_dump`, `pg_restore` and `psql`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import inspect
from sqlalchemy.engine import URL

from tito.gradebook import schema
from tito.gradebook.engine import copy_all, make_engine, parse_url, sqlite_path
from tito.gradebook.errors import UNTOUCHED, GradebookError, explained
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.models import Base
from tito.gradebook.schema import SchemaState

SQLITE_NAME: Final = "gradebook.db"
POSTGRES_NAME: Final = "gradebook.pgdump"
BUSY_SECONDS: Final = 30.0
"""How long to wait for a database that another program has locked."""


def dump_name(url: str | URL) -> str:
    """Return what a dump of this database is called: the name says which kind of database it goes back to."""
    return POSTGRES_NAME if sqlite_path(parse_url(url)) is None else SQLITE_NAME


def write_dump(book: Gradebook, path: Path) -> str:
    """Write the whole database to a file while others go on using it; return its schema's revision.

    Raises GradebookError when it cannot be read or written, or `pg_dump` is missing or refuses.
    """
    with explained(book.where), book.engine.connect() as connection:
        revision = schema.revision_of(connection)
    if sqlite_path(book.url) is not None:
        book.backup(path)
    else:
        wait = f"--lock-wait-timeout={int(BUSY_SECONDS * 1000)}"  # it would wait without end
        _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", wait, f"--file={path}"], book.url)
    return revision or ""


def state_of_target(url: str | URL) -> SchemaState:
    """Say what a restore would find. Raises GradebookError when the database cannot be asked."""
    parsed = parse_url(url)
    file = sqlite_path(parsed)
    if file is not None and not file.exists():
        return SchemaState.EMPTY
    engine = make_engine(parsed, busy_seconds=BUSY_SECONDS)
    try:
        with explained(parsed.render_as_string(hide_password=True)), engine.connect() as connection:
            return schema.state_of(connection)
    finally:
        engine.dispose()


def check_dump(path: Path, revision: str) -> None:
    """Raise GradebookError for a dump that is damaged, is no gradebook, or was made by a newer Tito."""
    if revision not in schema.revisions():
        raise GradebookError(
            "the backup was made by a newer version of Tito; nothing was changed",
            expected=f"schema {schema.latest()} or older; it has {revision!r}",
            next_step="upgrade Tito to the version that made the backup",
        )
    if path.name == POSTGRES_NAME:
        _run(["pg_restore", "--list", str(path)], None)
        return
    with explained(str(path)), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchone()
        if found != ("ok",) or copy.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise GradebookError("the gradebook in the backup is damaged; nothing was changed", where=str(path))
    if state_of_target(f"sqlite:///{path}") not in (SchemaState.CURRENT, SchemaState.OLDER):
        raise GradebookError("the backup holds no gradebook of Tito's; nothing was changed", where=str(path))


def read_dump(path: Path, url: str | URL) -> None:
    """Replace the whole database by a dump, in one transaction: others see the old one or the new one.

    `path` was made by `write_dump`. Raises GradebookError; then the database is what it was.
    """
    parsed = parse_url(url)
    file = sqlite_path(parsed)
    if file is None:
        _wait_for_others(parsed)
        _read_postgres(path, parsed)
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradebookError(f"the folder cannot be made: {error.strerror}", where=str(file.parent)) from error
    # SQLite's own copy into the file, and not another file in its place: a service that has the gradebook open would
    # go on writing into the one that has lost its name.
    with (
        explained(str(file)),
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as target,
    ):
        # Of a new file: pages as the copy's, without which it takes none of them, and the journal that it keeps.
        (page_size,) = source.execute("PRAGMA page_size").fetchone()
        target.execute(f"PRAGMA page_size = {page_size}")
        target.execute("PRAGMA journal_mode = WAL")
        copy_all(source, target)  # last: what fails here has changed nothing


def _wait_for_others(url: URL) -> None:
    """Have every table of a PostgreSQL database for a moment: who is in the way is told in our words."""
    engine = make_engine(url, busy_seconds=BUSY_SECONDS)
    try:
        with explained(url.render_as_string(hide_password=True)), engine.begin() as connection:
            names = [engine.dialect.identifier_preparer.quote(name) for name in inspect(connection).get_table_names()]
            if names:
                connection.exec_driver_sql(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
    finally:
        engine.dispose()


def _read_postgres(path: Path, url: URL) -> None:
    """Replace a database of PostgreSQL's.

    `pg_restore --clean` drops only what the dump has. What a newer schema has beside it refers to the rest, and nothing
    could be dropped: so all tables of Tito's go first, in the same transaction.
    """
    script = path.with_suffix(".sql")
    try:
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", f"--file={script}"]
        _run(["pg_restore", *options, str(path)], None)
        quiet = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction"]
        _run(["psql", *quiet, f"--command={_drop_all()}", f"--file={script}"], url)
    finally:
        script.unlink(missing_ok=True)


def _drop_all() -> str:
    tables = ", ".join([*Base.metadata.tables, schema.VERSION_TABLE])
    return f"DROP TABLE IF EXISTS {tables} CASCADE; DROP FUNCTION IF EXISTS {schema.REFUSES} CASCADE"


def _run(command: list[str], url: URL | None) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise GradebookError(
            f"`{command[0]}` is not installed; {UNTOUCHED}",
            expected="PostgreSQL's client programs, of the server's version or newer",
            next_step="install them (Debian: apt-get install postgresql-client)",
        )
    environment = {**os.environ, **({} if url is None else _for_libpq(url)), "LC_ALL": "C.UTF-8"}
    run = subprocess.run(
        [program, *command[1:]], env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if run.returncode != 0:
        said = " ".join(run.stderr.split())[:500] or f"it ended with {run.returncode}"
        raise GradebookError(
            f"`{command[0]}` refused; {UNTOUCHED}: {said}",
            where=None if url is None else url.render_as_string(hide_password=True),
        )


def _for_libpq(url: URL) -> dict[str, str]:
    """The address as environment variables: a command line shows its password to everybody on the machine."""
    plain: dict[str, str | None] = {
        "PGHOST": url.host,
        "PGPORT": None if url.port is None else str(url.port),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    found = {name: value for name, value in plain.items() if value}
    for name, value in url.query.items():
        found[f"PG{name.upper()}"] = value if isinstance(value, str) else ",".join(value)
    return found
