"""Verbs of tests about patients: enrol one, open who it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.patients import EnrolPatient
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.handlers.patients import Identity, open_identity
from hat_clinic.vocabulary.ids import PatientId
from tests.clinic import Clinic, Member

NUMBER = Identifier("nhs-number", "943 476 5919")
FAMILY = "Müllerin"


def enrolment(clinic: Clinic, *identifiers: Identifier, **changed: str) -> EnrolPatient:
    """Ana under a new id, unless told otherwise."""
    patient = PatientId(clinic.ids.uuid7())
    command = EnrolPatient(patient, FAMILY, "Ana", date(1980, 2, 29), identifiers or (NUMBER,))
    return replace(command, **changed)  # type: ignore[arg-type]


def enrolled(clinic: Clinic, nia: Member, *identifiers: Identifier, **changed: str) -> PatientId:
    """A patient of this site, enrolled by `nia`."""
    command = enrolment(clinic, *identifiers, **changed)
    assert clinic.do(nia, "enrol-patient", command).accepted
    return command.patient


def identity(clinic: Clinic, patient: PatientId) -> Identity:
    """Who the patient is, opened as the program opens it."""
    return clinic.state(lambda tx: open_identity(tx, clinic.keys, patient))


def rules(outcome: Outcome | Drawn) -> list[str]:
    """By which rules it was refused."""
    assert isinstance(outcome, Outcome) and not outcome.accepted
    return [each.rule for each in outcome.findings]
