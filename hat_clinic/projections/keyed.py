"""A folded state of the domain, kept under its key in one keyed table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Table

from hat_clinic.domain import codec
from hat_clinic.store.newest import Newest
from hat_clinic.store.states import Columns, States

S = TypeVar("S")


def state_text(state: object) -> str:
    """The one spelling of a state: sorted members, no spaces."""
    return json.dumps(codec.encode(state), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# States are frozen, so one text may stand for one object, however often it is loaded.
_STATES: Newest[tuple[type[Any], str], Any] = Newest(16384)


class Keyed(Generic[S]):
    """The states of one kind at one site; `columns` says by what else a row is found."""

    def __init__(
        self, table: Table, kind: type[S], columns: Callable[[S], Columns] | None = None
    ) -> None:
        self.table, self.kind = table, kind
        self._columns = columns or (lambda state: {})

    def load(self, tx: States, key: str) -> S | None:
        """The state under `key`, with everything saved in this transaction, or None."""
        text = tx.load(self.table, key)
        return None if text is None else self._read(text)

    def save(self, tx: States, key: str, state: S) -> None:
        """`state` stands under `key`."""
        text = state_text(state)
        _STATES.put((self.kind, text), state)
        tx.save(self.table, key, self._columns(state), text)

    def drop(self, tx: States, key: str) -> None:
        """Nothing stands under `key`."""
        tx.drop(self.table, key)

    def find(self, tx: States, **columns: str | int) -> list[S]:
        """The states with these column values, in order of their keys."""
        return [self._read(text) for _, text in tx.find(self.table, **columns)]

    def _read(self, text: str) -> S:
        known = _STATES.get((self.kind, text))
        if known is None:
            known = codec.decode(self.kind, json.loads(text))
            _STATES.put((self.kind, text), known)
        found: S = known
        return found
