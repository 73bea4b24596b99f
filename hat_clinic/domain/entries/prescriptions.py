"""Entries about what may be given. Limits are signed data: ids and quantities only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.vocabulary.ids import PatientId, PrescriptionId, ProductId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import EndingReason, Route


@dataclass(frozen=True, slots=True)
class Step:
    """Between two instants: the largest single mass, the pause before it, the day's maximum.

    Units: minutes from the end of the previous dose; `[starts, ends)`.
    """

    starts: datetime
    ends: datetime
    largest_single: Mass
    earliest_after_previous: int
    daily_maximum: Mass


@dataclass(frozen=True, slots=True)
class PrescriptionSigned:
    """A prescriber permits doses of one product to one patient within these steps."""

    prescription: PrescriptionId
    patient: PatientId
    product: ProductId
    route: Route
    steps: tuple[Step, ...]
    replaces: PrescriptionId | None = None


@dataclass(frozen=True, slots=True)
class PrescriptionEnded:
    """A prescription permits nothing from here on."""

    prescription: PrescriptionId
    patient: PatientId
    reason: EndingReason
