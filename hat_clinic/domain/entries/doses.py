"""Entries about one dose, from permit to the last milligram. Ids and quantities only.

Each names the patient and the dose, so that every fold finds its key without looking back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.vocabulary.ids import (
    ContainerId,
    DoseId,
    PatientId,
    PersonId,
    PrescriptionId,
    ProductId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.terms import LossReason, Route, UnplannedReason, Whereabouts


@dataclass(frozen=True, slots=True)
class Draw:
    """What leaves one container: its mass, and its volume where the content is measured."""

    container: ContainerId
    lot: str
    mass: Mass
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class DosePermitted:
    """The rules let this dose be prepared until `until`; its mass is reserved in the containers."""

    dose: DoseId
    patient: PatientId
    visit: VisitId
    prescription: PrescriptionId
    product: ProductId
    mass: Mass
    draws: tuple[Draw, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class DosePrepared:
    """The drug is out of its containers and in the performer's hands; the register's out-line.

    `mass` is in the syringe; `surplus` was drawn or issued beyond it and counts as wasted once the
    second person's reading agrees; the draws add up to both. `relies_on` are the hashes of the
    identity and assessment envelopes.
    """

    dose: DoseId
    patient: PatientId
    visit: VisitId
    prescription: PrescriptionId
    prescription_hash: bytes
    prescriber: PersonId
    product: ProductId
    route: Route
    draws: tuple[Draw, ...]
    mass: Mass
    surplus: Mass
    relies_on: tuple[bytes, ...]
    nonce: bytes
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class DoseVerified:
    """A second person read the same mass and every container, seeing nothing that was entered.

    `other_container_endings` is absent where one container was read. Why beside `container_ending`
    and not one list in its place: a member that was written is never renamed, and a reading of one
    container keeps its bytes. Whoever compares takes `container_endings`, which is all of them.
    """

    dose: DoseId
    patient: PatientId
    prepared: bytes
    identity: bytes
    reading: Mass
    container_ending: str
    nonce: bytes
    other_container_endings: tuple[str, ...] | None = None

    @property
    def container_endings(self) -> tuple[str, ...]:
        """The last four characters of every container, as they were read."""
        return (self.container_ending, *(self.other_container_endings or ()))


@dataclass(frozen=True, slots=True)
class DoseMismatched:
    """The second person read something else. Near miss: the signed reading is kept whole.

    The preparation is dead and must be closed.
    """

    dose: DoseId
    patient: PatientId
    verifier: PersonId
    reading_envelope: bytes


@dataclass(frozen=True, slots=True)
class DoseHandedOver:
    """The syringe is in the patient's hands."""

    dose: DoseId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class DoseGiven:
    """What the patient really received, and what was left. A report: never refused by a rule.

    `happened_at` is the end of the dose. `breaches` are the rules it broke, as the performer
    was shown them. `verifier_waived`: the pack lets a dose given whole stand on this one signature.
    """

    dose: DoseId
    patient: PatientId
    given: Mass
    remainder: Mass
    happened_at: datetime
    breaches: tuple[str, ...]
    verifier_waived: bool | None = None


@dataclass(frozen=True, slots=True)
class GivenVerified:
    """The second person saw it given."""

    dose: DoseId
    patient: PatientId
    names: bytes


@dataclass(frozen=True, slots=True)
class DoseRemainderAccounted:
    """Where mass that did not enter the patient went; counts towards closing once confirmed."""

    dose: DoseId
    patient: PatientId
    whereabouts: Whereabouts
    mass: Mass
    happened_at: datetime
    reason: LossReason
    breaches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnpreparedDoseReported:
    """A dose reached the patient outside the permitted way (emergency, paper, lapsed prescription).

    It takes its mass out of the containers and is given at once. Never refused by a rule.
    """

    dose: DoseId
    patient: PatientId
    product: ProductId
    route: Route
    draws: tuple[Draw, ...]
    given: Mass
    surplus: Mass
    happened_at: datetime
    reason: UnplannedReason
    breaches: tuple[str, ...]
    prescription: PrescriptionId | None = None
    visit: VisitId | None = None
