"""Open statements: bytes the server has fixed and somebody has not signed yet.

A statement waits until its request is decided. Why its row then stays for a while: with its indexes
it lies on pages of its own, which are written once for many rows that go together, or for each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, insert, or_, select

from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import request, statement
from hat_clinic.vocabulary.moments import moment_text, parse_moment

_HERE = (statement.c.site_id == bindparam("site_id"), statement.c.statement_id == bindparam("statement_id"))
_DECIDED = exists().where(
    request.c.site_id == statement.c.site_id, request.c.request_id == statement.c.request_id
)
_ALL = select(
    statement.c.statement_id,
    statement.c.request_id,
    statement.c.person,
    statement.c.terminal,
    statement.c.tag,
    statement.c.payload,
    statement.c.command,
    statement.c.expires_at,
)
_ADD = Prepared(insert(statement))
_GET = Prepared(_ALL.where(*_HERE, ~_DECIDED))
_OF_REQUEST = Prepared(
    _ALL.where(statement.c.site_id == bindparam("site_id"), statement.c.request_id == bindparam("request_id"))
    .order_by(statement.c.statement_id)
)
_OF_PERSON = Prepared(
    _ALL.where(
        statement.c.site_id == bindparam("site_id"), statement.c.person == bindparam("person"), ~_DECIDED
    ).order_by(statement.c.statement_id)
)
_OF_TAGS = statement.c.tag.in_(bindparam("tags", expanding=True))
_OLD = select(statement.c.statement_id).where(
    statement.c.site_id == bindparam("site_id"),
    or_(
        _DECIDED,
        statement.c.expires_at <= bindparam("long_ago"),
        and_(statement.c.expires_at <= bindparam("ended"), ~_OF_TAGS),
    ),
).limit(bindparam("most"))  # fmt: skip
_ENDED = (
    _ALL.where(
        statement.c.site_id == bindparam("site_id"), statement.c.expires_at <= bindparam("ended"), _OF_TAGS
    )
    .order_by(statement.c.expires_at.desc(), statement.c.statement_id.desc())
)  # fmt: skip
_DROP = Prepared(delete(statement).where(*_HERE))


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """What `person` was shown at `terminal` and may sign until `expires_at`.

    `payload` is exactly what is signed; `command` is the canonical JSON of the command it
    came from, which is decided again when the signature comes.
    """

    statement_id: str
    request_id: str
    person: str
    terminal: str
    tag: str
    payload: bytes
    command: str
    expires_at: datetime

    def expired(self, now: datetime) -> bool:
        """Whether it is too late to sign."""
        return now >= self.expires_at


def put(connection: Connection, site_id: str, opened: OpenStatement) -> None:
    """The statement waits for its signature."""
    row = {
        "site_id": site_id,
        "statement_id": opened.statement_id,
        "request_id": opened.request_id,
        "person": opened.person,
        "terminal": opened.terminal,
        "tag": opened.tag,
        "payload": opened.payload,
        "command": opened.command,
        "expires_at": moment_text(opened.expires_at),
    }
    _ADD.run(connection, row)


def get(connection: Connection, site_id: str, statement_id: str) -> OpenStatement | None:
    """The statement, expired or not, if it waits; it goes on waiting."""
    here = {"site_id": site_id, "statement_id": statement_id}
    row = _GET.first(connection, here)
    return None if row is None else _statement(row)


def of_request(connection: Connection, site_id: str, request_id: str) -> tuple[OpenStatement, ...]:
    """The statements that wait under this request, so that a repeated request gets the same bytes."""
    rows = _OF_REQUEST.run(connection, {"site_id": site_id, "request_id": request_id})
    return tuple(_statement(row) for row in rows)


def of_person(connection: Connection, site_id: str, person: str) -> tuple[OpenStatement, ...]:
    """The statements that wait for this person, expired or not, at whichever terminal."""
    rows = _OF_PERSON.run(connection, {"site_id": site_id, "person": person})
    return tuple(_statement(row) for row in rows)


def old(
    connection: Connection,
    site_id: str,
    long_ago: datetime,
    ended: datetime,
    tags: Collection[str],
    most: int,
) -> list[str]:
    """Statements that are decided or ended `long_ago`, or, but for these `tags`, had `ended` by then.

    Why: give `ended` a moment well past, so that a late signature is still told why it is too late.
    """
    moments = {"long_ago": moment_text(long_ago), "ended": moment_text(ended)}
    here = {"site_id": site_id, "tags": list(tags), "most": most}
    return [row.statement_id for row in connection.execute(_OLD, here | moments)]


def ended(
    connection: Connection, site_id: str, moment: datetime, tags: Collection[str]
) -> Iterator[OpenStatement]:
    """Statements of these tags that ended at `moment` or earlier, the newest first."""
    here = {"site_id": site_id, "tags": list(tags), "ended": moment_text(moment)}
    return map(_statement, connection.execute(_ENDED, here).yield_per(100))


def drop(connection: Connection, site_id: str, statement_ids: Sequence[str]) -> None:
    """These statements are gone."""
    if statement_ids:
        _DROP.run_each(connection, [{"site_id": site_id, "statement_id": each} for each in statement_ids])


def _statement(row: Any) -> OpenStatement:
    statement_id, request_id, person, terminal, tag, payload, command, expires_at = row
    ends = parse_moment(expires_at)
    return OpenStatement(statement_id, request_id, person, terminal, tag, payload, command, ends)
