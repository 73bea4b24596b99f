"""What may be asked for in a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.vocabulary.ids import PatientId, VisitId
from hat_clinic.vocabulary.terms import Consciousness


@dataclass(frozen=True, slots=True)
class ArriveForVisit:
    """Open a visit of this patient."""

    visit: VisitId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class CheckIdentity:
    """Say that the person present is this patient, by these kinds of identifier.

    `identity` is the hash of the identity envelope that was shown.
    """

    visit: VisitId
    patient: PatientId
    identity: bytes
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssessPatient:
    """Record how the patient is, and conclude whether this visit may go on to a dose.

    `commitment` is 32 random bytes, drawn for this command. Units: as `PatientAssessed`.
    """

    visit: VisitId
    patient: PatientId
    consciousness: Consciousness
    fit: bool
    commitment: bytes
    breathing_rate: int | None = None
    oxygen_saturation: int | None = None
    breath_alcohol: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveVisit:
    """End the visit: the patient left at `happened_at`."""

    visit: VisitId
    patient: PatientId
    happened_at: datetime
