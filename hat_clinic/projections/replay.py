"""The one way from an entry to the tables people read, used live and by every rebuild.

`fold` is what the writer calls for each appended entry, in the same transaction; `rebuild`
calls it for every stored one. What the two leave behind is compared text by text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from sqlalchemy import Connection

from hat_clinic.domain.entries import SIGNERS, Recorded, SealedEntry, entry_of, tag_of
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.columns import COLUMNS, named
from hat_clinic.store.record import SEALED_CLASSES, Appended
from hat_clinic.store.schema import PROJECTION_TABLES
from hat_clinic.store.scratch import first_difference
from hat_clinic.store.states import States
from hat_clinic.vocabulary.errors import HatError, LedgerBroken
from hat_clinic.vocabulary.ids import PatientId

__all__ = ["Difference", "differences", "fold", "rebuild", "recorded_of"]

FLUSH_EVERY = 500
SEALED_TAGS = frozenset(tag_of(kind) for kind, row in SIGNERS.items() if row.entry_class in SEALED_CLASSES)
Difference: TypeAlias = tuple[str, str]
_NOBODY = "sealed"


def fold(tx: States, appended: Appended) -> None:
    """Every projection has taken note of this entry; nothing is sent yet.

    Raises: LedgerBroken, for an entry that was never one of ours.
    """
    recorded = recorded_of(tx, appended)
    for apply in COLUMNS:
        apply(tx, recorded)


def recorded_of(tx: States, appended: Appended) -> Recorded:
    """The entry as folds see it: a sealed one only as being there, a confirmation with what it names."""
    if appended.tag in SEALED_TAGS:
        return _sealed(appended)
    if appended.envelope is None or appended.payload_hash is None:
        raise LedgerBroken("an entry that is kept in clear has no envelope", seq=appended.seq)
    try:
        statement = appended.statement or parse_statement(parse_envelope(appended.envelope).payload)
        entry = appended.entry or entry_of(appended.tag, statement.body)
    except HatError as error:
        raise LedgerBroken(f"it cannot be read: {error}", seq=appended.seq) from error
    first = None
    if isinstance(entry, ActConfirmed):
        first = named(tx, entry.names)
        if first is None:
            raise LedgerBroken("it confirms a statement that does not wait for it", seq=appended.seq)
    return Recorded(
        appended.seq,
        appended.at,
        appended.tag,
        appended.request,
        statement.person,
        statement.key,
        statement.terminal,
        appended.payload_hash,
        appended.rec,
        entry,
        first,
    )


def _sealed(appended: Appended) -> Recorded:
    if appended.patient_id is None:
        raise LedgerBroken("a sealed entry of no patient", seq=appended.seq)
    entry = SealedEntry(appended.tag, PatientId(appended.patient_id))
    return Recorded(
        appended.seq,
        appended.at,
        appended.tag,
        appended.request,
        _NOBODY,
        _NOBODY,
        _NOBODY,
        # Gone with the patient's key after a shredding, so no fold may depend on it.
        b"",
        appended.rec,
        entry,
    )


def rebuild(
    into: Connection,
    site_id: str,
    entries: Iterable[Appended],
    progress: Callable[[int], None] = lambda seq: None,
) -> int:
    """The projections in `into`, empty before, are the fold of these entries; returns how many."""
    tx, count = States(into, site_id), 0
    for count, appended in enumerate(entries, 1):
        fold(tx, appended)
        if count % FLUSH_EVERY == 0:
            tx.flush()
            tx.forget()
            progress(count)
    tx.flush()
    progress(count)
    return count


def differences(stored: Connection, rebuilt: Connection, site_id: str) -> list[Difference]:
    """(table, key) of the first row of each table in which the two disagree; empty if nowhere."""
    found: list[Difference] = []
    for table in PROJECTION_TABLES:
        first = first_difference(stored, rebuilt, table, site_id)
        if first is not None:
            found.append((table.name, first[0]))
    return found
