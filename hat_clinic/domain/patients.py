"""Patients: who is enrolled here. What a patient is called lies sealed; this knows ids and hashes.

Rules AD01 to AD06.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from hat_clinic.domain.entries import Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import PatientId, PersonId

NHS_NUMBER = "nhs-number"
IDENTITY_TAG = tag_of(PatientEnrolled)
_WEIGHTS = range(10, 1, -1)
_NHS = "NHS Data Dictionary, NHS NUMBER: ten digits, modulus 11"
_HOUSE = "house rule on records: what is stored has one spelling"
_ONE_RECORD = "house rule: one person, one record"

# --- state --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient of this site, and where the sealed identity in force lies.

    Why no name and no person id: both are sealed. Who must know opens the entry and checks it
    against `identity_rec`, the SHA-256 of its envelope.
    """

    patient: PatientId
    identity_seq: int
    identity_rec: bytes


# --- commands -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnrolPatient:
    """Make this person a patient of this site. `person` is set if the patient also works here."""

    patient: PatientId
    family: str
    given: str
    born: date
    identifiers: tuple[Identifier, ...]
    person: PersonId | None = None


# --- assess -------------------------------------------------------------------------------


def assess_enrolment(
    known: Patient | None, same_number: tuple[PatientId, ...], command: EnrolPatient, today: date
) -> tuple[Finding, ...]:
    """Every reason against this enrolment; `same_number` are patients found by its identifiers."""
    return (
        *_number_in_use(same_number, command),
        *_id_in_use(known),
        *(finding for each in command.identifiers for finding in _nhs_number(each)),
        *_identifiers(command),
        *_names(command),
        *_birth(command, today),
    )


def is_test_number(identifier: Identifier) -> bool:
    """Whether this NHS number is from the range 999, which no person is ever given."""
    return _is_nhs(identifier) and _digits(identifier.value).startswith("999")


def _number_in_use(same_number: tuple[PatientId, ...], command: EnrolPatient) -> tuple[Finding, ...]:
    """AD01: a person who is already enrolled under one of these numbers."""
    if not any(patient != command.patient for patient in same_number):
        return ()
    words = "a patient with this number is enrolled already: open that record, do not make a second"
    return (Finding("AD01", words, _ONE_RECORD),)


def _id_in_use(known: Patient | None) -> tuple[Finding, ...]:
    """AD02: a patient id that is enrolled already."""
    if known is None:
        return ()
    return (Finding("AD02", "this patient is enrolled already", _ONE_RECORD),)


def _nhs_number(identifier: Identifier) -> tuple[Finding, ...]:
    """AD03: an NHS number that was never issued.

    Source: modulus 11 over the first nine digits with the weights 10 to 2; a check digit of 10
    is never issued.
    """
    if not _is_nhs(identifier):
        return ()
    number = _digits(identifier.value)
    if _plausible(number):
        return ()
    words = "this is no NHS number: read it again, digit by digit"
    return (Finding("AD03", words, _NHS),)


def _plausible(number: str) -> bool:
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        return False
    if number.startswith("000") or len(set(number)) == 1:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    check = (11 - total % 11) % 11
    return check == int(number[9])


def _identifiers(command: EnrolPatient) -> tuple[Finding, ...]:
    """AD04: an identifier without a system or a value, or two of one system."""
    found = []
    for each in command.identifiers:
        if not (_is_text(each.system) and _is_text(each.value)):
            found.append(Finding("AD04", "an identifier says who gave it, and what it is", _HOUSE))
    systems = [system_key(each.system) for each in command.identifiers]
    if len(set(systems)) != len(systems):
        found.append(Finding("AD04", "enter one identifier of each kind", _HOUSE))
    return tuple(found)


def _names(command: EnrolPatient) -> tuple[Finding, ...]:
    """AD05: a name that is empty or spelt in a way that has two spellings."""
    return tuple(
        Finding("AD05", f"enter the {which} name, without spaces around it", _HOUSE)
        for which, name in (("family", command.family), ("given", command.given))
        if not _is_text(name)
    )


def _birth(command: EnrolPatient, today: date) -> tuple[Finding, ...]:
    """AD06: a date of birth that has not come yet."""
    if command.born <= today:
        return ()
    return (Finding("AD06", "the date of birth lies in the future: read it again", "arithmetic"),)


def _is_text(text: str) -> bool:
    plain = text == text.strip() and unicodedata.is_normalized("NFC", text)
    return plain and any(letter.isalnum() for letter in text)


def system_key(system: str) -> str:
    """The system as it is compared: no case, letters and digits only."""
    kept = "".join(letter for letter in system.casefold() if letter.isalnum())
    return "nhsnumber" if kept.endswith(("nhsnumber", "nhsno")) else kept


def _is_nhs(identifier: Identifier) -> bool:
    return system_key(identifier.system) == "nhsnumber"


def _digits(number: str) -> str:
    return number.replace(" ", "").replace("-", "")


# --- decide -------------------------------------------------------------------------------


def decide_enrolment(
    known: Patient | None, same_number: tuple[PatientId, ...], command: EnrolPatient, today: date
) -> tuple[PatientEnrolled]:
    """The patient is enrolled, an NHS number written as ten digits.

    Refuses: AD01 to AD06.
    """
    findings = assess_enrolment(known, same_number, command, today)
    if findings:
        raise Refused(findings)
    identifiers = tuple(
        Identifier(NHS_NUMBER, _digits(each.value)) if _is_nhs(each) else each for each in command.identifiers
    )
    return (
        PatientEnrolled(
            command.patient, command.family, command.given, command.born, identifiers, command.person
        ),
    )


# --- evolve -------------------------------------------------------------------------------


def evolve_patient(state: Patient | None, recorded: Recorded) -> Patient | None:
    """The patient after this entry; an identity entry is in force from its own place on."""
    match recorded.entry:
        case SealedEntry(tag=tag, patient=patient) if tag == IDENTITY_TAG:
            return Patient(patient, recorded.seq, recorded.rec)
        case _:
            return state
