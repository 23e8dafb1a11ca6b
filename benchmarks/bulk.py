"""Rows in bulk: into a gradebook by table, and a whole gradebook from an SQLite file into an empty PostgreSQL.

The services are measured elsewhere; a class of a thousand by them would take hours.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from tito.gradebook import Gradebook, Work
from tito.gradebook import models as m

_MANY = 200_000
"""Rows that are collected before they are written: some hundred megabytes."""


class Rows:
    """Collects rows by table and writes them in bulk, a table after those it points to."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in m.Base.metadata.sorted_tables}
        self._count = 0

    def add(self, model: type[m.Base], **values: object) -> None:
        """Keep a row for later."""
        self._rows[model.__tablename__].append(values)
        self._count += 1

    def write(self) -> None:
        """Write what was kept."""
        for name, rows in self._rows.items():
            if rows:
                self._work.session.connection().execute(insert(m.Base.metadata.tables[name]), rows)
                rows.clear()
        self._count = 0

    def write_if_many(self) -> None:
        """Write what was kept if it is much."""
        if self._count >= _MANY:
            self.write()


def copy_to_postgres(file: Path, url: str) -> None:
    """Fill an empty PostgreSQL database with the rows of an SQLite gradebook, by COPY.

    Both store the same: thousandths as integers, scores, JSON and times as text that PostgreSQL reads. Needs a
    superuser: foreign keys held in the file and are not looked up again.
    """
    with (
        Gradebook.open(url, create=True) as book,
        closing(sqlite3.connect(file)) as source,
        book.engine.connect() as connection,
    ):
        raw = connection.connection.dbapi_connection
        assert raw is not None
        cursor = raw.cursor()
        cursor.execute("SET session_replication_role = replica")
        for table in m.Base.metadata.sorted_tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            cursor.execute(f"TRUNCATE {table.name} CASCADE")
            with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copying:
                for row in source.execute(f"SELECT {columns} FROM {table.name}"):
                    copying.write_row(row)
        raw.commit()
        raw.autocommit = True
        cursor.execute("VACUUM ANALYZE")  # as the server's own housekeeping does after a minute
