"""record(): all of it or none of it, in the order it promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.checkpoint import open_checkpoint
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.tlog_proof import require_proof
from hat_clinic.store import ledger_rows, requests, sealed
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.record import Appended
from hat_clinic.store.schema import envelope
from hat_clinic.store.schema import request as request_table
from hat_clinic.store.schema import sealed as sealed_table
from hat_clinic.store.stored_ledger import StoredLedger
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Clash, LedgerBroken, NotPermitted
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.terms import EntryClass
from tests.store.log_of_site import NOON, PATIENT, PERSON, LogOfSite, OneKeyring


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return LogOfSite(engine).open()


def test_an_entry_is_stored_with_everything_that_proves_it(log: LogOfSite) -> None:
    stamp = log.stamp()
    outgoing = log.entry(stamp)
    with log.writer() as writer:
        recorded = writer.submit(log.recording(stamp, [outgoing])).result()
    with reading(log.engine) as connection:
        (leaf,) = ledger_rows.leaves(connection, "zh1")
        assert connection.execute(select(envelope.c.bytes)).scalar_one() == outgoing.envelope
        assert requests.find(connection, "zh1", stamp.request_id) == requests.SpentRequest(
            stamp, "accepted", 0, 1
        )
        assert ledger_rows.newest_head(connection, "zh1") == (1, recorded.head_note)
    assert leaf == (0, recorded.leaves[0])
    assert parse_leaf(leaf[1]).at == moment_text(NOON) == moment_text(recorded.at)
    assert parse_leaf(leaf[1]).request == stamp.request_id


def test_receipts_hold_against_the_head_key_alone(log: LogOfSite) -> None:
    with log.writer() as writer:
        for count in (1, 2, 1, 3, 5, 4):
            stamp = log.stamp()
            entries = [log.entry(stamp) for _ in range(count)]
            recorded = writer.submit(log.recording(stamp, entries)).result()
            for leaf, proof in zip(recorded.leaves, recorded.proofs(), strict=True):
                head = require_proof(proof.text(), leaf, log.site.origin, log.keys.head_vkey)
                assert head.size == recorded.first_seq + count
    with reading(log.engine) as connection:
        leaves = dict(ledger_rows.leaves(connection, "zh1"))
        for seq, proof in enumerate(ledger_rows.receipts(connection, "zh1", 0, 16)):
            assert require_proof(proof, leaves[seq], log.site.origin, log.keys.head_vkey).size == 16


def test_the_stored_log_passes_the_audit(log: LogOfSite) -> None:
    with log.writer() as writer:
        for number in range(20):
            stamp = log.stamp()
            classes = (EntryClass.REGISTER, EntryClass.PATIENT, EntryClass.STAFF)
            entries = [log.entry(stamp, entry_class=one) for one in classes[: number % 3 + 1]]
            writer.submit(log.recording(stamp, entries)).result()
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        result = audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, []))
    assert (result.size, result.heads_checked, result.erased) == (39, 20, 0)


def test_at_never_goes_back(log: LogOfSite) -> None:
    with log.writer() as writer:
        ats = []
        for hours in (0, 1, -3, 1, 5):
            log.clock.pass_time(hours=hours)
            ats.append(writer.submit(log.recording()).result().at - NOON)
    assert ats == [timedelta(hours=hours) for hours in (0, 1, 1, 1, 4)]


def test_a_request_is_spent_for_ever(log: LogOfSite) -> None:
    stamp = log.stamp()
    with log.writer() as writer:
        writer.submit(log.recording(stamp, outcome="refused")).result()
        before = log.everything()
        with pytest.raises(Clash):
            writer.submit(log.recording(stamp)).result()
        assert log.everything() == before
        assert writer.stopped_by is None
    with reading(log.engine) as connection:
        spent = requests.lookup(connection, "zh1", stamp)
        assert spent is not None
        assert (spent.outcome, spent.first_seq, spent.entries) == ("refused", 0, 1)
        for other in (replace(stamp, actor="somebody else"), replace(stamp, terminal="t2")):
            with pytest.raises(NotPermitted):
                requests.lookup(connection, "zh1", other)
        with pytest.raises(Clash, match="another body"):
            requests.lookup(connection, "zh1", replace(stamp, body_sha256=bytes(32)))
        assert requests.lookup(connection, "zh1", log.stamp()) is None
        assert [one.stamp for one in requests.stored(connection, "zh1")] == [stamp]


def test_sealed_classes_are_stored_under_the_patients_key(log: LogOfSite) -> None:
    stamp = log.stamp()
    outgoing = log.entry(stamp, "patient-enrolled", EntryClass.PATIENT, name="Anna Muster")
    with log.writer() as writer:
        writer.submit(log.recording(stamp, [outgoing])).result()
    with reading(log.engine) as connection:
        assert connection.execute(select(envelope)).all() == []
        box = connection.execute(select(sealed_table.c.box)).scalar_one()
        assert outgoing.envelope[:40] not in box
        assert sealed.get(connection, "zh1", log.keys, 0, "patient-enrolled") == outgoing.envelope
        for tag, seq in (("patient-enroled", 0), ("patient-enrolled", 1)):
            with pytest.raises(LedgerBroken):
                sealed.get(connection, "zh1", log.keys, seq, tag)
    with writing(log.engine) as connection:
        sealed.shred(connection, PATIENT)
    with reading(log.engine) as connection:
        assert sealed.get(connection, "zh1", log.keys, 0, "patient-enrolled") is None
        assert StoredLedger(connection, "zh1", log.keys).envelope(0) is Missing.ERASED


def test_a_rebuild_gets_what_apply_got(log: LogOfSite) -> None:
    live: list[Appended] = []

    def keep(tx: Transaction, one: Appended) -> None:
        live.append(one)

    with log.writer() as writer:
        for _ in range(5):
            stamp = log.stamp()
            entries = [
                log.entry(stamp),
                log.entry(stamp, entry_class=EntryClass.CLINICAL),
                log.entry(stamp, entry_class=EntryClass.PATIENT, patient="other"),
            ]
            writer.submit(log.recording(stamp, entries, apply=keep)).result()
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        assert list(source.entries()) == live
        assert list(source.entries(first=7)) == live[7:]
    with writing(log.engine) as connection:
        sealed.shred(connection, "other")
    with reading(log.engine) as connection:
        again = list(StoredLedger(connection, "zh1", log.keys).entries())
    erased = [
        replace(one, envelope=None, payload_hash=None) if one.patient_id == "other" else one for one in live
    ]
    assert again == erased


def test_the_head_is_over_the_stored_leaves(log: LogOfSite) -> None:
    with log.writer() as writer:
        notes = [writer.submit(log.recording()).result().head_note for _ in range(9)]
    with reading(log.engine) as connection:
        assert [note for _, note in ledger_rows.heads(connection, "zh1")] == notes
        tip = ledger_rows.read_tip(connection, "zh1", log.keys)
    opened = [open_checkpoint(note, log.site.origin, log.keys.head_vkey) for note in notes]
    assert tip.note == notes[-1] and tip.frontier.root == opened[-1].root
    assert [(head.previous, head.size) for head in opened] == [(size - 1, size) for size in range(1, 10)]


def test_the_request_row_names_who_asked(log: LogOfSite) -> None:
    with log.writer() as writer:
        writer.submit(log.recording()).result()
    with reading(log.engine) as connection:
        row = connection.execute(select(request_table)).one()
    assert (row.actor, row.terminal, row.first_seq, row.entries) == (PERSON, "t1", 0, 1)


def test_nobody_looks_while_a_decision_is_half_sent(log: LogOfSite) -> None:
    def work(tx: Transaction) -> list[int]:
        log.recording()(tx)
        with reading(log.engine) as connection:
            return [connection.execute(text("SELECT count(*) FROM ledger_leaf")).scalar_one()]

    with log.writer() as writer:
        assert writer.submit(work).result() == [0]


def test_one_signed_statement_is_one_entry(log: LogOfSite) -> None:
    stamp = log.stamp()
    one, other = log.entry(stamp), log.entry(stamp)
    with log.writer() as writer:
        with pytest.raises(ValueError, match="one signed statement"):
            writer.submit(log.recording(stamp, [one, other, one])).result()
        assert writer.submit(log.recording(stamp, [one, other])).result().count == 2
