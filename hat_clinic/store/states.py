"""Keyed states: one value by its key, many by their columns; what was saved is seen at once.

Within one transaction a state is read at most once, and spelt and written at most once, however
often the projections touch it. Saves wait here until `flush`, which sends one statement a table.
A writer may bring what it knows from its last transaction, see `committer.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar, cast

from sqlalchemy import Connection, Table, bindparam, delete, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from hat_clinic.store.prepared import Prepared

S = TypeVar("S")
Columns: TypeAlias = Mapping[str, str | int]
Known: TypeAlias = dict[tuple[Table, str], Any]
"""State by table and key as loaded or saved; None for a key known to have no row."""


@dataclass(frozen=True, slots=True)
class Spelling(Generic[S]):
    """How a state, which never changes, is written as text and read from it."""

    write: Callable[[S], str]
    read: Callable[[str], S]


AS_TEXT: Spelling[Any] = Spelling(str, str)


@dataclass(frozen=True, slots=True)
class _Saved:
    """A state that is to be written, and what its row is found by."""

    columns: Columns
    state: Any
    spelling: Spelling[Any]


_Waiting: TypeAlias = dict[Table, dict[str, _Saved | None]]
_LOADS: dict[str, Prepared] = {}
_DROPS: dict[str, Prepared] = {}
_FINDS: dict[tuple[str, tuple[str, ...]], Prepared] = {}
_UPSERTS: dict[tuple[str, str], Prepared] = {}


class States:
    """The keyed states of one site, as one transaction sees and changes them."""

    def __init__(
        self, conn: Connection, site_id: str, known: Known | None = None, *, shared: States | None = None
    ) -> None:
        """`shared`: what these have read and saved is seen here, and the other way round."""
        self.conn = conn
        self.site_id = site_id
        self._known: Known = {} if known is None else known
        # What the flush will send, or None for a row to be dropped.
        self._waiting: _Waiting = {}
        if shared is not None:
            self._known, self._waiting = shared._known, shared._waiting

    @property
    def known(self) -> Known:
        """Every state this transaction has seen, as it leaves it."""
        return self._known

    def load(self, table: Table, key: str, spelling: Spelling[S] = AS_TEXT) -> S | None:
        """The state under `key`, or None; read once a transaction."""
        place = (table, key)
        if place not in self._known:
            row = _load(table).first(self.conn, {"site_id": self.site_id, "key": key})
            self._known[place] = None if row is None else spelling.read(row[0])
        return cast("S | None", self._known[place])

    def save(
        self, table: Table, key: str, columns: Columns, state: S, spelling: Spelling[S] = AS_TEXT
    ) -> None:
        """`state` stands under `key` with these columns, in place of what stood there."""
        expected = _index_columns(table)
        if columns.keys() != set(expected):
            raise ValueError(f"{table.name} is found by {', '.join(expected) or 'nothing but its key'}")
        self._waiting.setdefault(table, {})[key] = _Saved(columns, state, spelling)
        self._known.pop((table, key), None)  # saved again, it is the newest
        self._known[table, key] = state

    def drop(self, table: Table, key: str) -> None:
        """Nothing stands under `key`."""
        self._waiting.setdefault(table, {})[key] = None
        self._known[table, key] = None

    def find(
        self, table: Table, spelling: Spelling[S] = AS_TEXT, **columns: str | int
    ) -> list[tuple[str, S]]:
        """(key, state) of every row with these column values, in order of keys."""
        rows = _find(table, tuple(columns)).run(self.conn, {"site_id": self.site_id, **columns})
        waiting = self._waiting.get(table, {})
        found: dict[str, S] = {}
        for row in rows:
            if row.key not in waiting:
                place = (table, row.key)
                if place not in self._known:
                    self._known[place] = spelling.read(row.state)
                found[row.key] = self._known[place]
        for key, saved in waiting.items():
            if saved is not None and all(saved.columns[name] == value for name, value in columns.items()):
                found[key] = saved.state
        return sorted(found.items(), key=lambda each: each[0])

    def flush(self) -> None:
        """Everything saved or dropped has been sent; it counts once the transaction commits."""
        for table in sorted(self._waiting, key=lambda each: each.name):
            rows = self._waiting[table]
            dropped = [{"site_id": self.site_id, "key": key} for key, row in rows.items() if row is None]
            saved = [self._row(key, row) for key, row in rows.items() if row is not None]
            if dropped:
                _drop(table).run_each(self.conn, dropped)
            if saved:
                _upsert(table, self.conn.dialect.name).run_each(self.conn, saved)
        self._waiting.clear()

    def _row(self, key: str, saved: _Saved) -> Columns:
        text = saved.spelling.write(saved.state)
        return {"site_id": self.site_id, "key": key, **saved.columns, "state": text}

    def kept(self) -> tuple[Known, _Waiting]:
        """What is known and what waits, as it is now."""
        return dict(self._known), {table: dict(rows) for table, rows in self._waiting.items()}

    def restore(self, kept: tuple[Known, _Waiting]) -> None:
        """What is known and what waits is as it was then."""
        self._known.clear()
        self._known.update(kept[0])
        self._waiting.clear()
        self._waiting.update(kept[1])

    def forget(self) -> None:
        """Nothing is waiting and nothing is remembered; for long replays, after a flush."""
        self._waiting.clear()
        self._known.clear()


@cache
def _index_columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.name not in ("site_id", "key", "state"))


def _load(table: Table) -> Prepared:
    if table.name not in _LOADS:
        here = (table.c.site_id == bindparam("site_id"), table.c.key == bindparam("key"))
        _LOADS[table.name] = Prepared(select(table.c.state).where(*here))
    return _LOADS[table.name]


def _drop(table: Table) -> Prepared:
    if table.name not in _DROPS:
        here = (table.c.site_id == bindparam("site_id"), table.c.key == bindparam("key"))
        _DROPS[table.name] = Prepared(delete(table).where(*here))
    return _DROPS[table.name]


def _find(table: Table, names: tuple[str, ...]) -> Prepared:
    if (table.name, names) not in _FINDS:
        matches = [table.c[name] == bindparam(name) for name in ("site_id", *names)]
        if "open" in table.c and "open" not in names:
            # The index leads with `open`; two values to look under are no scan.
            matches.append(table.c.open.in_((literal_column("0"), literal_column("1"))))
        _FINDS[table.name, names] = Prepared(select(table.c.key, table.c.state).where(*matches))
    return _FINDS[table.name, names]


def _upsert(table: Table, dialect: str) -> Prepared:
    if (table.name, dialect) not in _UPSERTS:
        insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        statement = insert(table)
        changed = {name: statement.excluded[name] for name in (*_index_columns(table), "state")}
        upsert = statement.on_conflict_do_update(index_elements=["site_id", "key"], set_=changed)
        _UPSERTS[table.name, dialect] = Prepared(upsert)
    return _UPSERTS[table.name, dialect]
