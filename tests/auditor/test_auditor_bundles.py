"""A bundle gives the verdict its database gave, and nobody's bundle is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from hat_clinic.handlers.bundle_files import (
    ABOUT,
    CHECKPOINT,
    ENTRIES,
    PARTS,
    POLICY,
    PROJECTIONS,
    REGISTER,
    REQUESTS,
)
from hat_clinic.handlers.exporting import export
from hat_clinic.handlers.verdict import OTHER_ANCHOR, Code, Verdict
from hat_clinic.handlers.verifying import silent, verify_bundle
from hat_clinic.ledger.policy import Policy
from hat_clinic.store.schema import (
    LEDGER_TABLES,
    envelope,
    ledger_head,
    ledger_leaf,
    ledger_node,
    patient_key,
    projection_key,
    projection_patient,
    projection_pending,
    projection_person,
    request,
    sealed,
)
from hat_clinic.vocabulary.terms import EntryClass
from tests.auditor.verified_clinic import (
    Inspector,
    Intruder,
    add,
    change,
    exported,
    open_clinic,
    remove,
    rows,
    verdict,
)
from tests.clinic import Clinic
from tests.store.log_of_site import site_keys


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = open_clinic(engine)
    yield one
    one.close()


@pytest.fixture
def inspector(clinic: Clinic) -> Inspector:
    return Inspector(clinic)


@pytest.fixture
def intruder(clinic: Clinic, database: Any) -> Iterator[Intruder]:
    one = Intruder(clinic, database)
    yield one
    one.close()


@pytest.mark.parametrize("as_folder", [False, True], ids=["archive", "folder"])
def test_an_honest_record_holds_in_a_bundle_too(
    inspector: Inspector, tmp_path: Path, as_folder: bool
) -> None:
    target = tmp_path / "bundle"
    exported(inspector, target, as_folder=as_folder)
    assert inspector.verify() == verdict(inspector, target)
    assert verdict(inspector, target).code is Code.HOLDS
    # Without heads of one's own, with the trust anchor in the bundle: as beside a database.
    assert verify_bundle(target, None, ()).code is Code.POLICY_UNMET
    assert verify_bundle(target, None, inspector.notes).code is Code.HOLDS


CHANGED: dict[Any, tuple[str, Any]] = {
    ledger_leaf: ("leaf", b"{}"),
    ledger_node: ("hash", bytes(32)),
    ledger_head: ("note", "no note"),
    envelope: ("bytes", b"{}"),
    sealed: ("box", b"\x01no box"),
    request: ("actor", "nobody"),
    projection_person: ("state", "{}"),
    projection_key: ("state", "null\x00"[:4]),
    projection_patient: ("key", "\u212b not NFC"),
    projection_pending: ("state", "\ud7ff"),
}
ADDED: list[tuple[Any, dict[str, Any]]] = [
    (ledger_leaf, {"seq": 1000}),
    (ledger_node, {"level": 9, "idx": 0}),
    (ledger_node, {"level": 99, "idx": 0}),
    (ledger_head, {"size": 1000}),
    (ledger_head, {"size": 1}),
    (envelope, {"seq": 1000}),
    (sealed, {"seq": 0}),
    (sealed, {"seq": 1000}),
    (sealed, {"key_version": 2}),
    (sealed, {"key_version": 0}),
    (request, {"request_id": "0190a000-0000-7000-8000-000000000001"}),
    (request, {"request_id": "0190a000-0000-7000-8000-000000000001", "first_seq": -3}),
    (projection_person, {"key": "made up", "staff_code": "made up"}),
]


def both(inspector: Inspector, connection: Connection, target: Path) -> tuple[Verdict, Verdict]:
    """What the database and its bundle are told."""
    clinic = inspector.clinic
    export(connection, clinic.keys, None, target, False, frozenset(), silent)
    return inspector.verify_inside(connection), verdict(inspector, target)


def require_same(one: Verdict, other: Verdict, about: str) -> None:
    assert one.code is Code.TAMPERED, f"{about}: {one.text()}"
    same = (one.code, one.entry) == (other.code, other.entry)
    assert same, f"{about}:\n{one.text()}\n{other.text()}"


def test_whatever_was_changed_or_removed_the_bundle_is_told_the_same(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    assert set(LEDGER_TABLES) <= CHANGED.keys()
    for table, (column, value) in CHANGED.items():
        for at in (0, -1):
            for how in ("remove", "change"):
                about = f"{table.name}-{at}-{how}"
                with intruder.at_work() as connection:
                    row = rows(connection, table)[at]
                    if how == "remove":
                        remove(connection, table, row)
                    else:
                        change(connection, table, row, **{column: value})
                    require_same(*both(inspector, connection, tmp_path / about), about)


def test_whatever_was_added_the_bundle_is_told_the_same(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    for number, (table, values) in enumerate(ADDED):
        about = f"{table.name} {values}"
        with intruder.at_work() as connection:
            add(connection, table, rows(connection, table)[-1], **values)
            require_same(*both(inspector, connection, tmp_path / f"{number}"), about)


@pytest.mark.parametrize("values", [{"box": b"\x01garbage"}, {"seq": 1000}], ids=["does not open", "stray"])
def test_what_was_found_when_it_was_exported_names_its_entry_once(
    inspector: Inspector, intruder: Intruder, tmp_path: Path, values: dict[str, Any]
) -> None:
    with intruder.at_work() as connection:
        row = rows(connection, sealed)[0]
        if "seq" in values:
            add(connection, sealed, row, **values)
        else:
            change(connection, sealed, row, **values)
        database, bundle = both(inspector, connection, tmp_path / "b")
        keys, again = inspector.clinic.keys, tmp_path / "again"
        told = export(connection, keys, None, again, False, frozenset(), silent).found
    assert told == (database.words if "seq" in values else ()), "whoever exports is told the entry too"
    assert bundle.words[0] == f"{database.words[0]} (found when it was exported)"
    assert bundle.words[0].count("entry ") == 1


def test_an_erased_envelope_is_erased_in_the_bundle(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    with intruder.at_work() as connection:
        first = connection.execute(select(patient_key.c.patient_id).limit(1)).scalar_one()
        connection.execute(patient_key.delete().where(patient_key.c.patient_id == first))
        database, bundle = both(inspector, connection, tmp_path / "bundle")
    # The database shows that the key is gone; a bundle only says so.
    assert (database.code, database.erased) == (Code.HOLDS, 1)
    assert (bundle.code, bundle.erased) == (Code.INCOMPLETE, 1)
    assert any("the exporter says erased" in words for words in bundle.words)


def test_what_is_withheld_is_counted_and_not_in_it(inspector: Inspector, tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    done = exported(inspector, target, (EntryClass.PATIENT, EntryClass.CLINICAL), as_folder=True)
    assert done.withheld == 2
    found = verdict(inspector, target)
    assert (found.code, found.withheld) == (Code.INCOMPLETE, 2)
    lines = [json.loads(line) for line in (target / ENTRIES).read_text().splitlines()]
    assert [line["seq"] for line in lines if "envelope" not in line] == [10, 18]


def test_what_is_kept_in_clear_cannot_be_withheld(inspector: Inspector, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sealed"):
        exported(inspector, tmp_path / "bundle", (EntryClass.REGISTER,))
    folder = tmp_path / "folder"
    exported(inspector, folder, as_folder=True)
    lines = [json.loads(line) for line in (folder / ENTRIES).read_text().splitlines()]
    del lines[5]["envelope"]
    lines[5]["missing"] = "withheld"
    write(folder, lines)
    found = verdict(inspector, folder)
    assert (found.code, found.entry) == (Code.TAMPERED, 5)
    assert "kept in clear" in found.words[0]


def write(folder: Path, lines: list[Any], name: str = ENTRIES) -> None:
    text = "".join(
        json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for line in lines
    )
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("part", [name for name in PARTS if name not in (ABOUT, "found.jsonl")])
def test_a_part_that_is_missing_is_named(inspector: Inspector, tmp_path: Path, part: str) -> None:
    folder = tmp_path / "bundle"
    exported(inspector, folder, as_folder=True)
    (folder / part).unlink()
    found = verdict(inspector, folder)
    assert found.code is Code.INCOMPLETE
    assert f"{part} is missing from this bundle" in found.words


def test_a_part_that_is_missing_hides_no_tampering(
    inspector: Inspector, intruder: Intruder, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    exported(inspector, folder, as_folder=True)
    (folder / REQUESTS).unlink()
    lines = [json.loads(line) for line in (folder / PROJECTIONS).read_text().splitlines()]
    write(folder, lines[:-1], PROJECTIONS)
    assert verdict(inspector, folder).code is Code.TAMPERED


def test_who_is_erased_in_one_envelope_and_not_in_another_was_not_erased(
    inspector: Inspector, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    exported(inspector, folder, as_folder=True)
    lines = [json.loads(line) for line in (folder / ENTRIES).read_text().splitlines()]
    first, second = (line for line in lines if "patient" in line)
    del first["envelope"]
    write(folder, lines)
    first["missing"] = "erased"
    write(folder, lines)
    assert verdict(inspector, folder).code is Code.INCOMPLETE
    second["patient"] = first["patient"]
    write(folder, lines)
    found = verdict(inspector, folder)
    assert (found.code, found.entry) == (Code.TAMPERED, first["seq"]), found.text()


def test_what_a_bundle_says_of_itself_is_compared(inspector: Inspector, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    exported(inspector, folder, as_folder=True)
    newest = (folder / CHECKPOINT).read_text(encoding="utf-8")
    (folder / CHECKPOINT).write_text(inspector.notes[0], encoding="utf-8")
    found = verdict(inspector, folder)
    assert found.code is Code.TAMPERED and "not the newest signed head" in found.words[0], found.text()
    (folder / CHECKPOINT).write_text(newest, encoding="utf-8")
    assert verdict(inspector, folder).code is Code.HOLDS
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    write(folder, [{**about, "size": about["size"] - 1}], ABOUT)
    (folder / ABOUT).write_bytes((folder / ABOUT).read_bytes().rstrip())
    found = verdict(inspector, folder)
    assert found.code is Code.TAMPERED and "there are" in found.words[0], found.text()


@pytest.mark.parametrize("part", [CHECKPOINT, REGISTER])
def test_a_bundle_that_does_not_even_claim_a_part_lacks_it_all_the_same(
    inspector: Inspector, tmp_path: Path, part: str
) -> None:
    folder = tmp_path / "folder"
    exported(inspector, folder, as_folder=True)
    (folder / part).unlink()
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    write(folder, [{**about, "parts": [each for each in about["parts"] if each != part]}], ABOUT)
    (folder / ABOUT).write_bytes((folder / ABOUT).read_bytes().rstrip())
    assert verdict(inspector, folder).code is Code.INCOMPLETE


@pytest.mark.parametrize("other", [b"# another\nnonsense", None], ids=["nonsense", "another log's"])
def test_another_trust_anchor_beside_the_record_is_told(
    inspector: Inspector, tmp_path: Path, other: bytes | None
) -> None:
    folder = tmp_path / "folder"
    exported(inspector, folder, as_folder=True)
    if other is None:
        head = site_keys("hat.invalid/be1").head_vkey
        other = Policy.of(head, b"{}").text().encode()
    (folder / POLICY).write_bytes(other)
    found = verdict(inspector, folder)
    assert found.code is Code.HOLDS and OTHER_ANCHOR in found.words
