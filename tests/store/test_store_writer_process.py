"""A writer in a process of its own does what a writer does, and nothing it took is lost or left hanging."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from queue import SimpleQueue

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.grants import ACTS
from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.store.committer import OutcomeUnknown
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine, reading
from hat_clinic.store.ledger_rows import read_tip
from hat_clinic.store.record import Recorded
from hat_clinic.store.stored_ledger import StoredLedger
from hat_clinic.store.turns import Call
from hat_clinic.store.unusable import Busy
from hat_clinic.store.writer import WriterStopped
from hat_clinic.store.writer_process import WriterProcess
from hat_clinic.vocabulary.errors import Finding, HatError, LedgerBroken, NotPermitted, Refused, Throttled
from hat_clinic.vocabulary.quantities import MixedExpressions
from tests.races.writing import writer_apart
from tests.store import sent_works as works
from tests.store.log_of_site import LogOfSite, OneKeyring

Place = SqlCipherPlace | PostgresPlace
FINDING = Finding("SO01", "the same person")


@pytest.fixture
def log(database: Place) -> Iterator[LogOfSite]:
    """A site; its database is given up, as the writer's own process is to open it."""
    engine = open_engine(database)
    yield LogOfSite(engine).open()
    engine.dispose()


@pytest.fixture
def writer(log: LogOfSite, database: Place) -> Iterator[WriterProcess]:
    log.engine.dispose()
    with writer_apart(database) as writer:
        yield writer


def appending(log: LogOfSite) -> Call:
    stamp = log.stamp()
    return Call(works.append, (stamp, log.entry(stamp)))


def looking(place: Place) -> Engine:
    return open_engine(place, alone=False)


def test_work_is_done_there_and_its_receipts_hold_here(
    writer: WriterProcess, log: LogOfSite, database: Place
) -> None:
    assert writer.submit(Call(works.where, ())).result() not in (os.getpid(), None)
    done = [writer.submit(appending(log)) for _ in range(20)]
    found = [each.result() for each in done]
    assert [each.first_seq for each in found] == list(range(20))
    engine = looking(database)
    with reading(engine) as connection:
        assert read_tip(connection, log.site.site_id, log.keys).frontier.size == 20
        source = StoredLedger(connection, log.site.site_id, log.keys)
        assert audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, [])).size == 20
    for each in found:
        (proof,) = each.proofs()
        assert proof.index == each.first_seq and proof.checkpoint_note == each.head_note
    engine.dispose()


def test_callers_on_a_loop_and_in_threads_are_all_answered(writer: WriterProcess, log: LogOfSite) -> None:
    calls = [appending(log) for _ in range(60)]

    async def ask() -> list[int]:
        return [each.first_seq for each in await asyncio.gather(*map(writer.asubmit, calls[:30]))]

    def wait(call: Call) -> int:
        done: Recorded = writer.submit(call).result()
        return done.first_seq

    with ThreadPoolExecutor(8) as pool:
        threads = [pool.submit(wait, each) for each in calls[30:]]
        seqs = asyncio.run(ask()) + [each.result() for each in threads]
    assert sorted(seqs) == list(range(60))


def test_errors_come_back_as_they_were_and_stop_nothing(writer: WriterProcess) -> None:
    sent: tuple[HatError, ...] = (
        Refused((FINDING,)),
        NotPermitted("no", (FINDING,)),
        Throttled("often", timedelta(seconds=3)),
    )
    for error in sent:
        with pytest.raises(type(error)) as caught:
            writer.submit(Call(works.fail, (error,))).result()
        assert vars(caught.value) == vars(error) and str(caught.value) == str(error)
    with pytest.raises(RuntimeError, match="pickle"):
        writer.submit(Call(works.not_to_be_sent, ())).result()
    with pytest.raises(RuntimeError, match="cannot be read"):
        writer.submit(Call(works.fail_unreadably, ())).result(timeout=30)
    with pytest.raises(MixedExpressions):
        writer.submit(Call(works.mix, ())).result(timeout=30)
    assert writer.submit(Call(works.same_object, (ACTS,))).result(), "what both have goes by its name"


def test_a_broken_ledger_stops_it_here_too(writer: WriterProcess) -> None:
    with pytest.raises(LedgerBroken):
        writer.submit(Call(works.break_ledger, ())).result()
    assert isinstance(writer.stopped_by, LedgerBroken) and writer.stopped_by.seq == 3
    with pytest.raises(LedgerBroken):
        writer.submit(Call(works.size, ())).result()


def test_what_was_submitted_before_it_closed_is_done(log: LogOfSite, database: Place) -> None:
    log.engine.dispose()
    with writer_apart(database) as writer:
        pid = writer.submit(Call(works.where, ())).result()
        for each in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, each)  # only whoever started it ends it
        first = writer.submit(Call(works.slowly, (0.2,)))
        waiting = [writer.submit(appending(log)) for _ in range(10)]
    assert first.result() == "done"
    assert [each.result().first_seq for each in waiting] == list(range(10))
    with pytest.raises(WriterStopped):
        writer.submit(Call(works.size, ())).result()


def test_a_writer_that_ends_unasked_ends_this_process_too(log: LogOfSite, database: Place) -> None:
    log.engine.dispose()
    told: SimpleQueue[BaseException] = SimpleQueue()
    apart = writer_apart(database, on_unknown_commit=told.put)
    with apart as writer:
        writer.submit(Call(works.size, ())).result()
        dying = writer.submit(Call(works.die, ()))
        with pytest.raises(OutcomeUnknown):
            dying.result(timeout=30)
        assert isinstance(told.get(timeout=30), OutcomeUnknown)
        assert isinstance(writer.stopped_by, WriterStopped)


def test_a_writer_that_ends_badly_while_it_is_closed_is_told(log: LogOfSite, database: Place) -> None:
    log.engine.dispose()
    told: SimpleQueue[BaseException] = SimpleQueue()
    with writer_apart(database, on_unknown_commit=told.put) as writer:
        writer.submit(Call(works.slowly, (0.3,)))
        ending = writer.submit(Call(works.end_badly, ()))
    assert isinstance(ending.exception(), OutcomeUnknown)
    assert "ended with 70" in str(told.get_nowait())


def test_a_writer_that_takes_nothing_keeps_nobody_else_waiting(writer: WriterProcess) -> None:
    pid = writer.submit(Call(works.where, ())).result()

    async def ask() -> tuple[float, list[int]]:
        asked = [
            asyncio.create_task(writer.asubmit(Call(works.take_in, (bytes(200_000),)))) for _ in range(8)
        ]
        longest, before = 0.0, time.monotonic()
        for _ in range(40):
            await asyncio.sleep(0.01)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        os.kill(pid, signal.SIGCONT)
        return longest, await asyncio.gather(*asked)

    os.kill(pid, signal.SIGSTOP)
    longest, sizes = asyncio.run(ask())
    assert sizes == [200_000] * 8 and longest < 0.35, f"the loop stood still for {longest:.2f} s"


def test_why_it_did_not_start_is_told(log: LogOfSite, database: Place) -> None:
    if isinstance(database, SqlCipherPlace):
        with pytest.raises(Busy, match=f"process id {os.getpid()}"):
            writer_apart(database).start()
    else:
        with pytest.raises(HatError, match="role"):
            writer_apart(replace(database, user="hat_owner")).start()
