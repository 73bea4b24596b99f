"""The tables of a day with doses: each row changed or removed is found, and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.exporting import export, export_database
from hat_clinic.handlers.verdict import Code
from hat_clinic.handlers.verifying import silent, verify_bundle
from hat_clinic.store.schema import (
    PROJECTION_TABLES,
    patient_key,
    projection_line,
    projection_page,
    sealed,
)
from hat_clinic.vocabulary.terms import Whereabouts
from tests.auditor.verified_clinic import Inspector, Intruder, change, remove, rows
from tests.handlers.dosing import Ward


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    dose = one.handed_over()
    assert one.give(dose, 10, 5).accepted and one.saw_given(dose).accepted
    one.account(dose, 5, Whereabouts.UNACCOUNTED)
    one.prepared(10)
    yield one
    one.clinic.close()


@pytest.fixture
def inspector(ward: Ward) -> Inspector:
    one = Inspector(ward.clinic)
    found = one.verify()
    assert found.code is Code.HOLDS, found.text()
    return one


@pytest.fixture
def intruder(ward: Ward, database: Any) -> Iterator[Intruder]:
    one = Intruder(ward.clinic, database)
    yield one
    one.close()


def test_every_table_people_read_is_compared(inspector: Inspector, intruder: Intruder) -> None:
    with intruder.at_work() as connection:
        stored = {table: rows(connection, table) for table in PROJECTION_TABLES}
    filled = {table: each for table, each in stored.items() if each}
    # The others have no row on such a day, and a row put into them is found elsewhere.
    assert {table.name for table in stored if table not in filled} <= {
        "projection_count",
        "projection_pending",
    }
    for table, each in filled.items():
        with intruder.at_work() as connection:
            change(connection, table, each[0], state=each[0]["state"][:-1] + ',"x":1}')
            found = inspector.verify_inside(connection)
        assert (found.code, found.table, found.key) == (Code.TAMPERED, table.name, each[0]["key"])
        assert found.entry is not None
        with intruder.at_work() as connection:
            remove(connection, table, each[-1])
            found = inspector.verify_inside(connection)
        assert (found.code, found.table, found.key) == (Code.TAMPERED, table.name, each[-1]["key"])
        assert found.entry is not None


def test_a_balance_made_right_in_the_tables_alone_is_found(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    with intruder.at_work() as connection:
        for table in (projection_page, projection_line):
            for row in rows(connection, table):
                bent = row["state"].replace('"ug":19985000', '"ug":19990000')
                change(connection, table, row, state=bent)
        found = inspector.verify_inside(connection)
        export(connection, inspector.clinic.keys, None, tmp_path / "b", False, frozenset(), silent)
    assert (found.code, found.table) == (Code.TAMPERED, "projection_line"), found.text()
    assert verify_bundle(tmp_path / "b", inspector.policy, inspector.notes) == found


def test_a_register_written_out_otherwise_is_found(ward: Ward, inspector: Inspector, tmp_path: Path) -> None:
    export_database(ward.clinic.engine, ward.clinic.keys, None, tmp_path / "b", as_folder=True)
    assert verify_bundle(tmp_path / "b", inspector.policy, inspector.notes).code is Code.HOLDS
    written = tmp_path / "b" / "register.csv"
    text = written.read_text()
    assert "19985000" in text
    written.write_text(text.replace("19985000", "19990000"))
    found = verify_bundle(tmp_path / "b", inspector.policy, inspector.notes)
    assert found.code is Code.TAMPERED and "register.csv" in found.words[0]


def test_a_sealed_row_moved_to_a_patient_without_a_key_is_no_erasure(
    ward: Ward, inspector: Inspector, intruder: Intruder
) -> None:
    with intruder.at_work() as connection:
        for row in rows(connection, sealed):
            with connection.begin_nested() as point:
                change(connection, sealed, row, patient_id="0190a000-0000-7000-8000-00000000dead")
                found = inspector.verify_inside(connection)
                assert (found.code, found.entry) == (Code.TAMPERED, row["seq"]), found.text()
                point.rollback()


def test_a_patient_without_a_key_and_the_register_stands(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    with intruder.at_work() as connection:
        pages = rows(connection, projection_page), rows(connection, projection_line)
        connection.execute(patient_key.delete())
        found = inspector.verify_inside(connection)
        assert (found.code, found.erased) == (Code.HOLDS, 2), found.text()
        assert any("2 envelopes erased" in words for words in found.words)
        assert pages == (rows(connection, projection_page), rows(connection, projection_line))
        export(connection, inspector.clinic.keys, None, tmp_path / "b", False, frozenset(), silent)
    assert verify_bundle(tmp_path / "b", inspector.policy, inspector.notes) == found
