"""What follows from a step of a visit, or the reasons against it."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.domain.patients import Patient
from hat_clinic.domain.visits.assess import assess_arrival, assess_assessment, assess_identity, assess_leaving
from hat_clinic.domain.visits.commands import ArriveForVisit, AssessPatient, CheckIdentity, LeaveVisit
from hat_clinic.domain.visits.state import Visit
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected

COMMITMENT_BYTES = 32


def decide_arrival(
    known: Visit | None, open_visits: tuple[Visit, ...], command: ArriveForVisit
) -> tuple[PatientArrived]:
    """The visit is open.

    Refuses: AD07, AD08.
    """
    _require(assess_arrival(known, open_visits, command))
    return (PatientArrived(command.visit, command.patient),)


def decide_identity(
    visit: Visit, patient: Patient, same_person: bool, command: CheckIdentity
) -> tuple[IdentityChecked]:
    """The person present is this patient.

    Refuses: AD09, AD10, AD11, AD17.
    """
    _require(assess_identity(visit, patient, same_person, command))
    return (IdentityChecked(command.visit, command.patient, command.identity, command.by),)


def decide_assessment(
    visit: Visit,
    patient: Patient,
    same_person: bool,
    values: tuple[PackValue, ...],
    command: AssessPatient,
) -> tuple[PatientAssessed, FitnessStated]:
    """What was found is on record, sealed, and what follows from it, in clear.

    Refuses: AD09, AD12 to AD15, AD17. Raises: Rejected for a commitment of another length.
    """
    if len(command.commitment) != COMMITMENT_BYTES:
        raise Rejected(f"a commitment has {COMMITMENT_BYTES} bytes", "commitment")
    _require(assess_assessment(visit, patient, same_person, values, command))
    assessed = PatientAssessed(
        command.visit,
        command.patient,
        command.consciousness,
        command.breathing_rate,
        command.oxygen_saturation,
        command.breath_alcohol,
        command.note,
        command.commitment,
    )
    return assessed, FitnessStated(command.visit, command.patient, command.commitment, command.fit)


def decide_leaving(visit: Visit, command: LeaveVisit, moment: datetime) -> tuple[PatientLeft]:
    """The visit has ended.

    Refuses: AD09, AD16; nothing clinical.
    """
    _require(assess_leaving(visit, command, moment))
    return (PatientLeft(command.visit, command.patient, command.happened_at),)


def _require(findings: tuple[Finding, ...]) -> None:
    if findings:
        raise Refused(findings)
