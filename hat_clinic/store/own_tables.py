"""That the tables are tables, and that whoever looks for a row finds the one that is compared.

`verify` reads each table whole, in the order of its key. The screens and the register look rows up
by other indexes, or by a view if somebody put one in a table's place. Where those say otherwise,
what was compared is not what people read.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from hat_clinic.store.engine import is_sqlite
from hat_clinic.store.own_kinds import TABLES
from hat_clinic.vocabulary.errors import LedgerBroken


def require_own_tables(connection: Connection) -> None:
    """What is read as a table is one.

    Raises: LedgerBroken.
    """
    views = set(inspect(connection).get_view_names())
    for table in TABLES:
        if table.name in views:
            raise LedgerBroken(f"{table.name} is no table: somebody put a view in its place")


def require_sound(connection: Connection) -> None:
    """Every index has each row of its table and no other, as SQLite itself finds.

    Why not on PostgreSQL: it has no such check that everybody may ask for.
    Raises: LedgerBroken.
    """
    if not is_sqlite(connection):
        return
    found = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
    if found != "ok":
        raise LedgerBroken(f"the database contradicts itself, by SQLite's own check: {found}")
