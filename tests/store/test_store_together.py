"""Acts that waited together: one transaction, or each alone, and nothing between."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert

from hat_clinic.ledger.tlog_proof import require_proof
from hat_clinic.store import requests, sealed
from hat_clinic.store.committer import MOST_TOGETHER, OutcomeUnknown
from hat_clinic.store.engine import writing
from hat_clinic.store.record import Recorded
from hat_clinic.store.schema import ledger_leaf, projection_page
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from hat_clinic.vocabulary.errors import Clash, LedgerBroken
from hat_clinic.vocabulary.terms import EntryClass
from tests.store.log_of_site import PATIENT, LogOfSite
from tests.store.waiting_together import Broke, Work, audited, breaking, commits, heads, together


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return LogOfSite(engine).open()


def test_what_waits_together_has_one_commit_and_one_head(log: LogOfSite) -> None:
    with log.writer() as writer, commits(log.engine) as found:
        done: list[Recorded] = [
            each.result() for each in together(writer, [log.recording() for _ in range(7)])
        ]
        assert found == ["commit", "commit"]  # the busy one's, and one for all seven
    assert [one.first_seq for one in done] == list(range(7))
    assert heads(log) == [7]
    for one in done:
        (leaf,), (proof,) = one.leaves, one.proofs()
        assert require_proof(proof.text(), leaf, log.site.origin, log.keys.head_vkey).size == 7
    assert audited(log) == 7


def test_too_many_for_one_transaction_take_several(log: LogOfSite) -> None:
    with log.writer() as writer, commits(log.engine) as found:
        together(writer, [log.recording() for _ in range(MOST_TOGETHER + 3)])
    assert found == ["commit"] * 3
    assert audited(log) == MOST_TOGETHER + 3


def test_each_act_sees_what_the_ones_before_it_did(log: LogOfSite) -> None:
    def count(tx: Transaction) -> str:
        number = str(int(tx.load(projection_page, "count") or 0) + 1)
        found = [text for key, text in tx.find(projection_page) if key == "count"]
        tx.save(projection_page, "count", {}, number)
        return f"{found}{number}"

    with log.writer() as writer:
        told = [each.result() for each in together(writer, [count, count, count])]
        assert told == ["[]1", "['1']2", "['2']3"]
        assert writer.submit(count).result() == "['3']4"


def test_a_sealed_entry_can_be_opened_by_the_next_act(log: LogOfSite) -> None:
    stamp = log.stamp()
    secret = log.entry(stamp, "patient-enrolled", EntryClass.PATIENT)

    def open_it(tx: Transaction) -> bytes | None:
        return sealed.get(tx.conn, tx.site_id, tx.keys, 1, "patient-enrolled")

    with log.writer() as writer:
        works: list[Work] = [log.recording(), log.recording(stamp, [secret]), open_it, log.recording()]
        assert together(writer, works)[2].result() == secret.envelope
    assert heads(log) == [3]
    assert audited(log) == 3


def test_each_act_has_its_own_moment(log: LogOfSite) -> None:
    def late(tx: Transaction) -> Recorded:
        log.clock.pass_time(minutes=1)
        return log.recording()(tx)

    with log.writer() as writer:
        done = [each.result().at for each in together(writer, [late, late, late])]
    assert done == sorted(set(done))


def test_a_request_is_spent_once_among_those_who_wait_together(log: LogOfSite) -> None:
    stamp = log.stamp()

    def ask(tx: Transaction) -> requests.SpentRequest | None:
        return tx.spent(stamp.request_id)

    with log.writer() as writer:
        none, _, found = (each.result() for each in together(writer, [ask, log.recording(stamp), ask]))
        assert none is None
        assert found == requests.SpentRequest(stamp, "accepted", 0, 1)
        twice = log.stamp()
        one, other, third = together(writer, [log.recording(twice), log.recording(twice), log.recording()])
        assert one.result().first_seq == 1
        assert isinstance(other.exception(), Clash)
        assert third.result().first_seq == 2
    assert audited(log) == 3


@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_that_fails_takes_nobody_along(log: LogOfSite, place: int) -> None:
    def fails(tx: Transaction) -> None:
        tx.save(projection_page, "mine", {}, "never")
        log.recording()(tx)
        raise Broke

    works: list[Work] = [log.recording() for _ in range(4)]
    works.insert(place, fails)
    with log.writer() as writer:
        futures = together(writer, works)
        assert isinstance(futures.pop(place).exception(), Broke)
        assert [each.result().first_seq for each in futures] == [0, 1, 2, 3]
        assert writer.submit(lambda tx: tx.load(projection_page, "mine")).result() is None
        assert writer.stopped_by is None
    assert heads(log) == [1, 2, 3, 4]
    assert audited(log) == 4


def test_every_statement_that_fails_together_fails_for_nobody(log: LogOfSite) -> None:
    """The failure table of a batch: alone, each act succeeds, for the statement fails only once."""
    number, acts = 0, 0
    with log.writer() as writer:
        while True:
            number += 1
            stamps = [log.stamp() for _ in range(3)]
            classes = (EntryClass.REGISTER, EntryClass.PATIENT, EntryClass.REGISTER)
            works = [
                log.recording(stamp, [log.entry(stamp, entry_class=one)])
                for stamp, one in zip(stamps, classes, strict=True)
            ]
            sent: list[str] = []

            before = breaking(number, sent)
            listen = partial(event.listen, log.engine, "before_cursor_execute", before)
            seqs = [each.result().first_seq for each in together(writer, works, listen)]
            event.remove(log.engine, "before_cursor_execute", before)
            assert seqs == [acts, acts + 1, acts + 2], number
            acts += 3
            if len(sent) < number:
                break
        assert writer.stopped_by is None
    assert number >= 15
    print(f"failure table of a batch: {number - 1} statements, each failed once")
    assert audited(log) == acts


def test_a_log_that_one_finds_broken_stops_those_behind_it_only(log: LogOfSite) -> None:
    def finds_it_broken(tx: Transaction) -> None:
        raise LedgerBroken("the stored state cannot be", seq=0)

    with log.writer() as writer:
        first, broken, last = together(writer, [log.recording(), finds_it_broken, log.recording()])
        assert first.result().first_seq == 0
        assert isinstance(broken.exception(), LedgerBroken)
        assert isinstance(last.exception(), LedgerBroken)
        assert writer.stopped_by is not None
    assert heads(log) == [1]


def test_a_place_that_is_taken_is_found_by_the_first_alone(log: LogOfSite) -> None:
    with log.writer() as writer:
        writer.submit(log.recording()).result()
        with writing(log.engine) as connection:
            connection.execute(insert(ledger_leaf), {"site_id": "zh1", "seq": 1, "leaf": b"{}"})
        for future in together(writer, [log.recording(), log.recording()]):
            assert isinstance(future.exception(), LedgerBroken)
        assert writer.stopped_by is not None
    assert heads(log) == [1]


@pytest.mark.parametrize("happened", [False, True])
def test_an_unknown_commit_is_told_to_all_and_tried_by_none(log: LogOfSite, happened: bool) -> None:
    unknown: list[BaseException] = []
    called: list[int] = []
    broke = Broke("connection lost")

    def work(number: int) -> Work:
        recording = log.recording()

        def counted(tx: Transaction) -> Recorded:
            called.append(number)
            return recording(tx)

        return counted

    def commit(connection: Any) -> None:
        if called:
            if happened:
                connection.connection.dbapi_connection.commit()
            raise broke

    event.listen(log.engine, "commit", commit)
    with log.writer(on_unknown_commit=unknown.append) as writer:
        futures = together(writer, [work(number) for number in range(3)])
        assert all(isinstance(each.exception(), OutcomeUnknown) for each in futures)
        assert writer.stopped_by is not None
    event.remove(log.engine, "commit", commit)
    assert unknown == [broke]
    assert called == [0, 1, 2]
    assert heads(log) == ([3] if happened else [])


def test_the_head_is_not_known_before_the_end(log: LogOfSite) -> None:
    def work(tx: Transaction) -> None:
        with pytest.raises(ValueError, match="signed last"):
            log.recording()(tx).proofs()

    with log.writer() as writer:
        writer.submit(work).result()
    assert heads(log) == [1]


def test_an_attempt_undoes_its_own_part_of_a_batch(log: LogOfSite) -> None:
    stamp = log.stamp()

    def attempts(tx: Transaction) -> Recorded:
        try:
            with tx.attempt():
                secret = log.entry(stamp, entry_class=EntryClass.PATIENT, patient=PATIENT)
                log.recording(stamp, [secret])(tx)
                raise Broke
        except Broke:
            return log.recording(stamp)(tx)

    with log.writer() as writer:
        done = together(writer, [log.recording(), attempts, log.recording()])
        assert [each.result().first_seq for each in done] == [0, 1, 2]
    assert heads(log) == [3]
    assert audited(log) == 3


def test_a_caller_on_a_loop_that_gave_up_is_skipped_and_the_others_answered(log: LogOfSite) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def busy(tx: Transaction) -> None:
        begun.set()
        go_on.wait(10)

    async def clients(writer: Writer) -> list[Any]:
        first = asyncio.create_task(writer.asubmit(busy))
        await asyncio.to_thread(begun.wait, 10)
        tasks = [asyncio.create_task(writer.asubmit(log.recording())) for _ in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        go_on.set()
        await first
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    with log.writer() as writer:
        told = asyncio.run(clients(writer))
    assert isinstance(told.pop(1), asyncio.CancelledError)
    assert [one.first_seq for one in told] == [0, 1, 2]
