"""What may be asked for about prescriptions."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.vocabulary.ids import PatientId, PrescriptionId, ProductId
from hat_clinic.vocabulary.terms import EndingReason, Route


@dataclass(frozen=True, slots=True)
class SignPrescription:
    """Permit doses of one product to one patient within these steps; `replaces` ends at once."""

    prescription: PrescriptionId
    patient: PatientId
    product: ProductId
    route: Route
    steps: tuple[Step, ...]
    replaces: PrescriptionId | None = None


@dataclass(frozen=True, slots=True)
class EndPrescription:
    """Permit nothing more by this prescription."""

    prescription: PrescriptionId
    patient: PatientId
    reason: EndingReason
