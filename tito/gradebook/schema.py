"""The version of a gradebook's schema: which it is, which this Tito knows, and the way from one to
the other.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

VERSION_TABLE: Final = "tito_schema_version"
"""A name of our own: nbgrader keeps `alembic_version` in its database, and the two must not be taken for each
other.
"""

REFUSES: Final = "tito_refuse_change()"
"""The function on PostgreSQL that the triggers of append-only tables call."""


class SchemaState(Enum):
    """How a database stands to this version of Tito."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration: the scripts packaged with Tito, on this connection."""
    settings = Config()
    # The folder's path and not the `package:folder` form, whose loader an editable install may not find.
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def latest() -> str:
    """Return the revision that this version of Tito works with."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    if head is None:
        raise RuntimeError("no migrations are packaged with tito.gradebook")
    return head


def revisions() -> set[str]:
    """Return the revisions that this version of Tito knows."""
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def revision_of(connection: Connection) -> str | None:
    """Return the revision a database has, or None when it has none."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def state_of(connection: Connection) -> SchemaState:
    """Say how the database stands to this version of Tito."""
    revision = revision_of(connection)
    if revision is None:
        strangers = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
        return SchemaState.FOREIGN if strangers else SchemaState.EMPTY
    if revision == latest():
        return SchemaState.CURRENT
    return SchemaState.OLDER if revision in revisions() else SchemaState.NEWER


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the schema up to a revision, in the connection's transaction."""
    command.upgrade(config(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Take the schema back to an earlier revision (`base` for none), in the connection's transaction."""
    command.downgrade(config(connection), to)
