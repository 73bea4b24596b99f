"""What many tests begin with, made once by its acts and then copied: row for row what the acts make.

A ward takes some seventy signed acts. Ids, clock and keys are told, so each making of it gives the
same bytes; one making a process and an engine is enough, and `tests/harness` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, Table, insert, select

from hat_clinic.store.engine import reading, writing
from hat_clinic.store.schema import metadata

Rows = list[tuple[Table, list[dict[str, Any]]]]


class Copied(Protocol):
    """What lives in a database, and can go on in another one that has the same rows."""

    def asleep(self) -> Any:
        """A copy as it is now, holding nothing that must be closed."""

    def on(self, engine: Engine) -> Any:
        """The copy awake there. Nothing that happens to it happens to the one that sleeps."""


M = TypeVar("M", bound=Copied)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The rows, and what a test has in its hands."""

    rows: Rows
    hands: Any


_made: dict[tuple[Callable[..., Any], str], Prepared] = {}


def prepared(engine: Engine, make: Callable[[Engine], M]) -> M:
    """What `make` makes of an empty database, from the second time on copied into it."""
    found = _made.get((make, engine.dialect.name))
    if found is None:
        one = make(engine)
        _made[make, engine.dialect.name] = Prepared(every_row(engine), one.asleep())
        return one
    with writing(engine) as connection:
        for table, rows in found.rows:
            connection.execute(insert(table), rows)
    copy: M = found.hands.on(engine)
    return copy


def every_row(engine: Engine) -> Rows:
    """All that is in the database, table by table, in the order of its keys."""
    found: Rows = []
    with reading(engine) as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns))
            found.append((table, [dict(row._mapping) for row in rows]))
    return [(table, rows) for table, rows in found if rows]
