"""What the parts cost alone, in this process: a row, an entry, its verification, a signature."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures
from benchmarks.places import NewPlace
from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.ledger.dsse import pae, parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.store.engine import is_sqlite, open_engine, reading
from hat_clinic.store.ledger_rows import envelopes
from hat_clinic.store.record import Recorded, record
from hat_clinic.store.stored_ledger import StoredLedger
from tests.store.log_of_site import LogOfSite, OneKeyring

ENTRIES_AT_ONCE = 50
DISK = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")


def rate(work: Callable[[], object], count: int) -> float:
    """How often `work` was done in a second, doing it `count` times."""
    began = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - began)


def rows(figures: Figures, new: NewPlace, folder: Path, rounds: int, count: int) -> None:
    """One durable row a transaction, through the bare drivers."""
    engine = open_engine(new("rows"))
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for pragma in DISK:
        plain.execute(pragma)
    with engine.connect() as pooled:
        connections: dict[str, Any] = {"raw_one_row": pooled.connection.driver_connection}
        connections["raw_one_row_unencrypted"] = plain
        for name, connection in connections.items():
            connection.execute("CREATE TABLE one_row (id INTEGER PRIMARY KEY, text TEXT)")
            insert = partial(connection.execute, "INSERT INTO one_row (text) VALUES (?)", ("x" * 200,))
            values = [rate(insert, count) for _ in range(rounds)]
            figures.rounds(name, values, "per_second")
    plain.close()
    engine.dispose()


def ledger(figures: Figures, new: NewPlace, prefix: str, rounds: int, count: int) -> None:
    """`record()` alone, one entry a transaction and many; then the whole log verified."""
    engine = open_engine(new("ledger"))
    log = LogOfSite(engine).open()
    values, batches = [], []
    with log.writer() as writer:
        for _ in range(rounds):
            works = iter([_append(log, 1) for _ in range(count)])
            values.append(rate(lambda: writer.submit(next(works)).result(), count))  # noqa: B023
            batch = max(1, count // ENTRIES_AT_ONCE)
            works = iter([_append(log, ENTRIES_AT_ONCE) for _ in range(batch)])
            batches.append(ENTRIES_AT_ONCE * rate(lambda: writer.submit(next(works)).result(), batch))  # noqa: B023
    figures.rounds(f"{prefix}ledger_appends", values, "per_second")
    figures.rounds(f"{prefix}ledger_appends_{ENTRIES_AT_ONCE}_at_once", batches, "per_second")
    with reading(engine) as connection:
        source = StoredLedger(connection, log.site.site_id, log.keys)
        verified, signatures = [], []
        ((_, stored),) = envelopes(connection, log.site.site_id, 0, 0).items()
        for _ in range(rounds):
            began = time.perf_counter()
            size = audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, [])).size
            verified.append(size / (time.perf_counter() - began))
            signatures.append(_signatures(log, stored, count))
    figures.rounds(f"{prefix}verify_entries", verified, "per_second")
    if is_sqlite(engine):
        figures.rounds("ed25519_verifications", signatures, "per_second")
    shares = [one / other for one, other in zip(verified, signatures, strict=True)]
    figures.rounds(f"{prefix}verify_entries_vs_ed25519_verifications", shares, "ratio")
    engine.dispose()


def _append(log: LogOfSite, entries: int) -> Callable[[Any], Recorded]:
    stamp = log.stamp()
    mass = {"of": "hydrochloride_monohydrate", "ug": 150_000}
    body: dict[str, Any] = {"dose": stamp.request_id, "mass": mass}
    outgoing = [log.entry(stamp, **body) for _ in range(entries)]
    return lambda tx: record(tx, stamp, outgoing, "accepted", lambda tx, one: None)


def _signatures(log: LogOfSite, stored: bytes, count: int) -> float:
    said = parse_envelope(stored)
    key = PublicKey("ed25519", log.person.public_raw)
    message, signature = pae(said.payload_type, said.payload), said.signature
    return rate(lambda: key.verify(message, signature), count)
