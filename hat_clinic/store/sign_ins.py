"""Sign-ins: who is looking, at which terminal. The token itself is stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import clock_in, sign_in
from hat_clinic.vocabulary.moments import moment_text, parse_moment

_OF_SITE = sign_in.c.site_id == bindparam("here")
_OF_TOKEN = sign_in.c.token_hash == bindparam("hash")
_OF_PERSON = sign_in.c.person_id == bindparam("person")
_AT_TERMINAL = sign_in.c.terminal_id == bindparam("terminal")

_CLOCKED_IN = and_(
    clock_in.c.site_id == sign_in.c.site_id,
    clock_in.c.person_id == sign_in.c.person_id,
    clock_in.c.terminal_id == sign_in.c.terminal_id,
    clock_in.c.until > bindparam("moment"),
)

_ADD = insert(sign_in)
_GET = Prepared(
    select(
        sign_in.c.token_hash,
        sign_in.c.person_id,
        sign_in.c.terminal_id,
        sign_in.c.since,
        sign_in.c.last_seen,
        sign_in.c.until,
        clock_in.c.key_id,
    )
    .outerjoin_from(sign_in, clock_in, _CLOCKED_IN)
    .where(_OF_SITE, _OF_TOKEN)
)
_TOUCH = update(sign_in).where(_OF_SITE, _OF_TOKEN).values(last_seen=bindparam("moment"))
_END = delete(sign_in).where(_OF_SITE, _OF_TOKEN)
_END_PERSON = delete(sign_in).where(_OF_SITE, _OF_PERSON)
_END_TERMINAL = delete(sign_in).where(_OF_SITE, _AT_TERMINAL)
_END_EARLIER = delete(sign_in).where(_OF_SITE, _OF_PERSON, _AT_TERMINAL)


@dataclass(frozen=True, slots=True)
class SignIn:
    """The right to look, as long as somebody looks and at most until `until`.

    `key_id` is read with it: the key with which the person is clocked in there at that moment.
    """

    token_hash: bytes
    person_id: str
    terminal_id: str
    since: datetime
    last_seen: datetime
    until: datetime
    key_id: str | None = None


def put(connection: Connection, site_id: str, begun: SignIn) -> None:
    """The person is signed in there; an earlier sign-in of the same two is ended."""
    here = {"here": site_id, "person": begun.person_id, "terminal": begun.terminal_id}
    connection.execute(_END_EARLIER, here)
    row = {
        "site_id": site_id,
        "token_hash": begun.token_hash,
        "person_id": begun.person_id,
        "terminal_id": begun.terminal_id,
        "since": moment_text(begun.since),
        "last_seen": moment_text(begun.last_seen),
        "until": moment_text(begun.until),
    }
    connection.execute(_ADD, row)


def live(
    connection: Connection, site_id: str, token_hash: bytes, now: datetime, idle: timedelta
) -> SignIn | None:
    """The sign-in of this token, unless it ended, or nothing was seen of it for `idle`.

    Why the distance counts both ways: setting the clock back must not keep a sign-in alive.
    """
    row = _GET.first(connection, {"here": site_id, "hash": token_hash, "moment": moment_text(now)})
    if row is None:
        return None
    found = _sign_in(row)
    return found if now < found.until and abs(now - found.last_seen) < idle else None


def touch(connection: Connection, site_id: str, token_hash: bytes, now: datetime) -> None:
    """The sign-in was seen now.

    Why not at every request: it is a durable write; once in a tenth of the idle time will do.
    """
    connection.execute(_TOUCH, {"here": site_id, "hash": token_hash, "moment": moment_text(now)})


def end(connection: Connection, site_id: str, token_hash: bytes) -> None:
    """The token opens nothing."""
    connection.execute(_END, {"here": site_id, "hash": token_hash})


def end_person(connection: Connection, site_id: str, person_id: str) -> None:
    """No token of this person opens anything at this site."""
    connection.execute(_END_PERSON, {"here": site_id, "person": person_id})


def end_terminal(connection: Connection, site_id: str, terminal_id: str) -> None:
    """No token opens anything from this terminal."""
    connection.execute(_END_TERMINAL, {"here": site_id, "terminal": terminal_id})


def _sign_in(row: tuple[Any, ...]) -> SignIn:
    token_hash, person_id, terminal_id, *moments, key_id = row
    since, last_seen, until = map(parse_moment, moments)
    return SignIn(token_hash, person_id, terminal_id, since, last_seen, until, key_id)
