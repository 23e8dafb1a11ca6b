"""The gradebook's schema through time. `tito.gradebook.schema` runs these; nobody calls Alembic by hand."""
