"""Failed sign-ins: throttled where they happen, and one entry for each quarter of an hour.

Why not one entry each: a stranger could fill the ledger. Why not none: somebody who tries
passphrases at night must be seen by whoever reads the record.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from hat_clinic.domain.entries import SIGNERS, body_of, tag_of
from hat_clinic.domain.entries.system import SignInFailures
from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.statement import MACHINE, Statement, payload_hash
from hat_clinic.projections.replay import fold
from hat_clinic.store import throttles
from hat_clinic.store.record import Outgoing, record
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.throttles import Bucket
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Throttled
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.strict_json import JsonValue

SALT_BYTES = 16


def require_no_wait(connection: Connection, site_id: str, bucket: Bucket, now: datetime) -> None:
    """This account may try at this terminal now.

    Raises: Throttled.
    """
    wait = throttles.wait(connection, site_id, bucket, now)
    if wait:
        raise Throttled("too many failures for this account at this terminal", wait)


def count_failure(tx: Transaction, bucket: Bucket, account: str | None = None) -> None:
    """The failure counts, and windows that have ended are on record.

    `account` is whose failure it is, where the bucket does not say it.
    """
    throttles.note_failure(tx.conn, tx.site_id, bucket, tx.now, account)
    book_failures(tx)


def book_failures(tx: Transaction) -> int:
    """Every ended window of failures has its entry; returns how many there were."""
    windows = throttles.take_windows(tx.conn, tx.site_id, tx.now)
    if not windows:
        return 0
    entries = [
        SignInFailures(one.bucket.account, TerminalId(one.bucket.terminal_id), one.window_at, one.failures)
        for one in windows
    ]
    bodies: list[JsonValue] = [body_of(entry) for entry in entries]
    stamp = RequestStamp(tx.ids.uuid7(), MACHINE, MACHINE, sha256(encode(bodies)).digest())
    record(tx, stamp, [_attributed(tx, stamp, entry) for entry in entries], "accepted", fold)
    return len(entries)


def _attributed(tx: Transaction, stamp: RequestStamp, entry: SignInFailures) -> Outgoing:
    row, tag = SIGNERS[type(entry)], tag_of(type(entry))
    payload = Statement(
        salt=tx.ids.random(SALT_BYTES),
        origin=tx.site.origin,
        request=stamp.request_id,
        terminal=stamp.terminal,
        person=MACHINE,
        key=MACHINE,
        meaning=row.meaning,
        body=body_of(entry),
        body_sha256=stamp.body_sha256,
    ).payload()
    return Outgoing(tag, row.entry_class, tx.keys.attribute(tag, payload), None, payload_hash(payload))
