"""The whole way of an inspector: somebody with the database's own key was at it, and `verify` tells.

Each row of the table is done to a copy of one clinic folder, opened with its own key and rid of its
triggers. The same is told of a bundle, with the clinic's folder gone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

import tests.clinic
from hat_clinic.cli import main
from hat_clinic.domain.staff import GrantRole
from hat_clinic.handlers import patients
from hat_clinic.ledger.kept_heads import kept
from hat_clinic.ledger.policy import Policy
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import heads, leaf_chunk
from hat_clinic.store.migrate import upgrade
from hat_clinic.store.schema import envelope, ledger_head, ledger_leaf, ledger_node, request, sealed
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wiring.folder import DATABASE, POLICY, ClinicFolder
from hat_clinic.wiring.system import SystemIds
from tests.auditor.verified_clinic import SITE, change, remove, rows, with_a_past
from tests.cli.founded import at_work
from tests.clinic import STAFF_ACTS, Clinic

SETTINGS = 'data_dir = "."\ndemo = true\n\n[bind]\nhost = "127.0.0.1"\nport = 8443\n'
TAMPERED = 2
CUT = 7
"""How many entries the tail has that is cut, at least."""


@dataclass(frozen=True)
class Kept:
    """A clinic's folder, an older copy of its database, and the heads that an inspector keeps."""

    folder: Path
    older: Path
    older_size: int
    heads: Path
    size: int


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    room = tmp_path_factory.mktemp("clinic")
    folder = ClinicFolder.create(room / "data", SETTINGS, SystemIds())
    engine = folder.engine()
    upgrade(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tests.clinic, "site_keys", folder.site_keys)
        one = Clinic(engine, {act.name: act for act in (*STAFF_ACTS, *patients.ACTS)})
    with_a_past(one)
    with reading(engine) as connection:
        older_size = len(rows(connection, ledger_leaf))
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    shutil.copyfile(folder.path / DATABASE, room / "older.db")
    one.both("grant-role", GrantRole(one.hire("N-02").person, Role.NURSE))
    one.close()
    with reading(engine) as connection:
        ((_, leaf0),) = leaf_chunk(connection, SITE, 0, 1)
        notes = "".join(kept(note) for _, note in heads(connection, SITE))
        size = len(rows(connection, ledger_leaf))
    engine.dispose()
    policy = Policy.of(folder.site_keys(one.site.origin).head_vkey, leaf0)
    (folder.path / POLICY).write_text(policy.text(), encoding="utf-8")
    (room / "heads").mkdir()
    (room / "heads" / "mine.notes").write_text(notes, encoding="utf-8")
    return Kept(folder.path, room / "older.db", older_size, room / "heads", size)


@pytest.fixture
def data(clinic: Kept, tmp_path: Path) -> Path:
    shutil.copytree(clinic.folder, tmp_path / "data")
    return tmp_path / "data"


def leaf_updated(connection: Connection) -> int:
    row = rows(connection, ledger_leaf)[9]
    change(connection, ledger_leaf, row, leaf=row["leaf"].replace(b'"v":1', b'"v":2'))
    return int(row["seq"])


def envelope_deleted(connection: Connection) -> int:
    row = rows(connection, envelope)[8]
    remove(connection, envelope, row)
    return int(row["seq"])


def sealed_swapped(connection: Connection) -> int:
    one, *_, other = rows(connection, sealed)
    change(connection, sealed, one, box=other["box"], patient_id=other["patient_id"])
    change(connection, sealed, other, box=one["box"], patient_id=one["patient_id"])
    return int(one["seq"])


def request_updated(connection: Connection) -> int:
    row = sorted(rows(connection, request), key=lambda each: each["first_seq"])[6]
    change(connection, request, row, actor=rows(connection, request)[-1]["request_id"])
    return int(row["first_seq"])


