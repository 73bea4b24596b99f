"""Projections beside the real ones: what a rebuild writes into, and how the two are compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Table, bindparam, collate, create_engine, select
from sqlalchemy.pool import StaticPool
from sqlcipher3 import dbapi2 as sqlcipher

from hat_clinic.store.engine import is_sqlite
from hat_clinic.store.schema import PROJECTION_TABLES, metadata

KeyedRow: TypeAlias = Row[Any]


@contextmanager
def scratch() -> Iterator[Connection]:
    """Empty projections in the memory of this process, gone afterwards, on every engine.

    Why in memory: a rebuild then needs no right to create anything, so hat_app can check the
    projections it uses. `States(connection, site_id)` works on it as on the real ones.
    """
    engine = create_engine("sqlite://", module=sqlcipher, poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            metadata.create_all(connection, tables=PROJECTION_TABLES)
            connection.commit()
            yield connection
    finally:
        engine.dispose()


def keyed_rows(connection: Connection, table: Table, site_id: str) -> Iterator[KeyedRow]:
    """Every row of a keyed table at this site, in the order of the keys' characters."""
    key = table.c.key if is_sqlite(connection) else collate(table.c.key, "C")
    query = select(table).where(table.c.site_id == bindparam("site_id")).order_by(key)
    yield from connection.execute(query, {"site_id": site_id}).yield_per(1000)


def strange_rows(connection: Connection, table: Table, known: Collection[str]) -> Iterator[KeyedRow]:
    """Every row of a keyed table that is of none of these sites."""
    query = select(table).where(table.c.site_id.not_in(known)).order_by(table.c.site_id, table.c.key)
    yield from connection.execute(query).yield_per(1000)


def first_difference(
    stored: Connection, rebuilt: Connection, table: Table, site_id: str
) -> tuple[str, KeyedRow | None, KeyedRow | None] | None:
    """(key, stored row, rebuilt row) where the two first differ, in order of keys; None if nowhere."""
    ours, theirs = keyed_rows(stored, table, site_id), keyed_rows(rebuilt, table, site_id)
    while True:
        one, other = next(ours, None), next(theirs, None)
        if one is None and other is None:
            return None
        if one is None or other is None or tuple(one) != tuple(other):
            keys = [row.key for row in (one, other) if row is not None]
            first: str = min(keys)
            return (
                first,
                one if one is not None and one.key == first else None,
                other if other is not None and other.key == first else None,
            )
