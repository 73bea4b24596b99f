"""Values that no column of ours holds: an alarm that names its place, not a typing mistake, not a crash.

With the database's own key one UPDATE is enough for text that is no UTF-8; for the rest a table is
made anew without its rules.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from hat_clinic.cli import main
from hat_clinic.ledger.kept_heads import kept
from hat_clinic.store.engine import is_sqlite, reading
from hat_clinic.store.ledger_rows import heads
from hat_clinic.store.own_kinds import TABLES, require_each_once, require_own_kinds, require_row_of_log
from hat_clinic.store.own_tables import require_own_tables, require_sound
from hat_clinic.store.schema import LEDGER_TABLES, metadata, projection_key, projection_person
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.wiring.ceremony import init_clinic
from hat_clinic.wiring.folder import POLICY, ClinicFolder
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.auditor.verified_clinic import Inspector, Intruder, open_clinic
from tests.cli.founded import CLINIC, PEOPLE, at_work
from tests.clinic import Clinic

TAMPERED, UNMET = 2, 4
NO_TEXT = "CAST(x'ff' AS TEXT)"


@pytest.fixture
def data(founded: Path, tmp_path: Path) -> Path:
    shutil.copytree(founded, tmp_path / "clinic")
    engine = ClinicFolder.open(tmp_path / "clinic").engine()
    with reading(engine) as connection:
        notes = "".join(kept(note) for _, note in heads(connection, "zh1"))
    engine.dispose()
    (tmp_path / "heads").mkdir()
    (tmp_path / "heads" / "mine.notes").write_text(notes, encoding="utf-8")
    return tmp_path / "clinic"


def made_anew(connection: Connection, name: str) -> None:
    """The table holds what it held, and on SQLite it will hold anything."""
    columns = ", ".join(f'"{column.name}"' for column in metadata.tables[name].columns)
    if is_sqlite(connection):
        connection.execute(text(f"CREATE TABLE made_anew ({columns})"))
        connection.execute(text(f"INSERT INTO made_anew SELECT {columns} FROM {name}"))
    else:
        connection.execute(text(f"CREATE TABLE made_anew AS SELECT {columns} FROM {name}"))
    connection.execute(text(f"DROP TABLE {name}"))
    connection.execute(text(f"ALTER TABLE made_anew RENAME TO {name}"))


def run(*arguments: Any) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main.run([str(each) for each in arguments])
    return ended.value.code


def told(founded: Path, data: Path, capsys: Any) -> dict[str, Any]:
    """The verdict of somebody who kept policy and heads elsewhere."""
    capsys.readouterr()
    code = run(
        "verify", "--data", data, "--policy", founded / POLICY, "--heads", data.parent / "heads", "--json"
    )
    verdict: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert verdict["code"] == code
    return verdict


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        (f"UPDATE request SET actor = {NO_TEXT} WHERE first_seq = 0", 0),
        (f"UPDATE ledger_head SET note = {NO_TEXT} WHERE size = 4", 3),
        (f"UPDATE site SET name = {NO_TEXT}", 0),
        (f"UPDATE projection_person SET state = {NO_TEXT}", None),
    ],
)
def test_one_update_with_the_databases_own_key_is_an_alarm(
    founded: Path, data: Path, capsys: Any, change: str, bad: int | None
) -> None:
    assert told(founded, data, capsys)["code"] == 0
    with at_work(data) as connection:
        assert connection.execute(text(change)).rowcount
    found = told(founded, data, capsys)
    assert (found["code"], found["first_bad_entry"]) == (TAMPERED, bad), found
    (data / POLICY).unlink()
    assert run("verify", "--data", data) == TAMPERED, "without any policy"
    assert run("rebuild", "--data", data, "--check") == TAMPERED
    assert run("export", "--data", data, data.parent / "b.zip") == TAMPERED
    assert not (data.parent / "b.zip").exists(), "what cannot be read is not exported"


def test_a_site_that_is_named_otherwise_is_an_alarm_and_another_clinics_is_none(
    founded: Path, data: Path, capsys: Any, tmp_path: Path
) -> None:
    another = replace(CLINIC, origin="other.example/zh1")
    init_clinic(tmp_path / "o", another, PEOPLE, SystemClock(), SystemIds())
    own = ("--data", data, "--policy", tmp_path / "o" / POLICY)
    assert run("verify", *own) == UNMET, "an inspector with another clinic's policy proves nothing"
    with at_work(data) as connection:
        connection.execute(text("UPDATE site SET origin = 'another.invalid/zh1'"))
    found = told(founded, data, capsys)
    assert (found["code"], found["first_bad_entry"]) == (TAMPERED, 0), found
    assert run("verify", *own) == UNMET
    (data / POLICY).unlink()
    assert run("verify", "--data", data) == TAMPERED, "without any policy"


@pytest.mark.parametrize(
    ("table", "change", "bad"),
    [
        ("site", "UPDATE site SET site_id = NULL", 0),
        ("ledger_leaf", "UPDATE ledger_leaf SET leaf = NULL WHERE seq = 1", 1),
        ("ledger_leaf", "UPDATE ledger_leaf SET seq = CAST(seq AS REAL) WHERE seq = 1", None),
        ("ledger_node", "UPDATE ledger_node SET level = 'x' WHERE level = 0 AND idx = 1", None),
        ("ledger_head", "UPDATE ledger_head SET note = CAST(note AS BLOB) WHERE size = 4", 3),
        ("envelope", "INSERT INTO envelope VALUES (NULL, 3, x'00')", 3),
        ("envelope", "UPDATE envelope SET bytes = 'text' WHERE seq = 1", 1),
        ("request", "UPDATE request SET entries = CAST(entries AS REAL) WHERE first_seq = 0", 0),
        ("patient_key", "INSERT INTO patient_key VALUES (NULL, 1, x'00')", None),
        ("projection_person", "INSERT INTO projection_person VALUES (NULL, 'k', 'c', '{}')", None),
        ("projection_person", "UPDATE projection_person SET key = NULL", None),
    ],
)
def test_a_table_made_anew_hides_nothing_and_crashes_nothing(
    founded: Path, data: Path, capsys: Any, table: str, change: str, bad: int | None
) -> None:
    with at_work(data) as connection:
        made_anew(connection, table)
    assert told(founded, data, capsys)["code"] == 0, "what is in it is what it was"
    with at_work(data) as connection:
        assert connection.execute(text(change)).rowcount
    found = told(founded, data, capsys)
    assert (found["code"], found["first_bad_entry"]) == (TAMPERED, bad), found
    assert table in found["words"][0]


@pytest.mark.parametrize(
    ("table", "again", "bad"),
    [
        ("envelope", "INSERT INTO envelope SELECT site_id, seq, x'7b7d' FROM was WHERE seq = 1", 1),
        ("request", "INSERT INTO request SELECT * FROM was WHERE first_seq = 0", 0),
        ("site", "INSERT INTO site SELECT site_id, 'another.invalid/x', name, zone FROM was", 0),
        ("projection_person", "INSERT INTO projection_person SELECT * FROM was", None),
    ],
)
def test_a_second_row_under_one_key_is_an_alarm(
    founded: Path, data: Path, capsys: Any, table: str, again: str, bad: int | None
) -> None:
    """Put in before the true one it was what another reader met first, and this one never."""
    with at_work(data) as connection:
        connection.execute(text(f"CREATE TABLE was AS SELECT * FROM {table}"))
        made_anew(connection, table)
        connection.execute(text(f"DELETE FROM {table}"))
        assert connection.execute(text(again)).rowcount
        connection.execute(text(f"INSERT INTO {table} SELECT * FROM was"))
    found = told(founded, data, capsys)
    assert (found["code"], found["first_bad_entry"]) == (TAMPERED, bad), found


def test_an_index_that_hides_a_row_is_an_alarm(founded: Path, data: Path, capsys: Any) -> None:
    """Who looks by that index misses the row; whoever compares the table, key by key, sees it."""
    name, table = "projection_key_by_site_id_person_id", projection_key.name
    with at_work(data) as connection:
        of_index = text(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")
        whole = connection.execute(of_index).scalar_one()
        connection.execute(text(f"DROP INDEX {name}"))
        person = connection.execute(text(f"SELECT min(person_id) FROM {table}")).scalar_one()
        connection.execute(text(f"{whole} WHERE person_id <> '{person}'"))
        connection.execute(text("PRAGMA writable_schema = ON"))
        connection.execute(text(f"UPDATE sqlite_master SET sql = '{whole}' WHERE name = '{name}'"))
    engine = ClinicFolder.open(data).engine()
    with reading(engine) as connection:
        seen = f"SELECT count(*) FROM {table} WHERE site_id = 'zh1' AND person_id = '{person}'"
        assert connection.execute(text(seen)).scalar_one() == 0, "it is hidden from whoever looks it up"
    engine.dispose()
    found = told(founded, data, capsys)
    assert found["code"] == TAMPERED and name in found["words"][0], found


def test_a_table_that_is_none_is_an_alarm(founded: Path, data: Path, capsys: Any) -> None:
    """A view may show one thing now and another at noon."""
    with at_work(data) as connection:
        connection.execute(text("ALTER TABLE projection_person RENAME TO behind"))
        connection.execute(text("CREATE VIEW projection_person AS SELECT * FROM behind"))
    found = told(founded, data, capsys)
    assert found["code"] == TAMPERED and "projection_person is no table" in found["words"][0], found


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = open_clinic(engine)
    yield one
    one.close()


def test_every_column_that_counts_is_asked_on_both_engines(clinic: Clinic, database: Any) -> None:
    """Each is made a number with a point, or of another kind, and found."""
    intruder = Intruder(clinic, database)
    with reading(clinic.engine) as connection:
        require_own_tables(connection)
        require_own_kinds(connection)
        require_each_once(connection)
        require_sound(connection)
        require_row_of_log(connection, clinic.site.origin)
    try:
        with intruder.at_work() as connection:
            for table in (*LEDGER_TABLES, projection_person):
                made_anew(connection, table.name)
                for column in table.columns:
                    point = connection.begin_nested()
                    if not is_sqlite(connection):
                        connection.execute(
                            text(f'ALTER TABLE {table.name} ALTER COLUMN "{column.name}" TYPE real USING 1')
                        )
                    odd = "1.5" if is_sqlite(connection) else "1"
                    connection.execute(text(f'UPDATE {table.name} SET "{column.name}" = {odd}'))
                    with pytest.raises(LedgerBroken, match=f"{table.name}.{column.name} holds"):
                        require_own_kinds(connection)
                    point.rollback()
    finally:
        intruder.close()


def test_all_but_the_desk_is_asked(clinic: Clinic) -> None:
    assert {*LEDGER_TABLES, projection_person} < set(TABLES)
    assert Inspector(clinic).verify().code == 0


def test_whoever_asks_for_a_verdict_is_told_not_the_command_alone(clinic: Clinic, database: Any) -> None:
    inspector, intruder = Inspector(clinic), Intruder(clinic, database)
    try:
        with intruder.at_work(keep=True) as connection:
            made_anew(connection, "projection_person")
            connection.execute(text("INSERT INTO projection_person SELECT * FROM projection_person"))
            if not is_sqlite(connection):
                connection.execute(text("GRANT SELECT ON projection_person TO PUBLIC"))
    finally:
        intruder.close()
    verdict = inspector.verify()
    assert verdict.code == TAMPERED, verdict.text()
    assert "projection_person has 2 rows under one key" in verdict.words[0]
