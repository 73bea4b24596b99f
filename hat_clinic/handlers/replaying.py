"""Projections against a replay of the log: the two agree row by row, or the row is named.

A replay also sees what the proofs cannot: which patient a sealed envelope is kept under. That
must be a patient enrolled in this log, the one the envelope speaks of where it can be opened,
and the one whom the other entries of the same decision name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import islice

from sqlalchemy import Connection, Table

from hat_clinic.domain.entries import Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.handlers.records import Record
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.columns import COLUMNS
from hat_clinic.projections.replay import FLUSH_EVERY, recorded_of
from hat_clinic.store.record import Appended
from hat_clinic.store.schema import PROJECTION_TABLES
from hat_clinic.store.scratch import KeyedRow, keyed_rows, scratch, strange_rows
from hat_clinic.store.states import AS_TEXT, Columns, S, Spelling, States
from hat_clinic.vocabulary.errors import LedgerBroken

_ENROLLED = tag_of(PatientEnrolled)
Progress = Callable[[int], None]
MOST_DIFFERENCES = 1000


class RowBroken(LedgerBroken):
    """A projection's row is not what the entries say; `seq` is the newest entry it comes from."""

    def __init__(self, words: str, table: str, key: str, seq: int | None) -> None:
        super().__init__(f"{table}, row {key!r}: {words}", seq=seq)
        self.table, self.key = table, key


def require_projections(
    record: Record,
    progress: Progress = lambda seq: None,
    look: Callable[[States], None] = lambda rebuilt: None,
) -> None:
    """Every row of every projection is what replaying the log makes of it.

    `look` is shown the projections that were made, before they are compared.

    Raises: LedgerBroken; RowBroken, for the row that comes from the earliest entry, or for one
    that comes from none.
    """
    patients = _Patients()
    with record.projections() as stored, scratch() as rebuilt:
        _replay(States(rebuilt, record.site_id), record.entries(), progress, patients)
        look(States(rebuilt, record.site_id))
        found = {
            (table.name, key): words
            for table in PROJECTION_TABLES
            for key, words in (() if stored is None else _differences(stored, rebuilt, table, record.site_id))
        }
        strange = [] if stored is None else list(_strange(stored, record.sites))
    broken: list[LedgerBroken] = [] if patients.astray is None else [patients.astray]
    broken += strange
    if found:
        touched = _touched_by(record, set(found))
        broken += [RowBroken(words, *place, touched[place]) for place, words in found.items()]
    if broken:
        raise min(broken, key=lambda one: (one.seq is None, one.seq or 0))


def _differences(
    stored: Connection, rebuilt: Connection, table: Table, site_id: str
) -> Iterator[tuple[str, str]]:
    """(key, what is wrong with it) of every row in which the two differ, up to a great many."""
    ours, theirs = keyed_rows(stored, table, site_id), keyed_rows(rebuilt, table, site_id)
    one, other = next(ours, None), next(theirs, None)
    for _ in range(MOST_DIFFERENCES):
        while one is not None and other is not None and tuple(one) == tuple(other):
            one, other = next(ours, None), next(theirs, None)
        if one is None and other is None:
            return
        if other is None or (one is not None and one.key < other.key):
            yield _key(one), "no entry made it"
            one = next(ours, None)
        elif one is None or other.key < one.key:
            yield other.key, "missing"
            other = next(theirs, None)
        else:
            yield one.key, "not what its entries say"
            one, other = next(ours, None), next(theirs, None)


def _strange(stored: Connection, known: Collection[str]) -> Iterator[RowBroken]:
    """The first row of each table that is of no site at all."""
    for table in PROJECTION_TABLES:
        for row in islice(strange_rows(stored, table, known), 1):
            yield RowBroken(f"it is of {row.site_id!r}, which is no site here", table.name, row.key, None)


def _key(row: KeyedRow | None) -> str:
    assert row is not None  # at most one of the two has ended
    key: str = row.key
    return key


def replay(tx: States, entries: Iterator[Appended], progress: Progress = lambda seq: None) -> int:
    """The projections in `tx`, empty before, are the fold of these entries; returns how many.

    Raises: LedgerBroken, also for an entry that no fold can take.
    """
    patients = _Patients()
    count = _replay(tx, entries, progress, patients)
    if patients.astray is not None:
        raise patients.astray
    return count


