"""Entries about one attendance: arrival, identity, assessment, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.vocabulary.ids import PatientId, VisitId
from hat_clinic.vocabulary.terms import Consciousness


@dataclass(frozen=True, slots=True)
class PatientArrived:
    """A patient came; a visit is open."""

    visit: VisitId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class IdentityChecked:
    """Two identifiers of the person present agree with the enrolled identity.

    `identity` is the hash of the identity entry's envelope; `by` names the kinds, not the values.
    """

    visit: VisitId
    patient: PatientId
    identity: bytes
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientAssessed:
    """How the patient was before a dose. Measurements as read, never filled in.

    `commitment` is the random 32 bytes that the `FitnessStated` of the same decision carries in
    clear as `assessment`.

    Units: breaths per minute; percent; breath alcohol in micrograms per 100 mL of breath.
    """

    visit: VisitId
    patient: PatientId
    consciousness: Consciousness
    breathing_rate: int | None = None
    oxygen_saturation: int | None = None
    breath_alcohol: int | None = None
    note: str | None = None
    commitment: bytes | None = None


@dataclass(frozen=True, slots=True)
class FitnessStated:
    """The assessor's conclusion, in clear: may this visit go on to a dose.

    `assessment` is the `commitment` inside the sealed `PatientAssessed` of the same decision.

    Why: rules and auditors need the conclusion; what was measured stays sealed. Why random bytes
    and not a hash of the assessment: both entries are decided in one act, when neither has been
    signed; drawn at random they say nothing of what was measured, and whoever may open the sealed
    entry sees that the conclusion is that assessment's and no other's.
    """

    visit: VisitId
    patient: PatientId
    assessment: bytes
    fit: bool


@dataclass(frozen=True, slots=True)
class PatientLeft:
    """The visit ended."""

    visit: VisitId
    patient: PatientId
    happened_at: datetime
