"""Enrolment, and opening who a patient is.

A name is read in one way only: the sealed envelope is opened with the patient's key and must
hash to what the ledger says. Looking somebody up goes through the blind index, which finds
candidates; the opened identity decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from hat_clinic.domain.entries import entry_of
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.domain.patients import (
    IDENTITY_TAG,
    EnrolPatient,
    Patient,
    decide_enrolment,
    is_test_number,
    system_key,
)
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.patients import PATIENTS
from hat_clinic.security.blind_index import blind_index
from hat_clinic.store import patient_index, sealed
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken, NotFound, Rejected
from hat_clinic.vocabulary.ids import PatientId
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.vocabulary.terms import Role


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a patient is, with the very envelope it was read from, and its hash.

    `test_data` marks a number from the range that no real person has.
    """

    enrolled: PatientEnrolled
    envelope: bytes
    rec: bytes
    test_data: bool


def require_patient(tx: States, patient: PatientId) -> Patient:
    """The patient as enrolled here.

    Raises: NotFound.
    """
    found = PATIENTS.load(tx, patient)
    if found is None:
        raise NotFound("no such patient is enrolled here")
    return found


def open_identity(tx: States, keys: SiteKeys, patient: PatientId) -> Identity:
    """The identity in force, opened and checked against the ledger.

    Raises: NotFound, if the patient is unknown or was shredded; LedgerBroken, if what is
    stored is not what the ledger committed to.
    """
    return open_identities(tx, keys, (require_patient(tx, patient),))[0]


def open_identities(tx: States, keys: SiteKeys, patients: Sequence[Patient]) -> tuple[Identity, ...]:
    """As `open_identity`, for many patients in one reading.

    Raises: NotFound; LedgerBroken.
    """
    seqs = {each.identity_seq: IDENTITY_TAG for each in patients}
    envelopes = sealed.get_many(tx.conn, tx.site_id, keys, seqs)
    return tuple(_identity(each, envelopes[each.identity_seq]) for each in patients)


def _identity(patient: Patient, envelope: bytes | None) -> Identity:
    if envelope is None:
        raise NotFound("this patient's identity was erased")
    if envelope_hash(envelope) != patient.identity_rec:
        raise LedgerBroken("the identity is not the one on record", seq=patient.identity_seq)
    try:
        enrolled = entry_of(IDENTITY_TAG, parse_statement(parse_envelope(envelope).payload).body)
    except (BadProof, Rejected) as error:
        raise LedgerBroken(f"it cannot be read: {error}", seq=patient.identity_seq) from error
    if not isinstance(enrolled, PatientEnrolled) or enrolled.patient != patient.patient:
        raise LedgerBroken("the identity is another patient's", seq=patient.identity_seq)
    marked = any(is_test_number(each) for each in enrolled.identifiers)
    return Identity(enrolled, envelope, patient.identity_rec, marked)


def find_by_identifier(tx: States, keys: SiteKeys, identifier: Identifier) -> tuple[PatientId, ...]:
    """Patients enrolled here under this number."""
    return _find(tx, keys, _identifier_field(identifier), identifier.value)


def find_by_name(tx: States, keys: SiteKeys, family: str) -> tuple[PatientId, ...]:
    """Patients enrolled here under this family name, however it was typed."""
    return _find(tx, keys, "family", family)


def _find(tx: States, keys: SiteKeys, field: str, value: str) -> tuple[PatientId, ...]:
    try:
        digest = blind_index(keys.index, field, value)
    except ValueError:  # nothing to look for
        return ()
    return tuple(PatientId(each) for each in patient_index.find(tx.conn, tx.site_id, field, digest))


def _identifier_field(identifier: Identifier) -> str:
    """The name of the field an identifier of this system is found in: any text may name a system."""
    return "identifier_" + sha256(system_key(identifier.system).encode()).hexdigest()[:16]


def _index_rows(keys: SiteKeys, enrolled: PatientEnrolled) -> dict[str, bytes]:
    values = {_identifier_field(each): each.value for each in enrolled.identifiers}
    values |= {"family": enrolled.family, "given": enrolled.given, "born": enrolled.born.isoformat()}
    return {field: blind_index(keys.index, field, value) for field, value in values.items()}


def _enrol(tx: Transaction, actor: Actor, command: EnrolPatient) -> Decision:
    same = {patient for each in command.identifiers for patient in find_by_identifier(tx, tx.keys, each)}
    today = clinic_day(tx.now, tx.site.zone, 0)
    known = PATIENTS.load(tx, command.patient)
    (enrolled,) = decide_enrolment(known, tuple(sorted(same)), command, today)
    # The key comes first: what is sealed under it is written by the same transaction.
    sealed.newest_key(tx.conn, tx.keys, tx.ids.random, enrolled.patient)
    patient_index.put(tx.conn, tx.site_id, enrolled.patient, _index_rows(tx.keys, enrolled))
    return Decision((enrolled,), patient=enrolled.patient)


ENROLLERS = frozenset({Role.NURSE, Role.PRESCRIBER, Role.MEDICAL_LEAD})

ACTS: tuple[Act[Any], ...] = (Act("enrol-patient", EnrolPatient, PatientEnrolled, ENROLLERS, _enrol),)

__all__ = [
    "ACTS",
    "Identity",
    "find_by_identifier",
    "find_by_name",
    "open_identities",
    "open_identity",
    "require_patient",
]