def _replay(tx: States, entries: Iterator[Appended], progress: Progress, patients: _Patients) -> int:
    count = 0
    for count, appended in enumerate(entries, 1):
        _fold(tx, appended, patients)
        if count % FLUSH_EVERY == 0:
            tx.flush()
            tx.forget()
            progress(count)
    tx.flush()
    progress(count)
    return count


def _fold(tx: States, appended: Appended, patients: _Patients) -> None:
    try:
        recorded = recorded_of(tx, appended)
        patients.take(recorded, appended)
        for apply in COLUMNS:
            apply(tx, recorded)
    except LedgerBroken:
        raise
    except Exception as error:
        # A forged log can be well signed and make no sense; whatever a fold stumbles over is
        # then what is wrong with the entry, and a verdict is owed all the same.
        raise LedgerBroken(f"it cannot be folded: {error!r}", seq=appended.seq) from error


class _Patients:
    """Under whose key sealed entries are kept.

    `astray` is the first that is kept under a patient's who was not enrolled. It is not raised at
    once: where it is the enrolment that was moved, a row names that, which comes earlier.
    """

    def __init__(self) -> None:
        self.astray: LedgerBroken | None = None
        self._enrolled: set[str] = set()
        self._request, self._patient, self._named_at = "", "", 0

    def take(self, recorded: Recorded, appended: Appended) -> None:
        if recorded.request != self._request:
            self._request, self._patient = recorded.request, ""
        entry = recorded.entry
        if appended.patient_id is not None and not isinstance(entry, SealedEntry):
            self._stray(recorded.seq, "it is kept in clear, and lies sealed under a patient's key")
        patient: str | None = getattr(entry, "patient", None)
        if patient is None:
            return
        if isinstance(entry, SealedEntry):
            self._take_sealed(entry, appended)
        if self._patient and patient != self._patient:
            # The row of a sealed entry says it, so that is the one that can have been moved.
            moved = recorded.seq if isinstance(entry, SealedEntry) else self._named_at
            self._stray(moved, "its decision speaks of another patient")
        self._patient, self._named_at = patient, recorded.seq

    def _take_sealed(self, entry: SealedEntry, appended: Appended) -> None:
        if entry.tag == _ENROLLED:
            self._enrolled.add(entry.patient)
        if entry.patient not in self._enrolled:
            self._stray(appended.seq, "it is sealed for a patient who was not enrolled")
        if appended.envelope is not None:
            said = appended.statement or parse_statement(parse_envelope(appended.envelope).payload)
            if said.body.get("patient") != entry.patient:
                self._stray(appended.seq, "it is sealed for another patient than it speaks of")

    def _stray(self, seq: int, words: str) -> None:
        if self.astray is None or (self.astray.seq or 0) > seq:
            self.astray = LedgerBroken(words, seq=seq)


def _touched_by(record: Record, rows: set[tuple[str, str]]) -> dict[tuple[str, str], int | None]:
    """The newest entry that each of these rows comes from: a second replay, for a bad log only."""
    newest: dict[tuple[str, str], int | None] = dict.fromkeys(rows)
    with scratch() as again:
        tx = _Watched(again, record.site_id, rows)
        patients = _Patients()
        for count, appended in enumerate(record.entries(), 1):
            tx.saved.clear()
            _fold(tx, appended, patients)
            newest.update(dict.fromkeys(tx.saved, appended.seq))
            if count % FLUSH_EVERY == 0:
                tx.flush()
                tx.forget()
    return newest


class _Watched(States):
    """States that note when one of the watched rows is saved or dropped."""

    def __init__(self, conn: Connection, site_id: str, rows: set[tuple[str, str]]) -> None:
        super().__init__(conn, site_id)
        self._rows = rows
        self.saved: set[tuple[str, str]] = set()

    def save(
        self, table: Table, key: str, columns: Columns, state: S, spelling: Spelling[S] = AS_TEXT
    ) -> None:
        """As `States.save`, noted."""
        super().save(table, key, columns, state, spelling)
        self._note(table, key)

    def drop(self, table: Table, key: str) -> None:
        """As `States.drop`, noted."""
        super().drop(table, key)
        self._note(table, key)

    def _note(self, table: Table, key: str) -> None:
        if (table.name, key) in self._rows:
            self.saved.add((table.name, key))
