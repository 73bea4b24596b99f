"""Terminal secrets: the hash of what an enrolled terminal sends with every request."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Connection, bindparam, delete, insert, select

from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import terminal_secret

_HERE = (
    terminal_secret.c.site_id == bindparam("site_id"),
    terminal_secret.c.terminal_id == bindparam("terminal_id"),
)
_ADD = insert(terminal_secret)
_GET = Prepared(select(terminal_secret.c.secret_hash).where(*_HERE))
_DROP = delete(terminal_secret).where(*_HERE)


def put(connection: Connection, site_id: str, terminal_id: str, secret_hash: bytes) -> None:
    """The terminal is known by this secret, in place of any earlier one."""
    drop(connection, site_id, terminal_id)
    connection.execute(_ADD, {"site_id": site_id, "terminal_id": terminal_id, "secret_hash": secret_hash})


def get(connection: Connection, site_id: str, terminal_id: str) -> bytes | None:
    """The hash of the terminal's secret, or None for a terminal that is not enrolled."""
    row = _GET.first(connection, {"site_id": site_id, "terminal_id": terminal_id})
    return None if row is None else cast(bytes, row[0])


def drop(connection: Connection, site_id: str, terminal_id: str) -> None:
    """The terminal is unknown."""
    connection.execute(_DROP, {"site_id": site_id, "terminal_id": terminal_id})
