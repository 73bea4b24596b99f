"""A small clinic with a past, and an intruder who owns its database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select, text

from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.patients import EnrolPatient
from hat_clinic.domain.staff import AppointPerson, GrantRole
from hat_clinic.handlers import patients
from hat_clinic.handlers.acts import Drawn
from hat_clinic.handlers.exporting import Exported, export_database
from hat_clinic.handlers.records import DatabaseRecord
from hat_clinic.handlers.verdict import Verdict
from hat_clinic.handlers.verifying import verify_bundle, verify_record
from hat_clinic.handlers.verifying_database import verify_database
from hat_clinic.ledger.policy import Policy
from hat_clinic.store.engine import IMMEDIATE, is_sqlite, open_engine, reading
from hat_clinic.store.ledger_rows import heads, leaf_chunk, newest_head
from hat_clinic.store.schema import LEDGER_TABLES
from hat_clinic.vocabulary.ids import PatientId
from hat_clinic.vocabulary.terms import EntryClass, Role
from tests.clinic import Clinic, Member
from tests.engines import as_owner
from tests.prepared import prepared

SITE = "zh1"
ORIGIN = "hat.invalid/zh1"


def enrol(clinic: Clinic, nurse: Member, number: int) -> PatientId:
    patient = PatientId(clinic.ids.uuid7())
    identifiers = (Identifier("invented", f"I-{number}"), Identifier("other", f"O-{number}"))
    command = EnrolPatient(patient, f"Family{number}", "Given", date(1980, 1, number), identifiers)
    outcome = clinic.do(nurse, "enrol-patient", command)
    assert outcome.accepted, outcome
    return patient


def with_a_past(clinic: Clinic) -> Clinic:
    """People, two sealed patients, a refusal, and a grant that waits for its second person."""
    nurse = clinic.hire("N-01", Role.NURSE)
    enrol(clinic, nurse, 1)
    refused = clinic.draw(nurse, "appoint-person", AppointPerson(clinic.ids.uuid7(), "N-9", "x", ()))  # type: ignore[arg-type]
    assert not isinstance(refused, Drawn)
    clinic.hire("P-01", Role.PRESCRIBER)
    enrol(clinic, nurse, 2)
    waiting = clinic.draw(clinic.ada, "grant-role", GrantRole(nurse.person, Role.PHARMACIST))
    assert isinstance(waiting, Drawn) and clinic.sign(clinic.ada, waiting).accepted
    return clinic


def made_clinic(engine: Engine) -> Clinic:
    """A clinic and its past, made by their acts."""
    return with_a_past(Clinic.open(engine, patients.ACTS))


def open_clinic(engine: Engine) -> Clinic:
    return prepared(engine, made_clinic)


class Inspector:
    """Somebody who was given policy.txt and the newest head, and keeps both elsewhere."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        with reading(clinic.engine) as connection:
            ((_, leaf0),) = leaf_chunk(connection, SITE, 0, 1)
            self.policy = Policy.of(clinic.keys.head_vkey, leaf0)
            self.notes = tuple(note for _, note in heads(connection, SITE))
            found = newest_head(connection, SITE)
        assert found is not None
        self.size = found[0]

    def verify(self, notes: Sequence[str] | None = None) -> Verdict:
        kept = self.notes if notes is None else notes
        return verify_database(self.clinic.engine, self.clinic.keys, self.policy, kept)

    def verify_inside(self, connection: Connection, notes: Sequence[str] | None = None) -> Verdict:
        """The verdict over what this open transaction sees."""
        kept = self.notes if notes is None else notes
        record = DatabaseRecord(connection, SITE, self.clinic.keys)
        return verify_record(record, self.policy, self.clinic.keys.head_vkey, kept)


class Intruder:
    """Owns the database, and has dropped every trigger that was in the way."""

    def __init__(self, clinic: Clinic, place: Any) -> None:
        embedded = is_sqlite(clinic.engine)
        self._engine = clinic.engine if embedded else open_engine(as_owner(place))
        self._embedded = embedded

    @contextmanager
    def at_work(self, *, keep: bool = False) -> Iterator[Connection]:
        """A transaction that may do anything, undone at the end unless it is to be kept."""
        with self._engine.connect().execution_options(**IMMEDIATE) as connection:
            begun = connection.begin()
            self._drop_triggers(connection)
            yield connection
            if keep:
                begun.commit()
            else:
                begun.rollback()

    def close(self) -> None:
        if not self._embedded:
            self._engine.dispose()

    def _drop_triggers(self, connection: Connection) -> None:
        for table in LEDGER_TABLES:
            for act in ("update", "delete", "replace" if self._embedded else "truncate"):
                on = "" if self._embedded else f" ON {table.name}"
                connection.execute(text(f"DROP TRIGGER {table.name}_no_{act}{on}"))


def rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its key."""
    keys = list(table.primary_key.columns)
    return [dict(row._mapping) for row in connection.execute(select(table).order_by(*keys))]


def where(table: Table, row: dict[str, Any]) -> Any:
    """The condition that names this row."""
    conditions = [column == row[column.name] for column in table.primary_key.columns]
    found = conditions[0]
    for each in conditions[1:]:
        found = found & each
    return found


def change(connection: Connection, table: Table, row: dict[str, Any], **values: Any) -> None:
    """This row now holds these values."""
    connection.execute(table.update().where(where(table, row)).values(**values))


def remove(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """This row is gone."""
    connection.execute(table.delete().where(where(table, row)))


def add(connection: Connection, table: Table, row: dict[str, Any], **values: Any) -> None:
    """A row like this one, with these values, stands beside it."""
    connection.execute(insert(table), {**row, **values})


def exported(
    inspector: Inspector, target: Path, withhold: tuple[EntryClass, ...] = (), as_folder: bool = False
) -> Exported:
    """A bundle of the inspected clinic."""
    clinic, policy = inspector.clinic, inspector.policy.text().encode()
    return export_database(clinic.engine, clinic.keys, policy, target, withhold=withhold, as_folder=as_folder)


def verdict(inspector: Inspector, path: Path) -> Verdict:
    """What the inspector finds of this bundle."""
    return verify_bundle(path, inspector.policy, inspector.notes)
