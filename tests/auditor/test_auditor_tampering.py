"""Whoever owns the database and has dropped its triggers is found out, and the entry is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, LargeBinary, Text
from sqlalchemy.exc import IntegrityError

from hat_clinic.handlers.verdict import Code
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.store.ledger_rows import leaf_chunk
from hat_clinic.store.schema import (
    LEDGER_TABLES,
    PROJECTION_TABLES,
    envelope,
    ledger_head,
    ledger_leaf,
    ledger_node,
    request,
    sealed,
    site,
)
from hat_clinic.store.sealed import ToSeal, put
from tests.auditor.verified_clinic import (
    SITE,
    Inspector,
    Intruder,
    add,
    change,
    open_clinic,
    remove,
    rows,
)
from tests.clinic import Clinic


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = open_clinic(engine)
    yield one
    one.close()


@pytest.fixture
def inspector(clinic: Clinic) -> Inspector:
    one = Inspector(clinic)
    found = one.verify()
    assert found.code is Code.HOLDS, found.text()  # each test begins with a database that verifies
    return one


@pytest.fixture
def intruder(clinic: Clinic, database: Any) -> Iterator[Intruder]:
    one = Intruder(clinic, database)
    yield one
    one.close()


def test_dropping_the_triggers_alone_changes_nothing(inspector: Inspector, intruder: Intruder) -> None:
    with intruder.at_work() as connection:
        assert inspector.verify_inside(connection).code is Code.HOLDS


def others(column: Column[Any], value: Any) -> list[Any]:
    """Other values that this column can hold."""
    if isinstance(column.type, LargeBinary):
        return [value[:-1] + bytes([value[-1] ^ 1]), value[::-1]]
    if column.name == "outcome":
        return ["refused" if value == "accepted" else "accepted"]
    if isinstance(column.type, Text):
        return [value + "x", value[1:] + value[:1]]
    if column.name == "open":
        return [1 - value]
    return [value + 1000, value + 1 if column.name != "level" else 60, -5]


# A head that was moved away from the end is missed at the entry it now claims.
MOVED = 1


def first_bad(table: Any, row: dict[str, Any]) -> int:
    """The entry to which a row of a ledger table belongs."""
    if table is ledger_node:
        return int(((row["idx"] + 1) << row["level"]) - 1)
    if table is ledger_head:
        return int(row["size"] - 1)
    return int(row["first_seq"] if table is request else row["seq"])


@pytest.mark.parametrize("table", LEDGER_TABLES, ids=lambda table: table.name)
def test_every_value_of_every_ledger_row_counts(inspector: Inspector, intruder: Intruder, table: Any) -> None:
    with intruder.at_work() as connection:
        stored = rows(connection, table)
    assert stored
    for row in (stored[1], stored[len(stored) // 2], stored[-1]):
        for column in table.columns:
            for value in others(column, row[column.name]):
                with intruder.at_work() as connection:
                    try:
                        with connection.begin_nested():
                            change(connection, table, row, **{column.name: value})
                    except IntegrityError:  # a constraint of the table stands in the way
                        continue
                    found = inspector.verify_inside(connection)
                    note = f"{table.name} {row} {column.name} := {value!r}: {found.text()}"
                    assert found.code is Code.TAMPERED, note
                    assert found.entry is not None and found.entry <= first_bad(table, row) + MOVED, note


@pytest.mark.parametrize("table", LEDGER_TABLES, ids=lambda table: table.name)
def test_every_ledger_row_is_missed(inspector: Inspector, intruder: Intruder, table: Any) -> None:
    with intruder.at_work() as connection:
        stored = rows(connection, table)
    for row in stored:
        with intruder.at_work() as connection:
            remove(connection, table, row)
            found = inspector.verify_inside(connection)
            assert found.code is Code.TAMPERED, f"{row} {found.text()}"
            assert found.entry == first_bad(table, row), f"{row} {found.text()}"


BESIDE: list[tuple[Any, dict[str, Any]]] = [
    (ledger_leaf, {"seq": 1000}),
    (ledger_node, {"level": 9, "idx": 0}),
    (ledger_node, {"level": 0, "idx": 1000}),
    (ledger_head, {"size": 1000}),
    (ledger_head, {"size": 1}),
    (ledger_head, {"size": 0}),
    (envelope, {"seq": 1000}),
    (envelope, {"site_id": "elsewhere"}),
    (sealed, {"seq": 1000}),
    (sealed, {"seq": 0}),
    (sealed, {"key_version": 2}),
    (sealed, {"key_version": 0}),
    (request, {"request_id": "0190a000-0000-7000-8000-000000000001"}),
    (request, {"request_id": "0190a000-0000-7000-8000-000000000001", "first_seq": 1000}),
    (request, {"request_id": "0190a000-0000-7000-8000-000000000001", "first_seq": -3}),
]


def test_a_row_nobody_made_is_found(inspector: Inspector, intruder: Intruder) -> None:
    for table, values in BESIDE:
        with intruder.at_work() as connection:
            add(connection, table, rows(connection, table)[-1], **values)
            found = inspector.verify_inside(connection)
        assert found.code is Code.TAMPERED, f"{table.name} {values}: {found.text()}"
        assert found.entry is not None


def test_two_rows_that_change_places_are_found(inspector: Inspector, intruder: Intruder) -> None:
    for table in LEDGER_TABLES:
        with intruder.at_work() as connection:
            one, *_, other = rows(connection, table)
            keys = {column.name for column in table.primary_key.columns}
            change(connection, table, one, **{name: other[name] for name in other.keys() - keys})
            change(connection, table, other, **{name: one[name] for name in one.keys() - keys})
            found = inspector.verify_inside(connection)
        assert found.code is Code.TAMPERED, f"{table.name}: {found.text()}"
        assert found.entry is not None and found.entry <= first_bad(table, one)


def made_up(table: Any) -> dict[str, Any]:
    """A row of a projection that has none."""
    row: dict[str, Any] = {column.name: "{}" for column in table.columns}
    return {**row, "site_id": "zh1", **{name: 1 for name in ("open", "number") if name in table.c}}


def test_a_projection_s_row_nobody_made_is_found(inspector: Inspector, intruder: Intruder) -> None:
    for table in PROJECTION_TABLES:
        with intruder.at_work() as connection:
            stored = rows(connection, table)
            add(connection, table, stored[0] if stored else made_up(table), key="made up", **once(table))
            found = inspector.verify_inside(connection)
        assert (found.code, found.table, found.key) == (Code.TAMPERED, table.name, "made up"), found.text()


def test_a_projection_s_row_that_is_gone_is_missed(inspector: Inspector, intruder: Intruder) -> None:
    for table, row in last_rows(intruder):
        with intruder.at_work() as connection:
            remove(connection, table, row)
            found = inspector.verify_inside(connection)
        assert (found.code, found.table, found.key) == (Code.TAMPERED, table.name, row["key"]), found.text()
        assert found.entry is not None


def test_every_value_of_a_projection_s_row_counts(inspector: Inspector, intruder: Intruder) -> None:
    for table, row in last_rows(intruder):
        for column in table.columns:
            with intruder.at_work() as connection:
                change(connection, table, row, **{column.name: others(column, row[column.name])[0]})
                found = inspector.verify_inside(connection)
            assert (found.code, found.table) == (Code.TAMPERED, table.name), found.text()
            assert found.entry is not None


def last_rows(intruder: Intruder) -> list[tuple[Any, dict[str, Any]]]:
    """The last row of every projection that has any."""
    with intruder.at_work() as connection:
        stored = [(table, rows(connection, table)) for table in PROJECTION_TABLES]
    found = [(table, each[-1]) for table, each in stored if each]
    assert len(found) >= 5
    return found


def once(table: Any) -> dict[str, Any]:
    """What must differ in a second row."""
    return {"staff_code": "made up"} if "staff_code" in table.c else {}


def test_the_row_named_comes_with_the_newest_entry_that_made_it(
    inspector: Inspector, intruder: Intruder, clinic: Clinic
) -> None:
    from hat_clinic.store.schema import projection_person

    with intruder.at_work() as connection:
        ada = next(row for row in rows(connection, projection_person) if row["key"] == clinic.ada.person)
        change(connection, projection_person, ada, state=ada["state"].replace("Invented", "Somebody"))
        found = inspector.verify_inside(connection)
    # Ada has been who she is since the second founder confirmed entry 0.
    assert (found.code, found.entry, found.table) == (Code.TAMPERED, 1, "projection_person")


def test_an_entry_in_clear_that_was_sealed_is_found(
    inspector: Inspector, intruder: Intruder, clinic: Clinic
) -> None:
    """Otherwise destroying that key would take an entry of the register along."""
    with intruder.at_work() as connection:
        one = rows(connection, envelope)[-1]
        patient = rows(connection, sealed)[0]["patient_id"]
        remove(connection, envelope, one)
        tag = parse_leaf(dict(leaf_chunk(connection, SITE, one["seq"], 1))[one["seq"]]).tag
        hidden = ToSeal(one["seq"], tag, patient, one["bytes"])
        put(connection, SITE, clinic.keys, clinic.ids.random, [hidden])
        found = inspector.verify_inside(connection)
    assert (found.code, found.entry) == (Code.TAMPERED, one["seq"]), found.text()
    assert "lies sealed" in found.words[0]


@pytest.mark.parametrize("other", ["somebody else's", "ours again"])
def test_a_stored_head_with_a_second_signature_is_found(
    inspector: Inspector, intruder: Intruder, other: str
) -> None:
    with intruder.at_work() as connection:
        head = rows(connection, ledger_head)[2]
        ours = head["note"].splitlines(keepends=True)[-1]
        line = ours if other == "ours again" else "\N{EM DASH} somebody AAAAAAAAAA==\n"
        change(connection, ledger_head, head, note=head["note"] + line)
        found = inspector.verify_inside(connection)
    assert (found.code, found.entry) == (Code.TAMPERED, head["size"] - 1), found.text()
    assert "never put under it" in found.words[0]


def test_a_log_whose_site_is_gone_is_found(inspector: Inspector, intruder: Intruder) -> None:
    with intruder.at_work(keep=True) as connection:
        remove(connection, site, rows(connection, site)[0])
    found = inspector.verify()
    assert (found.code, found.entry) == (Code.TAMPERED, 0), found.text()
    assert "the row that says which site that is has gone" in found.words[0]
