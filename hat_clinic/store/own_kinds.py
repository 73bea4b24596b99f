"""That what is stored is of the kind its column holds, asked of the values themselves.

Columns say so, and the database keeps them to it; but whoever owns it can make a table anew that
holds anything, and SQLite never asks if text is UTF-8. A NULL then hides a row from every
comparison, a number with a point passes for a whole one, and what cannot be read as text is not
read at all. So this is asked first, in the database itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    Text,
    case,
    cast,
    func,
    or_,
    select,
)

from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.store.engine import is_sqlite
from hat_clinic.store.schema import (
    LEDGER_TABLES,
    PROJECTION_TABLES,
    ledger_head,
    ledger_leaf,
    ledger_node,
    patient_key,
    request,
    sealed,
    site,
)
from hat_clinic.store.schema import envelope as envelope_table
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken

TABLES = (site, *LEDGER_TABLES, patient_key, *PROJECTION_TABLES)
_NUMBERED: dict[Table, Column[Any]] = {
    ledger_leaf: ledger_leaf.c.seq,
    ledger_node: ledger_node.c.idx,
    ledger_head: ledger_head.c.size,
    envelope_table: envelope_table.c.seq,
    sealed: sealed.c.seq,
    request: request.c.first_seq,
}
_SQLITE = {"text": ("text",), "bytes": ("blob",), "a whole number": ("integer",)}
_POSTGRESQL = {"text": ("text",), "bytes": ("bytea",), "a whole number": ("bigint", "integer")}
_FIRST_LEAVES = select(site.c.origin, ledger_leaf.c.leaf).where(
    ledger_leaf.c.site_id == site.c.site_id, ledger_leaf.c.seq == 0
)


def require_own_kinds(connection: Connection) -> None:
    """Every value that is verified is text, bytes or a whole number, as its column says.

    Raises: LedgerBroken, naming the first entry that has another, if the row says which that is.
    """
    found = [broken for table in TABLES if (broken := _odd_kind(connection, table)) is not None]
    if not found and is_sqlite(connection):
        found = [broken for table in TABLES if (broken := _no_text(connection, table)) is not None]
    if found:
        raise min(found, key=lambda one: (one.seq is None, one.seq or 0))


def require_each_once(connection: Connection) -> None:
    """No two rows stand under one key, of which one reader would meet this one and another that one.

    Raises: LedgerBroken, naming the first entry of which there are two.
    """
    for table in TABLES:
        keys, place = list(table.primary_key.columns), _place(connection, table)
        twice = select(func.count(), *place).select_from(table).group_by(*keys, *place)
        wanted = twice.having(func.count() > 1).order_by(*place).limit(1)
        row = connection.execute(wanted).one_or_none()
        if row is not None:
            seq = 0 if table is site else _entry(table, row[1:])
            words = f"{table.name} has {row[0]} rows under one key; the rest was not looked at"
            raise LedgerBroken(words, seq=seq)


def require_row_of_log(connection: Connection, origin: str) -> None:
    """If a log of this name is stored, the row of its site names it too.

    Raises: LedgerBroken.
    """
    begun = [(row.origin, _origin_of(row.leaf)) for row in connection.execute(_FIRST_LEAVES)]
    if origin in (named for named, _ in begun):
        return
    for named, said in begun:
        if said == origin:
            raise LedgerBroken(f"the site's row says its log is {named!r}, the leaf says {said!r}", seq=0)


def _origin_of(leaf: bytes) -> str | None:
    try:
        return parse_leaf(leaf).origin
    except BadProof:
        return None


def _odd_kind(connection: Connection, table: Table) -> LedgerBroken | None:
    odd = [(_is_odd(connection, column), column) for column in table.columns]
    which = case(*((condition, column.name) for condition, column in odd))
    place = _place(connection, table)
    wanted = select(which, *place).where(or_(*(condition for condition, _ in odd)))
    row = connection.execute(wanted.order_by(*place).limit(1)).one_or_none()
    return None if row is None else _broken(table, table.columns[row[0]], row[1:])


def _is_odd(connection: Connection, column: Column[Any]) -> ColumnElement[bool]:
    if is_sqlite(connection):
        return func.typeof(column).not_in(_SQLITE[_kind(column)])
    told = cast(func.pg_typeof(column), Text)
    return or_(column.is_(None), told.not_in(_POSTGRESQL[_kind(column)]))


def _no_text(connection: Connection, table: Table) -> LedgerBroken | None:
    """SQLite cannot be asked which text is none: as bytes it is read, and decoded here."""
    columns = [column for column in table.columns if _kind(column) == "text"]
    place = _place(connection, table)
    wanted = select(*(cast(column, LargeBinary) for column in columns), *place).order_by(*place)
    for row in connection.execute(wanted).yield_per(1000):
        for column, data in zip(columns, row, strict=False):
            try:
                data.decode()
            except UnicodeDecodeError:
                return _broken(table, column, row[len(columns) :])
    return None


def _place(connection: Connection, table: Table) -> list[Any]:
    """By what its row is named: as bytes on SQLite, which reads them whatever they are."""
    if table in PROJECTION_TABLES:
        return [cast(table.c.key, LargeBinary) if is_sqlite(connection) else table.c.key]
    number = _NUMBERED.get(table)
    found: list[Any] = [] if number is None else [number]
    return [*found, ledger_node.c.level] if table is ledger_node else found


def _broken(table: Table, column: Column[Any], place: Any) -> LedgerBroken:
    words = f"{table.name}.{column.name} holds something else than {_kind(column)}"
    if table in PROJECTION_TABLES:
        (key,) = place
        words += f", row {key.decode(errors='replace') if isinstance(key, bytes) else key!r}"
    seq = 0 if table is site else _entry(table, place)
    return LedgerBroken(f"{words}; the rest was not looked at", seq=seq)


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, LargeBinary):
        return "bytes"
    return "text" if isinstance(column.type, Text) else "a whole number"


def _entry(table: Table, numbers: Any) -> int | None:
    """The entry a row is of; None if its numbers are none, or of no log, or it has no number."""
    if not numbers or not all(type(each) is int and 0 <= each < 1 << 62 for each in numbers):
        return None
    if table is ledger_node:
        index, level = numbers
        return int(index << min(level, 62))
    return int(numbers[0]) - (1 if table is ledger_head and numbers[0] else 0)
