"""The tables of a day with doses: each row changed or removed is found, and named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.bundle_files import PROJECTIONS
from hat_clinic.handlers.exporting import export, export_database
from hat_clinic.handlers.verdict import Code
from hat_clinic.handlers.verifying import silent, verify_bundle
from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.tree import Frontier
from hat_clinic.store.ledger_rows import node_reader
from hat_clinic.store.schema import (
    PROJECTION_TABLES,
    ledger_head,
    patient_key,
    projection_line,
    projection_page,
    request,
    sealed,
    site,
)
from hat_clinic.store.sealed import rotate
from hat_clinic.vocabulary.terms import Whereabouts
from hat_clinic.wiring.system import SystemIds
from tests.auditor.verified_clinic import Inspector, Intruder, add, change, remove, rows
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
    bundle = verify_bundle(tmp_path / "b", inspector.policy, inspector.notes)
    assert (bundle.code, bundle.erased) == (Code.INCOMPLETE, 2), bundle.text()


def test_an_envelope_that_was_erased_by_itself_is_no_erasure(
    ward: Ward, inspector: Inspector, intruder: Intruder
) -> None:
    """Rotated away from under one envelope of a patient, who keeps a key for all the others."""
    with intruder.at_work() as connection:
        first = rows(connection, sealed)[0]
        random = SystemIds().random
        rotate(connection, ward.clinic.keys, random, first["patient_id"])
        assert inspector.verify_inside(connection).code is Code.HOLDS
        connection.execute(sealed.delete().where(sealed.c.seq == first["seq"], sealed.c.key_version == 2))
        for box in (first["box"], b"\x01garbage"):
            change(connection, sealed, first, box=box)
            found = inspector.verify_inside(connection)
            assert (found.code, found.entry) == (Code.TAMPERED, first["seq"]), found.text()


def test_rows_of_a_site_that_is_none_are_found_and_so_is_a_site_without_a_log(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    with intruder.at_work() as connection:
        for table in (projection_line, projection_page):
            with connection.begin_nested() as point:
                add(connection, table, rows(connection, table)[0], site_id="ZZ")
                found = inspector.verify_inside(connection)
                target = tmp_path / table.name
                export(connection, inspector.clinic.keys, None, target, False, frozenset(), silent)
                point.rollback()
            bundle = verify_bundle(target, inspector.policy, inspector.notes)
            for each in (found, bundle):
                assert each.code is Code.TAMPERED and table.name in each.words[0], each.text()
        add(connection, site, rows(connection, site)[0], site_id="AAAA", origin="hat.invalid/none")
        found = inspector.verify_inside(connection)
    assert found.code is Code.TAMPERED and "AAAA" in found.words[0], found.text()


def test_a_row_of_another_site_in_a_bundle_is_found(inspector: Inspector, tmp_path: Path) -> None:
    export_database(inspector.clinic.engine, inspector.clinic.keys, None, tmp_path / "b", as_folder=True)
    part = tmp_path / "b" / PROJECTIONS
    for line in part.read_text(encoding="utf-8").splitlines():
        read = json.loads(line)
        if read["table"] == "projection_line":
            read["row"] = read["row"].replace('"site_id":"zh1"', '"site_id":"ZZ"')
            with part.open("a", encoding="utf-8") as file:
                file.write(json.dumps(read, sort_keys=True, separators=(",", ":")) + "\n")
            break
    found = verify_bundle(tmp_path / "b", inspector.policy, inspector.notes)
    assert found.code is Code.TAMPERED and "ZZ" in found.words[0], found.text()


def test_a_head_in_the_middle_of_a_decision_was_never_signed_by_the_writer(
    ward: Ward, inspector: Inspector, intruder: Intruder
) -> None:
    """Whoever has the head key can sign one there, and name it in the next."""
    keys, site_id = ward.clinic.keys, ward.clinic.site.site_id
    with intruder.at_work() as connection:
        decision = next(row for row in rows(connection, request) if row["entries"] > 1 and row["first_seq"])
        middle = decision["first_seq"] + 1
        heads = rows(connection, ledger_head)
        after = next(row for row in heads if row["size"] > middle)
        before = max(row["size"] for row in heads if row["size"] < middle)
        for size, previous in ((middle, before), (after["size"], middle)):
            frontier = Frontier.from_nodes(size, node_reader(connection, site_id))
            head = Checkpoint(keys.origin, size, frontier.root, previous)
            note = sign_checkpoint(head, keys.head.sign, keys.head.public_raw)
            if size == middle:
                add(connection, ledger_head, after, size=size, note=note)
            else:
                change(connection, ledger_head, after, note=note)
        verdict = inspector.verify_inside(connection)
    assert (verdict.code, verdict.entry) == (Code.TAMPERED, middle - 1), verdict.text()
    assert "middle of its decision" in verdict.text()