def tail_cut(connection: Connection) -> int:
    """As if it had never been: what is left is whole, and its last head is the clinic's own."""
    sizes = [row["size"] for row in rows(connection, ledger_head)]
    end = next(size for size in reversed(sizes) if size <= sizes[-1] - CUT)
    for table, column in ((ledger_leaf, "seq"), (envelope, "seq"), (sealed, "seq"), (request, "first_seq")):
        connection.execute(table.delete().where(table.c[column] >= end))
    connection.execute(ledger_head.delete().where(ledger_head.c.size > end))
    for row in rows(connection, ledger_node):
        if (row["idx"] + 1) << row["level"] > end:
            remove(connection, ledger_node, row)
    return int(end)


def reordered(connection: Connection) -> int:
    """Two whole entries have changed places in every table, and the tree stands over them anew."""
    asked = {row["first_seq"]: row for row in rows(connection, request) if row["entries"] == 1}
    clear = {row["seq"]: row for row in rows(connection, envelope)}
    first = next(seq for seq in clear if seq > 8 and {seq, seq + 1} <= clear.keys() & asked.keys())
    leaves = {row["seq"]: row for row in rows(connection, ledger_leaf)}
    for seq, other in ((first, first + 1), (first + 1, first)):
        change(connection, ledger_leaf, leaves[seq], leaf=leaves[other]["leaf"])
        change(connection, envelope, clear[seq], bytes=clear[other]["bytes"])
        change(connection, request, asked[seq], first_seq=other)
    grown: dict[tuple[int, int], bytes] = {}
    for row in rows(connection, ledger_leaf):
        grown[0, row["seq"]] = sha256(b"\0" + row["leaf"]).digest()
    for row in rows(connection, ledger_node):  # in the order of its key: from the leaves up
        level, at = row["level"], row["idx"]
        if level:
            below = grown[level - 1, 2 * at], grown[level - 1, 2 * at + 1]
            grown[level, at] = sha256(b"\1" + b"".join(below)).digest()
        change(connection, ledger_node, row, hash=grown[level, at])
    return first


TAMPERINGS: list[Callable[[Connection], int]] = [
    leaf_updated, envelope_deleted, sealed_swapped, request_updated, tail_cut, reordered,
]  # fmt: skip


def run(*arguments: Any) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main.run([str(each) for each in arguments])
    return ended.value.code


def told(capsys: Any, *arguments: Any) -> dict[str, Any]:
    """The verdict as JSON, by the real command."""
    capsys.readouterr()
    code = run("verify", *arguments, "--json")
    verdict: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert verdict["code"] == code
    return verdict


def both_ways(clinic: Kept, data: Path, capsys: Any) -> dict[str, Any]:
    """The verdict over the database, and the same over its bundle when the folder is gone."""
    policy, bundle = clinic.folder / POLICY, data.parent / "bundle.zip"
    found = told(capsys, "--data", data, "--policy", policy, "--heads", clinic.heads)
    assert run("export", "--data", data, bundle) == 0, capsys.readouterr()
    shutil.rmtree(data)
    again = told(capsys, bundle, "--policy", policy, "--heads", clinic.heads)
    said = again.pop("words"), found.pop("words")  # a bundle adds what was found when it was written
    assert again == found
    assert all(theirs in ours for ours, theirs in zip(*said, strict=True)), said
    return found


def test_the_folder_and_its_bundle_hold_before_anybody_was_there(
    clinic: Kept, data: Path, capsys: Any
) -> None:
    with at_work(data):
        pass  # the triggers alone are no part of the record
    assert both_ways(clinic, data, capsys)["code"] == 0


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.__name__)
def test_the_first_bad_entry_is_named(
    clinic: Kept, data: Path, capsys: Any, tampering: Callable[[Connection], int]
) -> None:
    with at_work(data) as connection:
        bad = tampering(connection)
    found = both_ways(clinic, data, capsys)
    assert (found["code"], found["first_bad_entry"]) == (TAMPERED, bad)


def test_an_older_copy_is_told_by_a_newer_head(clinic: Kept, data: Path, capsys: Any) -> None:
    shutil.copyfile(clinic.older, data / DATABASE)
    found = both_ways(clinic, data, capsys)
    assert (found["code"], found["first_bad_entry"]) == (TAMPERED, clinic.older_size)
    assert clinic.older_size < clinic.size
