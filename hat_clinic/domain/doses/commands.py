"""Commands: what a person asks for about one dose. Ids and nonces come from the caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.domain.entries.doses import Draw
from hat_clinic.vocabulary.ids import DoseId, IncidentId, PatientId, PrescriptionId, ProductId, VisitId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import LossReason, Route, UnplannedReason, Whereabouts


@dataclass(frozen=True, slots=True)
class PermitDose:
    """May I prepare this mass out of these containers? What is drawn beyond `mass` is surplus."""

    dose: DoseId
    patient: PatientId
    visit: VisitId
    prescription: PrescriptionId
    product: ProductId
    mass: Mass
    draws: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class PrepareDose:
    """I have drawn what the permit of this dose says; it is in my hands."""

    dose: DoseId
    nonce: bytes


@dataclass(frozen=True, slots=True)
class VerifyDose:
    """I read this on a syringe and on every container it was drawn from, seeing nothing that was entered.

    `container_ending` are the last four characters of one container, `other_container_endings` those
    of each further one: as many as there are, in any order, and left out where there is one.
    `prepared` and `identity` are the hashes of the statement and of the identity envelope the
    terminal opened; `envelope` is the signed reading, once it is signed.
    """

    dose: DoseId
    prepared: bytes
    identity: bytes
    reading: Mass
    container_ending: str
    nonce: bytes
    incident: IncidentId
    other_container_endings: tuple[str, ...] | None = None
    envelope: bytes | None = None


@dataclass(frozen=True, slots=True)
class HandOverDose:
    """May the patient have the syringe now?"""

    dose: DoseId


@dataclass(frozen=True, slots=True)
class GiveDose:
    """So much entered the patient, so much did not; `happened_at` is when it ended."""

    dose: DoseId
    given: Mass
    remainder: Mass
    happened_at: datetime
    incident: IncidentId


@dataclass(frozen=True, slots=True)
class VerifyGiven:
    """I saw it given; `names` is the hash of the statement that says so."""

    dose: DoseId
    names: bytes


@dataclass(frozen=True, slots=True)
class AccountRemainder:
    """This is where mass went that did not enter the patient."""

    dose: DoseId
    whereabouts: Whereabouts
    mass: Mass
    happened_at: datetime
    reason: LossReason
    incident: IncidentId


@dataclass(frozen=True, slots=True)
class ReportUnpreparedDose:
    """A dose reached the patient outside the permitted way: emergency, paper, power cut."""

    dose: DoseId
    patient: PatientId
    product: ProductId
    route: Route
    draws: tuple[Draw, ...]
    given: Mass
    surplus: Mass
    happened_at: datetime
    reason: UnplannedReason
    incident: IncidentId
    visit: VisitId | None = None
    prescription: PrescriptionId | None = None
