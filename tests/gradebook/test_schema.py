"""Models and migrations say the same, and every way between versions works."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from tests.gradebook.samples import hand_in
from tito.gradebook import Gradebook, GradebookError, schema
from tito.gradebook.models import AuditEvent, Base, CheckpointRow
from tito.gradebook.schema import VERSION_TABLE

HISTORY = {
    "audit_events",
    "submissions",
    "stray_intakes",
    "grader_versions",
    "grader_tests",
    "results",
    "outcomes",
    "outcome_texts",
    "grading_faults",
    "written_answers",
    "written_scores",
    "written_score_items",
    "written_score_comments",
    "overrides",
    "extensions",
    "late_days",
    "regrade_messages",
    "publications",
    "published_grades",
    "releases",
}
CHANGING = {
    "sections",
    "students",
    "checkpoints",
    "current_graders",
    "grading_claims",
    "written_questions",
    "rubric_items",
    "saved_comments",
    "written_claims",
    "regrade_requests",
    "published",
}


def definitions(connection: Connection) -> dict[str, str]:
    """The SQL that made each table and index, without white space, which is all that may differ."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"))
    return {
        name: "".join(sql.split()).replace('"', "").removesuffix(")") for name, sql in rows if name != VERSION_TABLE
    }


def forge(book: Gradebook, sql: str) -> None:
    """Run SQL as a bug of ours, or a tool at the prompt, might."""
    with book.begin("instructor:mallory") as work:
        work.unaudited()
        work.session.execute(text(sql))


def test_alembic_finds_no_difference_between_models_and_migrations(gradebook: Gradebook) -> None:
    with gradebook.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "include_name": lambda name, kind, _parents: kind != "table" or name != VERSION_TABLE,
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_make_exactly_the_tables_checks_and_indices_of_the_models(sqlite_file: Path) -> None:
    # Alembic does not compare CHECK constraints and defaults; the SQL itself does.
    with Gradebook.open(sqlite_file, create=True) as book, book.engine.connect() as connection:
        migrated = definitions(connection)
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        modelled = definitions(connection)
    engine.dispose()
    assert migrated.keys() == modelled.keys()
    for name, sql in modelled.items():
        # Constraints may stand in another order.
        assert sorted(migrated[name].split(",")) == sorted(sql.split(",")), name


def test_every_table_is_history_or_declared_to_change(gradebook: Gradebook) -> None:
    with gradebook.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
    assert tables == HISTORY | CHANGING
    assert not HISTORY & CHANGING


def test_going_down_and_up_again_gives_the_same_schema(sqlite_file: Path) -> None:
    with Gradebook.open(sqlite_file, create=True) as book, book.engine.begin() as connection:
        before = definitions(connection)
        schema.downgrade(connection, "base")
        assert definitions(connection) == {}
        assert connection.execute(text("SELECT count(*) FROM sqlite_master WHERE type='trigger'")).scalar() == 0
        schema.upgrade(connection)
        assert definitions(connection) == before


def test_every_constraint_and_index_has_a_name() -> None:
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint}"


def test_every_foreign_key_of_a_growing_table_that_queries_follow_is_indexed() -> None:
    for name in ("submissions", "results", "outcomes", "written_scores", "published_grades", "regrade_messages"):
        table = Base.metadata.tables[name]
        first_columns = {next(iter(index.columns)).name for index in table.indexes}
        first_columns |= {
            next(iter(constraint.columns)).name
            for constraint in table.constraints
            if constraint.__class__.__name__ in ("UniqueConstraint", "PrimaryKeyConstraint")
        }
        owner = {
            "submissions": "student_id",
            "results": "submission_id",
            "outcomes": "result_id",
            "written_scores": "submission_id",
            "published_grades": "student_id",
            "regrade_messages": "request_id",
        }[name]
        assert owner in first_columns


def test_a_gradebook_of_a_newer_tito_is_refused_and_left_alone(sqlite_file: Path) -> None:
    with Gradebook.open(sqlite_file, create=True) as book, book.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    for create in (True, False):
        with pytest.raises(GradebookError, match="newer version of Tito") as caught:
            Gradebook.open(sqlite_file, create=create)
        assert caught.value.next_step is not None
        assert "upgrade Tito" in caught.value.next_step


def test_an_older_gradebook_is_backed_up_and_brought_up_to_date_only_on_request(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gradebook.open(sqlite_file, create=True):
        pass
    current = schema.latest()
    state_of = schema.state_of
    upgraded = []

    def older(connection: Connection) -> schema.SchemaState:
        state = state_of(connection)
        return schema.SchemaState.OLDER if state is schema.SchemaState.CURRENT and not upgraded else state

    monkeypatch.setattr(schema, "state_of", older)
    monkeypatch.setattr(schema, "upgrade", lambda connection: upgraded.append(connection))
    with pytest.raises(GradebookError, match="schema is older"):
        Gradebook.open(sqlite_file)
    with Gradebook.open(sqlite_file, create=True):
        assert upgraded
    copy = sqlite_file.with_name(f"gradebook.db.{current}.backup")
    upgraded.append(None)
    with Gradebook.open(copy) as book, book.read() as session:
        assert session.query(CheckpointRow).count() == 16


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nbgrader.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        # As nbgrader's: it is versioned by Alembic too.
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("CREATE TABLE student (id VARCHAR)"))
    engine.dispose()
    before = path.read_bytes()
    with pytest.raises(GradebookError, match="belongs to another program"):
        Gradebook.open(path, create=True)
    assert path.read_bytes() == before


def test_opening_twice_keeps_what_is_there(url: str) -> None:
    with Gradebook.open(url, create=True) as book, book.read() as session:
        assert session.query(CheckpointRow).count() == 16
    with Gradebook.open(url, create=True) as book, book.read() as session:
        assert session.query(CheckpointRow).count() == 16


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_history_cannot_be_changed_even_by_plain_sql(gradebook: Gradebook, verb: str) -> None:
    assert hand_in(gradebook).accepted
    for table, column in (("submissions", "message"), ("audit_events", "reason")):
        sql = f"UPDATE {table} SET {column} = 'forged'" if verb == "UPDATE" else f"DELETE FROM {table}"
        with pytest.raises(GradebookError, match=f"{table} is append-only") as caught:
            forge(gradebook, sql)
        assert caught.value.next_step
    with gradebook.read() as session:
        assert session.query(AuditEvent).filter_by(reason="forged").count() == 0


def test_every_history_table_has_both_triggers(sqlite_file: Path) -> None:
    with Gradebook.open(sqlite_file, create=True) as book, book.engine.connect() as connection:
        found = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'")).scalars())
    assert found == {f"{table}_no_{event}" for table in HISTORY for event in ("update", "delete")}


def test_history_cannot_be_replaced_by_an_insert(sqlite_file: Path) -> None:
    with Gradebook.open(sqlite_file, create=True) as book:
        with book.begin("instructor:ira") as work:
            work.audit("test.event")
        columns = "(id, at, actor, action, reason) VALUES (1, '2026-01-01', 'x', 'y', '')"
        with pytest.raises(GradebookError, match="append-only"):
            forge(book, f"INSERT OR REPLACE INTO audit_events {columns}")
