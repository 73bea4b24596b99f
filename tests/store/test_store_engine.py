"""How the database is opened, and when it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from hat_clinic.store.engine import (
    PostgresPlace,
    SqlCipherPlace,
    open_engine,
    postgres_arguments,
    reading,
    require_safe_sqlite,
    require_tested_postgres,
    writing,
)
from hat_clinic.store.unusable import Busy, StoreUnusable, UnsafeVersion, WrongKey

KEY = bytes(range(32))
SITE = text("INSERT INTO site VALUES ('zh1', 'hat.invalid/zh1', 'Clinic', 'Europe/Zurich')")
COUNT = text("SELECT count(*) FROM site")


@pytest.mark.parametrize(
    "version", [(3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 52, 0), (3, 53, 4), (4, 0, 0)]
)
def test_allows_sqlite_without_the_wal_reset_bug(version: tuple[int, int, int]) -> None:
    require_safe_sqlite(version)


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 45, 9), (3, 49, 2), (3, 50, 6), (3, 51, 2)])
def test_refuses_sqlite_with_the_wal_reset_bug(version: tuple[int, int, int]) -> None:
    with pytest.raises(UnsafeVersion, match="WAL"):
        require_safe_sqlite(version)


def test_boundary_of_tested_postgres() -> None:
    require_tested_postgres(160000)
    with pytest.raises(UnsafeVersion, match="PostgreSQL 15 is too old"):
        require_tested_postgres(159999)


@pytest.mark.only_on("sqlcipher", reason="pragmas are SQLite's")
@pytest.mark.parametrize(
    "pragma, value",
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("busy_timeout", 5000),
        ("wal_autocheckpoint", 4000),
    ],
)
def test_every_connection_has_the_pragmas(
    engine: Engine, engine_kind: str, pragma: str, value: object
) -> None:
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


@pytest.mark.only_on("postgresql", reason="session settings are PostgreSQL's")
@pytest.mark.parametrize(
    "name, value", [("synchronous_commit", "on"), ("TimeZone", "UTC"), ("lock_timeout", "10s")]
)
def test_every_session_has_the_settings(engine: Engine, engine_kind: str, name: str, value: str) -> None:
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    with reading(engine) as view:
        assert view.execute(COUNT).scalar_one() == 0
        with writing(engine) as connection:
            connection.execute(SITE)
        assert view.execute(COUNT).scalar_one() == 0
    with reading(engine) as view:
        assert view.execute(COUNT).scalar_one() == 1


def test_writing_is_undone_by_an_exception(engine: Engine) -> None:
    with pytest.raises(KeyError), writing(engine) as connection:
        _add_and_fail(connection)
    with reading(engine) as view:
        assert view.execute(COUNT).scalar_one() == 0


def _add_and_fail(connection: Connection) -> None:
    connection.execute(SITE)
    raise KeyError


@pytest.mark.only_on("postgresql", reason="SQLite's readers are only as good as their callers")
def test_a_reader_cannot_write(engine: Engine, engine_kind: str) -> None:
    with pytest.raises(DBAPIError, match="read-only"), reading(engine) as connection:
        connection.execute(SITE)


@pytest.mark.only_on("sqlcipher", reason="PostgreSQL locks the site's row instead")
def test_a_writer_holds_the_file_from_its_first_statement_on(engine: Engine, engine_kind: str) -> None:
    with writing(engine), engine.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout = 0")
        other.rollback()
        other = other.execution_options(hat_begin="BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            other.begin()


def test_passwords_and_keys_show_in_no_text(database: SqlCipherPlace | PostgresPlace) -> None:
    assert KEY.hex() not in repr(database)
    assert repr(KEY) not in repr(database)
    assert "hunter2" not in repr(PostgresPlace("/run", "hat", "hat_app", password="hunter2"))


class TestFile:
    """What only a file can have: an owner, a key and one process."""

    pytestmark = pytest.mark.only_on("sqlcipher", reason="PostgreSQL keeps its own files")

    def test_another_process_is_refused_and_told_what_to_do(self, database: SqlCipherPlace) -> None:
        program = (
            "import sys, pathlib, hat_clinic.store.engine as e\n"
            "e.open_engine(e.SqlCipherPlace(pathlib.Path(sys.argv[1]), bytes(range(32))))\n"
        )
        engine = open_engine(database)
        command = [sys.executable, "-c", program, str(database.path)]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        words = f"Busy: {database.path} is open in another process (process id {os.getpid()})"
        assert words in refused.stderr
        assert "Stop that process" in refused.stderr
        engine.dispose()
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0

    def test_a_second_engine_of_this_process_is_refused_too(self, database: SqlCipherPlace) -> None:
        engine = open_engine(database)
        with pytest.raises(Busy):
            open_engine(database)
        with reading(engine) as connection:
            assert connection.execute(COUNT).scalar_one() == 0
        engine.dispose()
        open_engine(database).dispose()

    def test_looking_is_possible_while_a_server_writes(self, database: SqlCipherPlace) -> None:
        engine = open_engine(database)
        looking = open_engine(database, alone=False)
        with writing(engine) as connection:
            connection.execute(SITE)
        with reading(looking) as connection:
            assert connection.execute(COUNT).scalar_one() == 1
        with pytest.raises(OperationalError, match="readonly"), writing(looking) as connection:
            connection.execute(text("DELETE FROM site"))
        looking.dispose()
        engine.dispose()

    def test_looking_makes_no_file(self, database: SqlCipherPlace) -> None:
        nowhere = database.path.with_name("nowhere.db")
        with pytest.raises(StoreUnusable, match="no database at"):
            open_engine(SqlCipherPlace(nowhere, KEY), alone=False)
        assert not nowhere.exists()

    def test_another_key_is_refused_and_frees_the_lock(self, database: SqlCipherPlace) -> None:
        with pytest.raises(WrongKey, match="root secret"):
            open_engine(SqlCipherPlace(database.path, bytes(32)))
        open_engine(database).dispose()

    def test_a_key_has_32_bytes(self, database: SqlCipherPlace) -> None:
        with pytest.raises(ValueError):
            SqlCipherPlace(database.path, b"short")

    def test_files_are_the_owners_only_and_unreadable(self, tmp_path: Path, engine_kind: str) -> None:
        engine = open_engine(SqlCipherPlace(tmp_path / "new.db", KEY))
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE t (a TEXT)"))
            connection.execute(text("INSERT INTO t VALUES ('Anna Muster')"))
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["new.db", "new.db-shm", "new.db-wal", "new.db.lock"]
        for file in files:
            assert file.stat().st_mode & 0o077 == 0, file
            assert b"Anna Muster" not in file.read_bytes()
            assert b"SQLite format" not in file.read_bytes()
        engine.dispose()


def test_what_was_asked_with_shows_in_no_error(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as failed, reading(engine) as connection:
        connection.execute(text("SELECT * FROM no_such_table WHERE name = :name"), {"name": "Ana Invented"})
    assert "Ana" not in str(failed.value)


def test_postgres_is_told_where_its_password_and_its_certificate_lie() -> None:
    place = PostgresPlace(
        "db.example",
        "hat",
        "hat_app",
        sslmode="verify-full",
        passfile=Path("/p"),
        root_certificate=Path("/r"),
    )
    told = postgres_arguments(place)
    assert (told["passfile"], told["sslrootcert"], told["sslmode"]) == ("/p", "/r", "verify-full")
    assert not {"passfile", "sslrootcert"} & set(postgres_arguments(PostgresPlace("/run", "hat", "hat_app")))
