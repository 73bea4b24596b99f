"""The writer: one act at a time, answered only when durable, stopped when the log is broken."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.store.committer import EXIT_UNKNOWN, OutcomeUnknown
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine, reading, writing
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.stored_ledger import StoredLedger
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import WriterStopped
from hat_clinic.vocabulary.errors import LedgerBroken
from tests.store.log_of_site import CountedIds, LogOfSite, OneKeyring, site_keys

Place = SqlCipherPlace | PostgresPlace


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return LogOfSite(engine).open()


class Broke(Exception):
    """What the test does."""


def test_results_come_back_in_order(log: LogOfSite) -> None:
    with log.writer() as writer:
        futures = [writer.submit(log.recording()) for _ in range(20)]
        assert [future.result().first_seq for future in futures] == list(range(20))
        assert writer.stopped_by is None


def test_many_callers_are_served_one_at_a_time(log: LogOfSite) -> None:
    inside = threading.Semaphore(1)

    def work(tx: Transaction) -> int:
        assert inside.acquire(blocking=False)
        try:
            return log.recording()(tx).first_seq
        finally:
            inside.release()

    with log.writer() as writer, ThreadPoolExecutor(8) as pool:
        seqs = list(pool.map(lambda _: writer.submit(work).result(), range(40)))
    assert sorted(seqs) == list(range(40))


def test_waiting_on_an_event_loop(log: LogOfSite) -> None:
    async def clients() -> list[int]:
        recorded = await asyncio.gather(*(writer.asubmit(log.recording()) for _ in range(10)))
        return [one.first_seq for one in recorded]

    with log.writer() as writer:
        assert asyncio.run(clients()) == list(range(10))


def test_a_caller_that_gave_up_before_its_turn_is_skipped(log: LogOfSite) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        begun.set()
        go_on.wait(10)

    with log.writer() as writer:
        first = writer.submit(slow)
        begun.wait(10)
        waiting = writer.submit(log.recording())
        assert waiting.cancel()
        assert not first.cancel()
        go_on.set()
        assert writer.submit(log.recording()).result().first_seq == 0


def test_close_finishes_what_was_submitted(log: LogOfSite) -> None:
    writer = log.writer()
    writer.start()
    futures = [writer.submit(log.recording()) for _ in range(5)]
    writer.close()
    assert [future.result().first_seq for future in futures] == list(range(5))
    assert writer.stopped_by is not None
    with pytest.raises(WriterStopped, match="closed"):
        writer.submit(log.recording()).result()
    writer.close()


def test_before_start_nothing_is_taken(log: LogOfSite) -> None:
    writer = log.writer()
    with pytest.raises(WriterStopped, match="not been started"):
        writer.submit(log.recording()).result()
    writer.close()


def test_a_broken_log_stops_the_writer_and_all_who_wait(log: LogOfSite) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def find_it_broken(tx: Transaction) -> None:
        log.recording()(tx)
        begun.set()
        go_on.wait(10)
        raise LedgerBroken("the stored state cannot be", seq=0)

    with log.writer() as writer:
        first = writer.submit(find_it_broken)
        begun.wait(10)
        waiting = writer.submit(log.recording())
        go_on.set()
        for future in (first, waiting, writer.submit(log.recording())):
            assert isinstance(future.exception(), LedgerBroken)
        assert writer.stopped_by is not None
        assert isinstance(writer.stopped_by, LedgerBroken)
    assert log.everything()[1] is None


def fail_commit(engine: Engine, error: Exception, after: bool) -> Callable[[], None]:
    """The next COMMIT raises, before or after it reached the database; returns what ends this."""

    def commit(connection: Any) -> None:
        if after:
            connection.connection.dbapi_connection.commit()
        raise error

    event.listen(engine, "commit", commit)
    return lambda: event.remove(engine, "commit", commit)


@pytest.mark.parametrize("happened", [False, True])
def test_an_unknown_commit_answers_nothing_and_stops(log: LogOfSite, happened: bool) -> None:
    unknown: list[BaseException] = []
    with log.writer(on_unknown_commit=unknown.append) as writer:
        writer.submit(log.recording()).result()
        broke = Broke("connection lost")
        end = fail_commit(log.engine, broke, happened)
        with pytest.raises(OutcomeUnknown):
            writer.submit(log.recording()).result()
        end()
        assert unknown == [broke]
        with pytest.raises(OutcomeUnknown):
            writer.submit(log.recording()).result()
        assert writer.stopped_by is not None
    head = log.everything()[1]
    assert head is not None
    assert head[0] == (2 if happened else 1)
    with log.writer() as writer:
        assert writer.submit(log.recording()).result().first_seq == (2 if happened else 1)


def test_an_unknown_commit_ends_the_process(database: Place) -> None:
    program = f"""
import sys
from pathlib import Path
from sqlalchemy import event
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine
from tests.store.log_of_site import LogOfSite
engine = open_engine({place_text(database)})
log = LogOfSite(engine).open()
writer = log.writer()
writer.start()
writer.submit(log.recording()).result()
@event.listens_for(engine, "commit")
def commit(connection):
    raise OSError("connection lost")
print("answered", writer.submit(log.recording()).result())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_UNKNOWN, done.stderr
    assert "answered" not in done.stdout
    assert "the outcome of a commit is unknown" in done.stderr


def place_text(place: Place) -> str:
    if isinstance(place, SqlCipherPlace):
        return f"SqlCipherPlace(Path({str(place.path)!r}), {place.key!r})"
    return repr(place)


@pytest.mark.only_on("sqlcipher", reason="PostgreSQL itself stops when its disk fails")
def test_a_disk_that_fails_is_an_unknown_outcome(log: LogOfSite, engine_kind: str) -> None:
    def work(tx: Transaction) -> None:
        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    unknown: list[BaseException] = []
    with log.writer(on_unknown_commit=unknown.append) as writer:
        assert isinstance(writer.submit(work).exception(), OutcomeUnknown)
    assert len(unknown) == 1


def test_two_writers_of_one_site_see_each_other(log: LogOfSite) -> None:
    other = replace(log, ids=CountedIds(b"other"))
    with log.writer() as one, other.writer() as two:
        seqs = []
        for _ in range(5):
            seqs.append(one.submit(log.recording()).result().first_seq)
            seqs.append(two.submit(other.recording()).result().first_seq)
        assert seqs == list(range(10))
        futures = [
            writer.submit(who.recording()) for _ in range(15) for writer, who in ((one, log), (two, other))
        ]
        assert sorted(future.result().first_seq for future in futures) == list(range(10, 40))
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        assert audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, [])).size == 40


def test_two_sites_have_two_logs(log: LogOfSite) -> None:
    there = SiteRow("be1", "hat.invalid/be1", "Other", "Europe/Zurich")
    other = replace(log, site=there, keys=site_keys(there.origin, "be1"), ids=CountedIds(b"be1")).open()
    with log.writer() as one, other.writer() as two:
        for seq in range(3):
            assert one.submit(log.recording()).result().first_seq == seq
            assert two.submit(other.recording()).result().first_seq == seq


@pytest.mark.only_on("postgresql", reason="an SQLite connection cannot be ended from outside")
def test_a_restarted_server_costs_no_request(log: LogOfSite, database: PostgresPlace) -> None:
    owner = open_engine(replace(database, user="postgres"))
    with log.writer() as writer:
        writer.submit(log.recording()).result()
        with writing(owner) as connection:
            others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM {others}"))
        assert writer.submit(log.recording()).result().first_seq == 1
    owner.dispose()
