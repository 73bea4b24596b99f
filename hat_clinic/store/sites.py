"""Sites: the small row that names the log, and that every writer locks first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import site
from hat_clinic.vocabulary.errors import NotFound

_ADD = insert(site)
_ROWS = select(site.c.site_id, site.c.origin, site.c.name, site.c.zone)
_GET = _ROWS.where(site.c.site_id == bindparam("site_id"))
# SQLite knows no FOR UPDATE and needs none: BEGIN IMMEDIATE came first.
_LOCK = Prepared(_GET.with_for_update())
_ALL = _ROWS.order_by(site.c.site_id)


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One legal premises: the name of its log, its own name, its IANA time zone."""

    site_id: str
    origin: str
    name: str
    zone: str


def add(connection: Connection, new: SiteRow) -> None:
    """The site is known; its log is empty."""
    connection.execute(
        _ADD, {"site_id": new.site_id, "origin": new.origin, "name": new.name, "zone": new.zone}
    )


def get(connection: Connection, site_id: str) -> SiteRow:
    """The site.

    Raises: NotFound.
    """
    return _site(site_id, connection.execute(_GET, {"site_id": site_id}).one_or_none())


def lock(connection: Connection, site_id: str) -> SiteRow:
    """The site, and nobody else writes for it until this transaction ends.

    Why a statement of its own: under READ COMMITTED a statement that waited for the lock still
    sees what it saw before it waited, so the newest head is read by the next one.
    Raises: NotFound.
    """
    return _site(site_id, _LOCK.first(connection, {"site_id": site_id}))


def stored(connection: Connection) -> tuple[SiteRow, ...]:
    """Every site in this database."""
    return tuple(SiteRow(*row) for row in connection.execute(_ALL))


def _site(site_id: str, row: Row[Any] | tuple[Any, ...] | None) -> SiteRow:
    if row is None:
        raise NotFound(f"there is no site {site_id}")
    return SiteRow(*row)
