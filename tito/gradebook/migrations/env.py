"""Run by Alembic for each command. The connection comes from `tito.gradebook.schema`, inside its
transaction.
"""

from __future__ import annotations

from alembic import context

from tito.gradebook.models import Base
from tito.gradebook.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    # SQLite cannot alter most of a table in place; batch mode copies it.
    render_as_batch=True,
    # All migrations in the caller's one transaction: an upgrade that fails leaves the old schema untouched.
    transaction_per_migration=False,
)
context.run_migrations()
