"""Sealed envelopes, and what may not lie beside the log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, delete, func, insert, select, text, update

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.store import patient_index, sealed
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine, reading, writing
from hat_clinic.store.schema import LEDGER_TABLES, patient_key
from hat_clinic.store.schema import envelope as envelope_table
from hat_clinic.store.schema import sealed as sealed_table
from hat_clinic.store.stored_ledger import StoredLedger, require_no_strays
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.terms import EntryClass
from tests.engines import as_owner
from tests.store.log_of_site import LogOfSite, OneKeyring, site_keys

Place = SqlCipherPlace | PostgresPlace
KINDS = (
    (EntryClass.PATIENT, "p1"),
    (EntryClass.REGISTER, None),
    (EntryClass.CLINICAL, "p2"),
    (EntryClass.CLINICAL, "p1"),
)


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return written(LogOfSite(engine).open())


def written(log: LogOfSite) -> LogOfSite:
    """Entries 0 to 3: of p1, of nobody, of p2, of p1."""
    stamp = log.stamp()
    entries = []
    for kind, patient in KINDS:
        body = {} if patient is None else {"patient": patient}
        entries.append(log.entry(stamp, entry_class=kind, **body))
    with log.writer() as writer:
        writer.submit(log.recording(stamp, entries)).result()
    return log


def audited(log: LogOfSite) -> int:
    """How many envelopes the audit counts as erased; it also looks for strays."""
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        result = audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, []))
        require_no_strays(connection, "zh1", result.size)
    return result.erased


def versions(log: LogOfSite) -> list[tuple[int, int]]:
    with reading(log.engine) as connection:
        query = select(sealed_table.c.seq, sealed_table.c.key_version).order_by(
            sealed_table.c.seq, sealed_table.c.key_version
        )
        return [(row.seq, row.key_version) for row in connection.execute(query)]


def test_each_patient_has_one_key(log: LogOfSite) -> None:
    with reading(log.engine) as connection:
        assert connection.execute(select(func.count()).select_from(patient_key)).scalar_one() == 2
    assert versions(log) == [(0, 1), (2, 1), (3, 1)]
    assert audited(log) == 0


def test_rotation_seals_again_and_leaves_are_as_they_were(log: LogOfSite) -> None:
    with reading(log.engine) as connection:
        before = sealed.get_many(connection, "zh1", log.keys, {0: "dose-prepared", 3: "dose-prepared"})
    for version in (2, 3):
        with writing(log.engine) as connection:
            assert sealed.rotate(connection, log.keys, log.ids.random, "p1") == 2
            keys = connection.execute(
                select(patient_key.c.version).where(patient_key.c.patient_id == "p1")
            ).scalars()
            assert list(keys) == [version]
        with reading(log.engine) as connection:
            again = sealed.get_many(connection, "zh1", log.keys, {0: "dose-prepared", 3: "dose-prepared"})
        assert again == before
        assert audited(log) == 0
    assert versions(log) == [(0, 1), (0, 2), (0, 3), (2, 1), (3, 1), (3, 2), (3, 3)]


def test_shredding_erases_one_patient_and_nobody_else(log: LogOfSite) -> None:
    with writing(log.engine) as connection:
        patient_index.put(connection, "zh1", "p1", {"surname": b"s"})
        sealed.rotate(connection, log.keys, log.ids.random, "p1")
        sealed.shred(connection, "p1")
        assert patient_index.find(connection, "zh1", "surname", b"s") == ()
    assert audited(log) == 2
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        assert source.envelope(0) is Missing.ERASED
        assert isinstance(source.envelope(2), bytes)


def test_after_shredding_a_new_key_never_takes_an_old_version(log: LogOfSite) -> None:
    """Else the old boxes would look as if they ought to open, and the log as if it were broken."""
    with writing(log.engine) as connection:
        sealed.shred(connection, "p1")
    stamp = log.stamp()
    entry = log.entry(stamp, entry_class=EntryClass.PATIENT, patient="p1")
    with log.writer() as writer:
        writer.submit(log.recording(stamp, [entry])).result()
    assert versions(log)[-1] == (4, 2)
    assert audited(log) == 2


def test_many_are_opened_at_once(log: LogOfSite) -> None:
    with reading(log.engine) as connection:
        assert sealed.get_many(connection, "zh1", log.keys, {}) == {}
        with pytest.raises(LedgerBroken, match="entry 1: its envelope is missing"):
            sealed.get_many(connection, "zh1", log.keys, {0: "dose-prepared", 1: "dose-prepared"})


@pytest.mark.parametrize("other", ["wrap", "origin"])
def test_other_keys_open_nothing(log: LogOfSite, other: str) -> None:
    keys = replace(log.keys, wrap=bytes(32)) if other == "wrap" else site_keys("hat.invalid/other")
    with reading(log.engine) as connection, pytest.raises(LedgerBroken, match="open"):
        sealed.get(connection, "zh1", keys, 0, "dose-prepared")


def box(seq: int, version: int, patient: str = "p1") -> dict[str, object]:
    return {"site_id": "zh1", "seq": seq, "key_version": version, "patient_id": patient, "box": b"b"}


STRAYS = {
    "an envelope beyond the end": insert(envelope_table).values(site_id="zh1", seq=9, bytes=b"{}"),
    "an envelope of no number": insert(envelope_table).values(site_id="zh1", seq=-1, bytes=b"{}"),
    "an entry sealed and in clear": insert(envelope_table).values(site_id="zh1", seq=0, bytes=b"{}"),
    "a box beyond the end": insert(sealed_table).values(**box(9, 1)),
    "a box under a key never made": insert(sealed_table).values(**box(0, 7)),
    "a second box of another patient": insert(sealed_table).values(**box(0, 2, "p3")),
    "a box over an entry in clear": insert(sealed_table).values(**box(1, 7)),
    "a row of no known site": insert(envelope_table).values(site_id="nowhere", seq=0, bytes=b"{}"),
    "a box gone": delete(sealed_table).where(sealed_table.c.seq == 0),
    "a box changed": update(sealed_table).where(sealed_table.c.seq == 0).values(box=b"b" * 60),
    "a box moved": update(sealed_table).where(sealed_table.c.seq == 0).values(seq=1),
    "a box given to another": update(sealed_table).where(sealed_table.c.seq == 0).values(patient_id="p2"),
    "a key changed": update(patient_key).where(patient_key.c.patient_id == "p1").values(wrapped=b"w" * 65),
    "an envelope gone": delete(envelope_table),
    "an envelope changed": update(envelope_table).values(bytes=b"{}"),
}


@pytest.mark.parametrize("case", STRAYS)
def test_what_lies_beside_the_log_is_found(database: Place, engine_kind: str, case: str) -> None:
    engine = open_engine(as_owner(database))
    app = engine if engine_kind == "sqlcipher" else open_engine(database)
    log = written(LogOfSite(app).open())
    assert audited(log) == 0
    with writing(engine) as connection:
        for table in LEDGER_TABLES:
            for act in ("update", "delete", "replace"):
                if engine_kind == "sqlcipher":
                    connection.execute(text(f"DROP TRIGGER {table.name}_no_{act}"))
                elif act != "replace":
                    connection.execute(text(f"DROP TRIGGER {table.name}_no_{act} ON {table.name}"))
        connection.execute(STRAYS[case])
    with pytest.raises(LedgerBroken):
        audited(log)
    app.dispose()
    engine.dispose()
