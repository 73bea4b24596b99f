"""Clock-ins: whose key may sign at which terminal, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import clock_in
from hat_clinic.vocabulary.moments import moment_text, parse_moment

_OF_SITE = clock_in.c.site_id == bindparam("site_id")
_OF_PERSON = clock_in.c.person_id == bindparam("person_id")
_AT_TERMINAL = clock_in.c.terminal_id == bindparam("terminal_id")
_LIVE = clock_in.c.until > bindparam("now")

_ADD = insert(clock_in)
_COLUMNS = (
    clock_in.c.person_id,
    clock_in.c.terminal_id,
    clock_in.c.key_id,
    clock_in.c.since,
    clock_in.c.until,
)
_GET = Prepared(select(*_COLUMNS).where(_OF_SITE, _OF_PERSON, _AT_TERMINAL, _LIVE))
_END = delete(clock_in).where(_OF_SITE, _OF_PERSON, _AT_TERMINAL)
_END_PERSON = delete(clock_in).where(_OF_SITE, _OF_PERSON)
_END_TERMINAL = delete(clock_in).where(_OF_SITE, _AT_TERMINAL)


@dataclass(frozen=True, slots=True)
class ClockIn:
    """This person's key works at this terminal until then."""

    person_id: str
    terminal_id: str
    key_id: str
    since: datetime
    until: datetime


def put(connection: Connection, site_id: str, begun: ClockIn) -> None:
    """The person is clocked in there, in place of any earlier clock-in there."""
    end(connection, site_id, begun.person_id, begun.terminal_id)
    row = {
        "site_id": site_id,
        "person_id": begun.person_id,
        "terminal_id": begun.terminal_id,
        "key_id": begun.key_id,
        "since": moment_text(begun.since),
        "until": moment_text(begun.until),
    }
    connection.execute(_ADD, row)


def live(
    connection: Connection, site_id: str, person_id: str, terminal_id: str, now: datetime
) -> ClockIn | None:
    """The clock-in that lets this person sign at this terminal now, if there is one."""
    here = {"site_id": site_id, "person_id": person_id, "terminal_id": terminal_id, "now": moment_text(now)}
    row = _GET.first(connection, here)
    return None if row is None else _clock_in(*row)


def end(connection: Connection, site_id: str, person_id: str, terminal_id: str) -> None:
    """The person is not clocked in at this terminal."""
    connection.execute(_END, {"site_id": site_id, "person_id": person_id, "terminal_id": terminal_id})


def end_person(connection: Connection, site_id: str, person_id: str) -> None:
    """The person is clocked in nowhere at this site: suspended, or the key revoked."""
    connection.execute(_END_PERSON, {"site_id": site_id, "person_id": person_id})


def end_terminal(connection: Connection, site_id: str, terminal_id: str) -> None:
    """Nobody is clocked in at this terminal."""
    connection.execute(_END_TERMINAL, {"site_id": site_id, "terminal_id": terminal_id})


def _clock_in(person_id: str, terminal_id: str, key_id: str, since: str, until: str) -> ClockIn:
    return ClockIn(person_id, terminal_id, key_id, parse_moment(since), parse_moment(until))
