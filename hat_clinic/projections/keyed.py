"""A folded state of the domain, kept under its key in one keyed table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Table

from hat_clinic.domain import codec
from hat_clinic.store.newest import Newest
from hat_clinic.store.states import Columns, Spelling, States
from hat_clinic.vocabulary.json_text import json_text

S = TypeVar("S")
MOST_TEXTS = 4096
"""States of one kind, by their text: what several readers have in view at once."""


def state_text(state: object) -> str:
    """The one spelling of a state: sorted members, no spaces."""
    return json_text(codec.encode(state))


class Keyed(Generic[S]):
    """The states of one kind at one site; `columns` says by what else a row is found."""

    def __init__(self, table: Table, kind: type[S], columns: Callable[[S], Columns] | None = None) -> None:
        self.table = table
        self._columns = columns or (lambda state: {})
        self._spelling = _spelling(kind)

    def load(self, tx: States, key: str) -> S | None:
        """The state under `key`, with everything saved in this transaction, or None."""
        return tx.load(self.table, key, self._spelling)

    def save(self, tx: States, key: str, state: S) -> None:
        """`state` stands under `key`."""
        tx.save(self.table, key, self._columns(state), state, self._spelling)

    def drop(self, tx: States, key: str) -> None:
        """Nothing stands under `key`."""
        tx.drop(self.table, key)

    def find(self, tx: States, **columns: str | int) -> list[S]:
        """The states with these column values, in order of their keys."""
        return [state for _, state in tx.find(self.table, self._spelling, **columns)]


def _spelling(kind: type[S]) -> Spelling[S]:
    # States are frozen, so one text may stand for one object, however often it is loaded.
    known: Newest[str, S] = Newest(MOST_TEXTS)

    def write(state: S) -> str:
        text = state_text(state)
        known.put(text, state)
        return text

    def read(text: str) -> S:
        found = known.get(text)
        if found is None:
            found = codec.decode(kind, json.loads(text))
            known.put(text, found)
        return found

    return Spelling(write, read)
