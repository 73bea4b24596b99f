"""All of a decision or none of it: every failure a transaction can meet, tried once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine, delete, event, insert

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.record import Appended, record
from hat_clinic.store.schema import ledger_leaf, patient_key, projection_page, projection_visit
from hat_clinic.store.stored_ledger import StoredLedger
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.terms import EntryClass
from tests.store.log_of_site import PATIENT, LogOfSite, OneKeyring, fold


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return LogOfSite(engine).open()


class Broke(Exception):
    """What the test does to the database's driver."""


@contextmanager
def breaking(engine: Engine, number: int, sent: list[str]) -> Iterator[None]:
    """The `number`th statement from here on fails before it reaches the database; -1 for none."""

    def before(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)
        if len(sent) == number:
            raise Broke(statement)

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", before)


def test_statements_are_sent_in_the_promised_order(log: LogOfSite) -> None:
    stamp = log.stamp()
    entries = [log.entry(stamp), log.entry(stamp, entry_class=EntryClass.CLINICAL)]
    sent: list[str] = []
    with log.writer() as writer:
        writer.submit(log.recording()).result()
        with breaking(log.engine, -1, sent):
            writer.submit(log.recording(stamp, entries)).result()
    inserts = [statement.split()[2] for statement in sent if statement.startswith("INSERT")]
    assert inserts[:4] == ["ledger_leaf", "ledger_node", "envelope", "patient_key"]
    assert inserts[4] == "sealed"
    assert all(name.startswith("projection_") for name in inserts[5:-2])
    assert inserts[-2:] == ["request", "ledger_head"]


def test_every_statement_that_fails_leaves_nothing(log: LogOfSite) -> None:
    """The failure table: each statement of a decision is made to fail once, by counting."""
    number, sent = 0, [""]
    with log.writer() as writer:
        writer.submit(log.recording()).result()
        while True:
            number += 1
            stamp = log.stamp()
            entries = [log.entry(stamp), log.entry(stamp, entry_class=EntryClass.PATIENT)]
            before, sent = log.everything(), []
            with breaking(log.engine, number, sent):
                future = writer.submit(log.recording(stamp, entries))
                error = future.exception()
            if len(sent) < number:
                break
            assert isinstance(error, Broke), (number, error)
            assert log.everything() == before, (number, sent[-1])
            assert writer.stopped_by is None
            recorded = writer.submit(log.recording()).result()
            assert recorded.first_seq == number
        assert error is None
    assert number >= 15
    print(f"failure table of record(): {number - 1} statements, each failed once")
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        assert audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, [])).size == number + 2


@pytest.mark.parametrize("place", ["before", "while folding", "after"])
def test_an_exception_of_the_work_leaves_nothing(log: LogOfSite, place: str) -> None:
    def work(tx: Transaction) -> None:
        tx.save(projection_page, "mine", {}, "{}")
        if place == "before":
            raise Broke
        log.recording(apply=breaking_fold if place == "while folding" else fold)(tx)
        raise Broke

    def breaking_fold(tx: Transaction, one: Appended) -> None:
        fold(tx, one)
        raise Broke

    with log.writer() as writer:
        writer.submit(log.recording()).result()
        before = log.everything()
        assert isinstance(writer.submit(work).exception(), Broke)
        assert log.everything() == before
        assert writer.submit(log.recording()).result().first_seq == 1


def test_what_can_only_be_our_mistake_is_refused(log: LogOfSite) -> None:
    stamp = log.stamp()
    good = log.entry(stamp)
    mistakes = {
        "at least one entry": [],
        "not of tag": [replace(good, tag="dose-given")],
        "another payload": [replace(good, payload_hash=bytes(32))],
        "not canonical": [replace(good, envelope=b" " + good.envelope)],
        "whose key seals it": [replace(good, entry_class=EntryClass.CLINICAL)],
    }
    with log.writer() as writer:
        before = log.everything()
        for words, entries in mistakes.items():
            with pytest.raises(ValueError, match=words):
                writer.submit(log.recording(stamp, entries)).result()
        with pytest.raises(ValueError, match="records once"):
            writer.submit(lambda tx: (log.recording()(tx), log.recording()(tx))).result()
        assert log.everything() == before


def test_a_place_that_is_taken_stops_the_writer(log: LogOfSite) -> None:
    with log.writer() as writer:
        writer.submit(log.recording()).result()
        with writing(log.engine) as connection:
            connection.execute(insert(ledger_leaf), {"site_id": "zh1", "seq": 1, "leaf": b"{}"})
        with pytest.raises(LedgerBroken, match="entry 1: something is stored where the log ends"):
            writer.submit(log.recording()).result()
        assert writer.stopped_by is not None


def test_a_refusal_undoes_the_decision_and_is_recorded(log: LogOfSite) -> None:
    stamp = log.stamp()

    def work(tx: Transaction) -> str:
        tx.load(projection_page, "page")
        try:
            with tx.attempt():
                tx.save(projection_page, "page", {}, "7")
                tx.save(projection_visit, "v", {"patient_id": PATIENT, "open": 1}, "spoilt")
                tx.flush()
                log.recording(log.stamp())(tx)
                tx.conn.execute(delete(patient_key))
                raise Broke
        except Broke:
            assert tx.load(projection_page, "page") is None
            assert tx.find(projection_visit, open=1) == []
            record(tx, stamp, [log.entry(stamp, "dose-refused")], "refused", lambda tx, one: None)
        return "refused"

    with log.writer() as writer:
        assert writer.submit(work).result() == "refused"
        counts, head = log.everything()
        assert (counts["ledger_leaf"], counts["request"], counts["projection_page"]) == (1, 1, 0)
        assert head is not None
        assert head[0] == 1
        assert writer.submit(log.recording()).result().first_seq == 1


def test_an_attempt_that_succeeds_stays(log: LogOfSite) -> None:
    def work(tx: Transaction) -> None:
        with tx.attempt():
            log.recording()(tx)
        tx.save(projection_page, "later", {}, "{}")

    with log.writer() as writer:
        writer.submit(work).result()
    counts, _ = log.everything()
    assert (counts["ledger_leaf"], counts["projection_page"]) == (1, 2)
