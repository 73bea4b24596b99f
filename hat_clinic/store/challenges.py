"""Challenges: a nonce a terminal must sign or answer once, soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert

from hat_clinic.store.schema import challenge
from hat_clinic.vocabulary.moments import moment_text, parse_moment

_ADD = insert(challenge)
_TAKE = (
    delete(challenge)
    .where(challenge.c.site_id == bindparam("site_id"), challenge.c.nonce == bindparam("nonce"))
    .returning(challenge.c.person_id, challenge.c.terminal_id, challenge.c.expires_at)
)
_DROP_EXPIRED = delete(challenge).where(
    challenge.c.site_id == bindparam("site_id"), challenge.c.expires_at <= bindparam("moment")
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """This person at this terminal is asked to answer `nonce` before `expires_at`."""

    nonce: bytes
    person_id: str
    terminal_id: str
    expires_at: datetime


def put(connection: Connection, site_id: str, asked: Challenge) -> None:
    """The nonce waits for its answer."""
    row = {
        "site_id": site_id,
        "nonce": asked.nonce,
        "person_id": asked.person_id,
        "terminal_id": asked.terminal_id,
        "expires_at": moment_text(asked.expires_at),
    }
    connection.execute(_ADD, row)


def take(connection: Connection, site_id: str, nonce: bytes) -> Challenge | None:
    """The challenge of this nonce, expired or not; it cannot be taken again."""
    row = connection.execute(_TAKE, {"site_id": site_id, "nonce": nonce}).one_or_none()
    if row is None:
        return None
    return Challenge(nonce, row.person_id, row.terminal_id, parse_moment(row.expires_at))


def drop_expired(connection: Connection, site_id: str, before: datetime) -> int:
    """Challenges that ended at `before` or earlier are gone; returns how many."""
    gone = connection.execute(_DROP_EXPIRED, {"site_id": site_id, "moment": moment_text(before)})
    return gone.rowcount
