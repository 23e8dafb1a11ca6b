"""A dump replaces the whole database, whichever of Tito's schemas it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.gradebook.conftest import Clock, fill
from tito.gradebook import Gradebook
from tito.gradebook.dump import dump_name, read_dump, state_of_target, write_dump
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import Student
from tito.gradebook.schema import SchemaState, downgrade
from tito.gradebook.services.roster import RosterEntry, import_roster

STRANGER = """
CREATE TABLE later (id integer PRIMARY KEY, checkpoint integer REFERENCES checkpoints (number));
CREATE TRIGGER later_append_only BEFORE DELETE ON later FOR EACH STATEMENT EXECUTE FUNCTION tito_refuse_change();
"""


def names(url: str, clock: Clock) -> list[str]:
    with Gradebook.open(url, create=True, clock=clock) as book, book.read() as session:
        return list(session.scalars(select(Student.student_id).order_by(Student.student_id)))


@pytest.fixture
def dump(url: str, clock: Clock, tmp_path: Path) -> Path:
    """A dump of a gradebook under the first schema; the gradebook has another student since, and the newest schema."""
    path = tmp_path / "backup" / dump_name(url)
    path.parent.mkdir()
    book = fill(url, clock)
    with book.engine.begin() as connection:
        downgrade(connection, "0001")
    write_dump(book, path)
    book.close()
    with Gradebook.open(url, create=True, clock=clock) as newer, newer.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("cy", "Cy")])
    return path


def test_a_dump_of_an_older_schema_replaces_a_newer_one(url: str, clock: Clock, dump: Path) -> None:
    read_dump(dump, url)
    assert state_of_target(url) is SchemaState.OLDER
    assert names(url, clock) == ["ana", "ben"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_what_refers_to_our_tables_is_in_nobodys_way(url: str, clock: Clock, dump: Path) -> None:
    with Gradebook.open(url, clock=clock) as book, book.engine.begin() as connection:
        connection.execute(text(STRANGER))
    read_dump(dump, url)
    assert names(url, clock) == ["ana", "ben"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_damaged_dump_changes_nothing(url: str, clock: Clock, dump: Path) -> None:
    dump.write_bytes(dump.read_bytes()[:-2000])
    with pytest.raises(GradebookError, match="nothing was changed"):
        read_dump(dump, url)
    assert names(url, clock) == ["ana", "ben", "cy"]
    assert not list(dump.parent.glob("*.sql"))
