"""Gradebooks to test with. `GRADEBOOK_TEST_URL` names a server to run the portable tests on instead of SQLite."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tito.gradebook import Gradebook
from tito.gradebook.engine import sqlite_path
from tito.gradebook.services.roster import RosterEntry, import_roster

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


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: a SQLite file, or a schema of its own on the server under test."""
    server = os.environ.get("GRADEBOOK_TEST_URL")
    if server is None:
        yield f"sqlite:///{tmp_path / 'gradebook.db'}"
        return
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"t{os.getpid()}_{abs(hash(tmp_path)):x}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    mine = make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
    yield mine.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


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


@pytest.fixture
def gradebook(url: str, clock: Clock, filled_file: Path) -> Iterator[Gradebook]:
    """A new gradebook with two students, ana in section A and ben in section B."""
    file = sqlite_path(make_url(url))
    if file is None:
        book = fill(url, clock)
    else:
        shutil.copyfile(filled_file, file)
        book = Gradebook.open(url, clock=clock)
    with book:
        yield book


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """Where a test of SQLite's own behaviour keeps its gradebook."""
    return tmp_path / "sqlite" / "gradebook.db"
