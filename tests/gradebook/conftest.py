"""Gradebooks to test with, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text

from tito.gradebook import Gradebook
from tito.gradebook.models import Base
from tito.gradebook.services.roster import RosterEntry, import_roster
from tools.postgres import Server

START = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: each test that asks for it runs on a SQLite file and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gradebook.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.database()
    yield server.url(name)
    server.drop(name)


def fill(url: str | Path, clock: Clock) -> Gradebook:
    book = Gradebook.open(url, create=True, clock=clock)
    with book.begin("instructor:ira") as work:
        import_roster(
            work,
            [
                RosterEntry("ana", "Ana Lovelace", "ana@example.edu", "A"),
                RosterEntry("ben", "Ben Hopper", None, "B"),
            ],
        )
    return book


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite gradebook to copy: running the migrations takes longer than most tests."""
    path = tmp_path_factory.mktemp("filled") / "gradebook.db"
    fill(path, Clock()).close()
    return path


class FilledDatabase:
    """The same on PostgreSQL, where making a database takes longer than most tests: one is emptied and refilled."""

    def __init__(self, url: str) -> None:
        self.url = url
        fill(url, Clock()).close()
        self._engine = create_engine(url)
        with self._engine.connect() as connection:
            self._rows = {
                table: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in Base.metadata.sorted_tables
            }

    def reset(self) -> None:
        """Bring back what it held at first. History refuses to be deleted, except without its triggers."""
        with self._engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(";".join(f"DELETE FROM {table.name}" for table in self._rows)))
            for table, rows in self._rows.items():
                if rows:
                    connection.execute(insert(table), rows)
            connection.execute(text(_SEQUENCES))

    def close(self) -> None:
        self._engine.dispose()


_SEQUENCES = """
DO $$ DECLARE one record; BEGIN
    FOR one IN
        SELECT table_name, column_name, pg_get_serial_sequence(table_name, column_name) AS sequence
        FROM information_schema.columns
        WHERE table_schema = 'public' AND pg_get_serial_sequence(table_name, column_name) IS NOT NULL
    LOOP
        EXECUTE format(
            'SELECT setval(%L, coalesce(max(%I), 1), max(%I) IS NOT NULL) FROM %I',
            one.sequence, one.column_name, one.column_name, one.table_name
        );
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def filled_database(postgres: Server) -> Iterator[FilledDatabase]:
    database = FilledDatabase(postgres.url(postgres.database()))
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def gradebook(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Gradebook]:
    """A new gradebook with two students, ana in section A and ben in section B."""
    if request.param == "sqlite":
        file = tmp_path / "gradebook.db"
        shutil.copyfile(request.getfixturevalue("filled_file"), file)
        with Gradebook.open(file, clock=clock) as book:
            yield book
        return
    database: FilledDatabase = request.getfixturevalue("filled_database")
    with Gradebook.open(database.url, clock=clock) as book:
        yield book
    database.reset()


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """Where a test of SQLite's own behaviour keeps its gradebook."""
    return tmp_path / "sqlite" / "gradebook.db"
