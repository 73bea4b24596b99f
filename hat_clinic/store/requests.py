"""Requests: an id is spent by its first decision, for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import Connection, bindparam, insert, select

from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import request
from hat_clinic.vocabulary.errors import Clash, NotPermitted

Outcome: TypeAlias = Literal["accepted", "refused"]

_FIND = Prepared(
    select(
        request.c.actor,
        request.c.terminal,
        request.c.body_sha256,
        request.c.outcome,
        request.c.first_seq,
        request.c.entries,
    ).where(request.c.site_id == bindparam("site_id"), request.c.request_id == bindparam("request_id"))
)
_ADD = Prepared(insert(request))
_ALL = (
    select(request)
    .where(request.c.site_id == bindparam("site_id"), request.c.first_seq >= bindparam("first"))
    .order_by(request.c.first_seq, request.c.request_id)
)


@dataclass(frozen=True, slots=True)
class RequestStamp:
    """Who asks for what: one command, from one terminal, with this canonical body."""

    request_id: str
    actor: str
    terminal: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class SpentRequest:
    """A request that was decided, and the entries it made."""

    stamp: RequestStamp
    outcome: Outcome
    first_seq: int
    entries: int


def lookup(connection: Connection, site_id: str, stamp: RequestStamp) -> SpentRequest | None:
    """What this very request was answered before, or None if its id is unspent.

    Raises: NotPermitted, if somebody else or another terminal spent it; Clash, if it was
    spent on another body.
    """
    return own(find(connection, site_id, stamp.request_id), stamp)


def own(spent: SpentRequest | None, stamp: RequestStamp) -> SpentRequest | None:
    """`spent`, which is what was found under the id of `stamp`, if it is this very request.

    Raises: NotPermitted; Clash, as `lookup` does.
    """
    if spent is None:
        return None
    if (spent.stamp.actor, spent.stamp.terminal) != (stamp.actor, stamp.terminal):
        raise NotPermitted("this request id is spent")
    if spent.stamp.body_sha256 != stamp.body_sha256:
        raise Clash("this request id is spent on another body")
    return spent


def find(connection: Connection, site_id: str, request_id: str) -> SpentRequest | None:
    """The decided request of this id, whoever made it."""
    row = _FIND.first(connection, {"site_id": site_id, "request_id": request_id})
    if row is None:
        return None
    actor, terminal, body_sha256, outcome, first_seq, entries = row
    return SpentRequest(RequestStamp(request_id, actor, terminal, body_sha256), outcome, first_seq, entries)


def spend(connection: Connection, site_id: str, decided: Iterable[SpentRequest]) -> None:
    """The ids are spent. A batch does this for whatever `record()` appended."""
    rows = [
        {
            "site_id": site_id,
            "request_id": one.stamp.request_id,
            "actor": one.stamp.actor,
            "terminal": one.stamp.terminal,
            "body_sha256": one.stamp.body_sha256,
            "outcome": one.outcome,
            "first_seq": one.first_seq,
            "entries": one.entries,
        }
        for one in decided
    ]
    _ADD.run_each(connection, rows)


def stored(connection: Connection, site_id: str) -> Iterator[SpentRequest]:
    """Every decided request of the site, in the order of their entries; for verification.

    Also one that claims to begin before entry 0, which somebody must have put there.
    """
    for row in connection.execute(_ALL, {"site_id": site_id, "first": -(1 << 62)}).yield_per(1000):
        stamp = RequestStamp(row.request_id, row.actor, row.terminal, row.body_sha256)
        yield SpentRequest(stamp, row.outcome, row.first_seq, row.entries)
