"""That what is stored can be read as ours, and in one way, asked before anything in it is judged.

The tables are tables, and whoever looks for a row finds the one that is compared.

`verify` reads each table whole, in the order of its key. The screens and the register look rows up
by other indexes, or by a view if somebody put one in a table's place. Where those say otherwise,
what was compared is not what people read.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from hat_clinic.store.engine import is_sqlite
from hat_clinic.store.own_kinds import TABLES, require_each_once, require_own_kinds, require_row_of_log
from hat_clinic.vocabulary.errors import LedgerBroken


def require_readable(connection: Connection, origin: str | None = None) -> None:
    """What is stored can be read as ours, and in one way; if the log of this name is, its site says so.

    Why before anything else: a value of another kind would be taken for a fault of the program's or
    of whoever typed the command, and for no alarm.
    Raises: LedgerBroken.
    """
    require_own_tables(connection)
    require_own_kinds(connection)
    require_each_once(connection)
    if origin is not None:
        require_row_of_log(connection, origin)
    require_sound(connection)


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
