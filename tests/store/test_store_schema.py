"""The migrated tables are those of schema.py, and nobody can rewrite the ledger in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, insert, text
from sqlalchemy.exc import DBAPIError

from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine, reading, writing
from hat_clinic.store.migrate import NEWEST, require_current, revision, upgrade
from hat_clinic.store.roles import require_app_role
from hat_clinic.store.schema import LEDGER_TABLES, PROJECTION_TABLES, metadata
from hat_clinic.store.unusable import SchemaBehind, WrongRole
from tests.engines import as_owner
from tests.postgresql import PostgresServer

REPOSITORY = Path(__file__).parents[2]
ACTS = {"sqlcipher": ("delete", "replace", "update"), "postgresql": ("delete", "truncate", "update")}
ROWS: dict[str, dict[str, Any]] = {
    "ledger_leaf": {"seq": 0, "leaf": b"{}"},
    "ledger_node": {"level": 0, "idx": 0, "hash": bytes(32)},
    "ledger_head": {"size": 1, "note": "note"},
    "envelope": {"seq": 0, "bytes": b"{}"},
    "sealed": {"seq": 0, "key_version": 1, "patient_id": "p", "box": b"box"},
    "request": {
        "request_id": "r", "actor": "a", "terminal": "t", "body_sha256": bytes(32), "outcome": "accepted",
        "first_seq": 0, "entries": 1,
    },
}  # fmt: skip


def triggers(connection: Connection, engine_kind: str) -> set[str]:
    if engine_kind == "sqlcipher":
        query = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    return set(connection.execute(text(query)).scalars())


def add_row(engine: Engine, table: Table) -> None:
    with writing(engine) as connection:
        connection.execute(insert(table), {"site_id": "zh1", **ROWS[table.name]})


def rewriting(table: Table, engine_kind: str) -> dict[str, str]:
    """The statements that would rewrite the stored row, each by itself."""
    names = ", ".join(table.columns.keys())
    same = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {table.name} WHERE true"
    keys = ", ".join(column.name for column in table.primary_key)
    statements = {
        "update": f"UPDATE {table.name} SET site_id = 'other'",
        "delete": f"DELETE FROM {table.name}",
        "upsert": f"{same} ON CONFLICT ({keys}) DO UPDATE SET site_id = 'other'",
    }
    if engine_kind == "sqlcipher":
        statements["replace"] = same.replace("INSERT", "INSERT OR REPLACE", 1)
        statements["short replace"] = same.replace("INSERT", "REPLACE", 1)
    else:
        statements["truncate"] = f"TRUNCATE {table.name}"
    return statements


def stored(engine: Engine, table: Table) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(table.select())]


def test_migrated_tables_are_those_of_the_schema(engine: Engine) -> None:
    require_current(engine)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_trigger_is_there_and_no_other(engine: Engine, engine_kind: str) -> None:
    expected = {f"{table.name}_no_{act}" for table in LEDGER_TABLES for act in ACTS[engine_kind]}
    with reading(engine) as connection:
        assert triggers(connection, engine_kind) == expected


@pytest.mark.parametrize("table", LEDGER_TABLES, ids=lambda table: table.name)
def test_app_cannot_rewrite(engine: Engine, engine_kind: str, table: Table) -> None:
    add_row(engine, table)
    before = stored(engine, table)
    for act, statement in rewriting(table, engine_kind).items():
        with (
            pytest.raises(DBAPIError, match=r"only ever grows|permission denied"),
            writing(engine) as connection,
        ):
            connection.execute(text(statement))
        assert stored(engine, table) == before, act


@pytest.mark.parametrize("table", LEDGER_TABLES, ids=lambda table: table.name)
def test_owner_is_refused_by_the_triggers(
    database: SqlCipherPlace | PostgresPlace, engine_kind: str, table: Table
) -> None:
    engine = open_engine(as_owner(database))
    add_row(engine, table)
    before = stored(engine, table)
    for act, statement in rewriting(table, engine_kind).items():
        with pytest.raises(DBAPIError, match="only ever grows"), writing(engine) as connection:
            connection.execute(text(statement))
        assert stored(engine, table) == before, act
    engine.dispose()


@pytest.mark.only_on("sqlcipher", reason="OR IGNORE is SQLite's; it must not swallow the refusal")
@pytest.mark.parametrize("table", LEDGER_TABLES, ids=lambda table: table.name)
def test_sqlite_or_ignore_is_refused_too(engine: Engine, engine_kind: str, table: Table) -> None:
    add_row(engine, table)
    for act in ("UPDATE OR IGNORE", "UPDATE OR REPLACE"):
        with pytest.raises(DBAPIError, match="only ever grows"), writing(engine) as connection:
            connection.execute(text(f"{act} {table.name} SET site_id = 'other'"))


@pytest.mark.only_on("postgresql", reason="SQLite has no roles and no replication role")
def test_triggers_fire_for_replication_too(database: PostgresPlace, postgres_server: PostgresServer) -> None:
    engine = open_engine(database)
    add_row(engine, LEDGER_TABLES[0])
    engine.dispose()
    with postgres_server.administer(database.dbname) as connection:
        connection.execute("SET session_replication_role = replica")
        with pytest.raises(Exception, match="only ever grows"):
            connection.execute("DELETE FROM ledger_leaf")


@pytest.mark.parametrize(
    "name, wrong", [("ledger_node", {"hash": bytes(31)}), ("request", {"outcome": "maybe"})]
)
def test_malformed_rows_are_refused(engine: Engine, name: str, wrong: dict[str, Any]) -> None:
    row = {"site_id": "zh1", **ROWS[name], **wrong}
    with pytest.raises(DBAPIError, match=name), writing(engine) as connection:
        connection.execute(insert(metadata.tables[name]), row)


@pytest.mark.only_on("sqlcipher", reason="PostgreSQL has no other way than to keep types")
@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_sqlite_columns_keep_their_types(engine: Engine, engine_kind: str, table: Table) -> None:
    with reading(engine) as connection:
        sql = connection.execute(
            text("SELECT strict FROM pragma_table_list WHERE name = :n"), {"n": table.name}
        )
        assert sql.scalar_one() == 1


def test_a_staff_code_is_of_one_person_a_site(engine: Engine) -> None:
    table = metadata.tables["projection_person"]
    row = {"site_id": "zh1", "key": "1", "staff_code": "ana", "state": "{}"}
    with writing(engine) as connection:
        connection.execute(insert(table), [row, row | {"site_id": "zh2"}])
    with pytest.raises(DBAPIError, match="staff_code"), writing(engine) as connection:
        connection.execute(insert(table), row | {"key": "2"})


def test_keyed_tables_have_one_shape() -> None:
    for table in PROJECTION_TABLES:
        names = table.columns.keys()
        assert (names[:2], names[-1]) == (["site_id", "key"], "state"), table.name
        assert table.primary_key.columns.keys() == ["site_id", "key"], table.name


def test_the_newest_revision_is_the_one_end_of_the_migrations() -> None:
    """A migration that is added is known to the program, or nothing starts."""
    scripts = ScriptDirectory(str(REPOSITORY / "migrations"))
    assert scripts.get_heads() == [NEWEST]


def test_the_revision_is_read_as_alembic_reads_it(engine: Engine) -> None:
    with reading(engine) as connection:
        assert revision(connection) == MigrationContext.configure(connection).get_current_revision() == NEWEST


def test_an_empty_database_has_no_revision(database: SqlCipherPlace | PostgresPlace) -> None:
    engine = open_engine(as_owner(database))
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with reading(engine) as connection:
        assert revision(connection) is None
    with pytest.raises(SchemaBehind, match="at revision none"):
        require_current(engine)
    engine.dispose()


def test_a_process_that_only_starts_reads_no_alembic() -> None:
    said = "import sys, hat_clinic.wiring.writing; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], cwd=REPOSITORY, check=False).returncode == 0


def test_upgrade_again_changes_nothing(database: SqlCipherPlace | PostgresPlace) -> None:
    if isinstance(database, PostgresPlace):
        database = PostgresPlace(database.host_socket_dir, database.dbname, "hat_migrate")
    engine = open_engine(database)
    upgrade(engine)
    require_current(engine)
    engine.dispose()


@pytest.mark.parametrize("found", [None, "0000"])
def test_other_tables_are_refused_at_start(
    database: SqlCipherPlace | PostgresPlace, found: str | None
) -> None:
    engine = open_engine(as_owner(database))
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if found is not None:
            connection.execute(text("INSERT INTO alembic_version VALUES (:found)"), {"found": found})
    with pytest.raises(SchemaBehind, match=f"{found or 'none'}.*{NEWEST}.*hat-clinic migrate"):
        require_current(engine)
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(
    database: SqlCipherPlace | PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(as_owner(database))
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE {table.name}"))
        connection.execute(text("DELETE FROM alembic_version"))
        if not isinstance(database, SqlCipherPlace):
            connection.execute(text("DROP FUNCTION hat_only_grows"))
        connection.execute(text("CREATE TABLE projection_clock (in_the_way INTEGER)"))
    with pytest.raises(DBAPIError, match="projection_clock"):
        upgrade(engine)
    with reading(engine) as connection:
        names = set(metadata.tables) - {"projection_clock"}
        found = set(engine.dialect.get_table_names(connection))
        assert not found & names
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE projection_clock"))
    upgrade(engine)
    require_current(engine)
    engine.dispose()


def test_app_role_is_accepted(engine: Engine) -> None:
    require_app_role(engine)


@pytest.mark.only_on("postgresql", reason="SQLite has no roles")
@pytest.mark.parametrize(
    "user, words", [("hat_owner", "owns"), ("hat_migrate", "owner"), ("postgres", "superuser")]
)
def test_other_roles_are_refused(database: PostgresPlace, user: str, words: str) -> None:
    engine = open_engine(PostgresPlace(database.host_socket_dir, database.dbname, user))
    with pytest.raises(WrongRole, match=f"{user}.*{words}.*hat_app"):
        require_app_role(engine)
    engine.dispose()


@pytest.mark.only_on("postgresql", reason="SQLite has no roles")
@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_an_app_that_was_given_more_is_refused(database: PostgresPlace, right: str) -> None:
    owner = open_engine(as_owner(database))
    with writing(owner) as connection:
        connection.execute(text(f"GRANT {right} ON sealed TO hat_app"))
    owner.dispose()
    engine = open_engine(database)
    with pytest.raises(WrongRole, match=f"hat_app may {right} sealed"):
        require_app_role(engine)
    engine.dispose()


@pytest.mark.only_on("postgresql", reason="SQLite has no roles")
def test_app_creates_nothing(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), writing(engine) as connection:
        connection.execute(text("CREATE TABLE mine (a int)"))
