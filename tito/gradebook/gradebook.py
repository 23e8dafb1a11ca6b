"""The gradebook as an object: open it, read from it, change it in units of work, back it up."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import schema
from tito.gradebook.engine import READER, WRITER, copy_all, make_engine, parse_url, sqlite_path, use_wal
from tito.gradebook.errors import BusyError, GradebookError, explained
from tito.gradebook.models import CheckpointRow
from tito.gradebook.work import Work

Clock = Callable[[], datetime]


def server_clock() -> datetime:
    """Return the present moment, in UTC. The only clock that decides a deadline."""
    return datetime.now(UTC)


class Gradebook:
    """The system of record. Open it with `Gradebook.open`; it may be shared by threads."""

    def __init__(self, engine: Engine, url: URL, clock: Clock, busy_seconds: float) -> None:
        self.url = url
        self.where = url.render_as_string(hide_password=True)
        self.engine = engine
        self.clock = clock
        self._busy_seconds = busy_seconds
        self._queue = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._writers = engine.execution_options(**{WRITER: True})
        self._readers = engine.execution_options(**{READER: True})
        if engine.dialect.name == "postgresql":
            # A page reads in several queries, which must all see the same state. SQLite's transactions do that anyway.
            # Writers on PostgreSQL lock what they decide on, and need to see what was committed while they waited.
            self._readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @classmethod
    def open(
        cls,
        url: str | URL | Path,
        *,
        create: bool = False,
        clock: Clock = server_clock,
        busy_seconds: float = 30.0,
    ) -> Gradebook:
        """Open the gradebook at a URL (or a SQLite file).

        With `create`, a missing one is made and an older schema is brought up to date (after a backup beside
        the file).
        Raises GradebookError: not there, not a gradebook, made by a newer Tito, locked, read-only, disk full.
        """
        parsed = parse_url(f"sqlite:///{url}" if isinstance(url, Path) else url)
        file = sqlite_path(parsed)
        if file is not None:
            _look_at(file, create)
        gradebook = cls(make_engine(parsed, busy_seconds=busy_seconds), parsed, clock, busy_seconds)
        try:
            with explained(gradebook.where):
                gradebook._fit_schema(create)
        except BaseException:
            gradebook.close()
            raise
        return gradebook

    @contextmanager
    def begin(self, actor: str) -> Iterator[Work]:
        """Give a unit of work: one transaction, committed at the end of the block, rolled back if it raises.

        Raises GradebookError when the database cannot take it; then nothing of it has happened.
        """
        with (
            explained(self.where),
            self._turn(),
            Session(self._writers, expire_on_commit=False, autoflush=True) as session,
        ):
            work = Work(session, actor, self.clock)
            # Take the write lock now, so that what the service reads is still true when it writes.
            session.connection()
            yield work
            session.flush()
            work.check_audited()
            session.commit()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let this program's threads write to SQLite one after the other.

        SQLite itself has whoever finds it locked sleep, longer each time, and look again: with many threads some come
        never to their turn, while others do that asked later.
        """
        if self._queue is None:
            yield
            return
        if not self._queue.acquire(timeout=self._busy_seconds):
            raise BusyError(
                "the gradebook is locked by another part of this program; nothing was changed",
                where=self.where,
                next_step="repeat the command",
            )
        try:
            yield
        finally:
            self._queue.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees one consistent state and writes nothing."""
        with explained(self.where), Session(self._readers, expire_on_commit=False) as session:
            event.listen(session, "before_flush", _refuse_writing)
            yield session
            # Nothing was written. But after a rollback psycopg has the server forget the statements that it prepared,
            # and the next page's queries would all be planned anew.
            session.commit()

    def backup(self, path: Path) -> Path:
        """Copy the whole gradebook to a file while others go on using it; return the path.

        The copy appears under its name only when it is complete. SQLite only. Raises GradebookError.
        """
        file = sqlite_path(self.url)
        if file is None:
            raise GradebookError(
                "this command backs up SQLite gradebooks",
                where=self.where,
                next_step="use pg_dump for PostgreSQL",
            )
        if path.exists():
            raise GradebookError(
                "there is a file of that name already", where=str(path), next_step="choose another name"
            )
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            with explained(str(path)):
                with (
                    closing(sqlite3.connect(file, timeout=self._busy_seconds)) as source,
                    closing(sqlite3.connect(partial)) as target,
                ):
                    copy_all(source, target)
                    # One file that needs no -wal beside it, so that it can be carried away.
                    target.execute("PRAGMA journal_mode = DELETE")
                    found = target.execute("PRAGMA integrity_check").fetchone()
                    if found != ("ok",):
                        raise GradebookError("the copy is damaged", where=str(path), expected="integrity_check: ok")
                with partial.open("rb") as written:
                    os.fsync(written.fileno())
                os.link(partial, path)  # refuses to replace a file that appeared meanwhile
        except FileExistsError as error:
            raise GradebookError(
                "there is a file of that name already", where=str(path), next_step="choose another name"
            ) from error
        except OSError as error:
            raise GradebookError(f"the backup cannot be written: {error.strerror}", where=str(path)) from error
        finally:
            partial.unlink(missing_ok=True)
        return path

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fit_schema(self, create: bool) -> None:
        with self.engine.connect() as connection:
            state = schema.state_of(connection)
        if state is schema.SchemaState.CURRENT:
            return
        if state in (schema.SchemaState.FOREIGN, schema.SchemaState.NEWER) or not create:
            raise self._misfit(state)
        use_wal(self.engine)
        if state is schema.SchemaState.OLDER and sqlite_path(self.url) is not None:
            self._back_up_before_upgrade()
        with self._writers.begin() as connection:
            # Under the lock. Where another process has done it while we waited, there is nothing left to do.
            schema.upgrade(connection)
            with Session(connection) as session:
                for checkpoint in CHECKPOINTS:
                    session.merge(CheckpointRow(number=checkpoint.number, slug=checkpoint.slug, name=checkpoint.name))
                session.flush()

    def _back_up_before_upgrade(self) -> None:
        file = sqlite_path(self.url)
        if file is None:
            return
        with self.engine.connect() as connection:
            revision = schema.revision_of(connection)
        copy = file.with_name(f"{file.name}.{revision}.backup")
        if not copy.exists():
            self.backup(copy)

    def _misfit(self, state: schema.SchemaState) -> GradebookError:
        if state is schema.SchemaState.NEWER:
            return GradebookError(
                "the gradebook was made by a newer version of Tito; nothing was changed",
                where=self.where,
                expected=f"schema {schema.latest()} or older",
                next_step="upgrade Tito to the version that last used this course",
            )
        if state is schema.SchemaState.FOREIGN:
            return GradebookError(
                "the database belongs to another program; nothing was changed",
                where=self.where,
                expected="a gradebook of Tito's, or an empty database",
                next_step="correct `c.TitoCourse.database_url` in course_config.py",
            )
        what = "there is no gradebook yet" if state is schema.SchemaState.EMPTY else "the gradebook's schema is older"
        return GradebookError(
            f"{what}; nothing was changed",
            where=self.where,
            expected=f"schema {schema.latest()}",
            next_step="run `tito roster import FILE.csv`, which makes one"
            if state is schema.SchemaState.EMPTY
            else "run `tito grade`, which brings it up to date after a backup beside it",
        )


def _look_at(file: Path, create: bool) -> None:
    """Refuse early what SQLite would report less clearly, and make the state folder where it may be made."""
    if file.is_dir():
        raise GradebookError("the gradebook's path is a folder", where=str(file), expected="a file")
    if file.exists():
        return
    if not create:
        raise GradebookError(
            "there is no gradebook yet",
            where=str(file),
            next_step="run `tito roster import FILE.csv`, which makes one",
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradebookError(
            f"the gradebook's folder cannot be made: {error.strerror}", where=str(file.parent)
        ) from error


def _refuse_writing(session: Session, _context: object, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a reading session was asked to write: use Gradebook.begin(actor=...)")
