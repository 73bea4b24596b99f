"""Entries about who a patient is. Sealed under the patient's own key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.vocabulary.ids import PatientId


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number somebody else gave the patient: `system` names who."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class PatientEnrolled:
    """A person is a patient of this site, under this identity."""

    patient: PatientId
    family: str
    given: str
    born: date
    identifiers: tuple[Identifier, ...]
    person: str | None = None
