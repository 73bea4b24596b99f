"""A site with keys, a clock that is told the time and ids that can be foretold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, func, select

from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import MACHINE, Statement, payload_hash, payload_type
from hat_clinic.security.signing import SigningKey
from hat_clinic.store import sites
from hat_clinic.store.committer import Committer
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.ledger_rows import newest_head
from hat_clinic.store.record import Appended, Outgoing, Recorded, record
from hat_clinic.store.requests import Outcome, RequestStamp
from hat_clinic.store.schema import (
    metadata,
    projection_container,
    projection_dose,
    projection_dose_history,
    projection_line,
    projection_page,
    projection_visit,
)
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from hat_clinic.vocabulary.ids import uuid7_from
from hat_clinic.vocabulary.terms import EntryClass

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZURICH = SiteRow("zh1", "hat.invalid/zh1", "Clinic", "Europe/Zurich")
PERSON = "0190a000-0000-7000-8000-00000000000a"
PATIENT = "0190a000-0000-7000-8000-0000000000ff"
TERMINAL = "t1"


class ToldClock:
    """Shows what it was told. Time passes on both its clocks; a jump is seen on the wall only."""

    def __init__(self) -> None:
        self.shows = NOON
        self._jumped = timedelta(0)

    def now(self) -> datetime:
        return self.shows

    def boottime_ns(self) -> int:
        return (self.shows - NOON - self._jumped) // timedelta(microseconds=1) * 1000

    def jump(self, by: timedelta) -> None:
        self.shows += by
        self._jumped += by

    def pass_time(self, **parts: int) -> None:
        self.shows += timedelta(**parts)


class CountedIds:
    """Random as far as the program can tell, the same in every run."""

    def __init__(self, seed: bytes = b"ids") -> None:
        self.seed, self.count = seed, 0

    def random(self, count: int) -> bytes:
        self.count += 1
        blocks = [sha256(b"%b %d %d" % (self.seed, self.count, i)).digest() for i in range(count // 32 + 1)]
        return b"".join(blocks)[:count]

    def uuid7(self) -> str:
        return uuid7_from(self.count, self.random(10))


def key(name: str) -> SigningKey:
    return SigningKey.from_seed(sha256(name.encode()).digest())


def site_keys(origin: str = "hat.invalid/zh1", name: str = "") -> SiteKeys:
    return SiteKeys(
        origin=origin,
        head=key(f"head{name}"),
        machine=key(f"machine{name}"),
        wrap=sha256(b"wrap").digest(),
        index=sha256(b"index").digest(),
    )


def fold(tx: Transaction, one: Appended) -> None:
    """What a dose does to six projections."""
    dose = f"dose-{one.seq}"
    state = f'{{"filling":"{"x" * 300}","seq":{one.seq}}}'
    count = int(tx.load(projection_page, "page") or 0) + 1
    tx.save(projection_dose, dose, {"patient_id": PATIENT, "open": 1}, state)
    tx.save(projection_line, f"line-{one.seq}", {"page_id": "page", "number": count}, state)
    tx.save(projection_page, "page", {}, str(count))
    for table, columns in (
        (projection_visit, {"patient_id": PATIENT, "open": 1}),
        (projection_dose_history, {}),
        (projection_container, {"product_id": "diaphin", "open": 1}),
    ):
        tx.load(table, PATIENT)
        tx.save(table, PATIENT, columns, state)


@dataclass
class LogOfSite:
    """One site in a test's database."""

    engine: Engine
    site: SiteRow = ZURICH
    keys: SiteKeys = field(default_factory=site_keys)
    clock: ToldClock = field(default_factory=ToldClock)
    ids: CountedIds = field(default_factory=CountedIds)
    person: SigningKey = field(default_factory=lambda: key("person"))

    def open(self) -> LogOfSite:
        with writing(self.engine) as connection:
            sites.add(connection, self.site)
        return self

    def writer(self, **options: Any) -> Writer:
        return Writer(
            Committer(self.engine, self.site.site_id, self.keys, self.clock, self.ids, **options)
        )

    def stamp(self, request_id: str | None = None, body: bytes = b"{}") -> RequestStamp:
        return RequestStamp(request_id or self.ids.uuid7(), PERSON, TERMINAL, sha256(body).digest())

    def entry(
        self,
        stamp: RequestStamp,
        tag: str = "dose-prepared",
        entry_class: EntryClass = EntryClass.REGISTER,
        **body: Any,
    ) -> Outgoing:
        sealed = entry_class in (EntryClass.PATIENT, EntryClass.CLINICAL)
        patient = body.pop("patient", PATIENT if sealed else None)
        statement = Statement(
            salt=self.ids.random(16),
            origin=self.site.origin,
            request=stamp.request_id,
            terminal=stamp.terminal,
            person=stamp.actor,
            key="k1",
            meaning="performed",
            body=body,
            body_sha256=stamp.body_sha256,
        )
        payload = statement.payload()
        envelope = make_envelope(payload_type(tag), payload, "k1", self.person.sign)
        return Outgoing(tag, entry_class, envelope, patient, payload_hash(payload))

    def recording(
        self,
        stamp: RequestStamp | None = None,
        entries: list[Outgoing] | None = None,
        outcome: Outcome = "accepted",
        apply: Callable[[Transaction, Appended], None] = fold,
    ) -> Callable[[Transaction], Recorded]:
        """Work that records one entry, or these."""
        stamp = stamp or self.stamp()
        entries = entries if entries is not None else [self.entry(stamp)]
        return lambda tx: record(tx, stamp, entries, outcome, apply)

    def everything(self) -> tuple[dict[str, int], tuple[int, str] | None]:
        """How many rows each table has, and the newest head."""
        with reading(self.engine) as connection:
            counts = {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in metadata.tables.items()
            }
            return counts, newest_head(connection, self.site.site_id)


class OneKeyring:
    """Everybody signs with the person's key, the machine with its own."""

    def __init__(self, log: LogOfSite) -> None:
        self.log = log

    def key_for(self, seq: int, tag: str, statement: Statement) -> PublicKey:
        signer = self.log.keys.machine if statement.key == MACHINE else self.log.person
        return PublicKey("ed25519", signer.public_raw)

    def learn(self, seq: int, tag: str, statement: Statement, envelope: object) -> None:
        pass
