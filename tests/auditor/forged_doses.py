"""Entries of a ward's dose as an honest server would write them, for a forger to change."""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries.doses import DosePrepared, DoseVerified
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.projections.prescriptions import PRESCRIPTIONS
from hat_clinic.projections.visits import VISITS
from hat_clinic.vocabulary.ids import DoseId, IncidentId
from tests.handlers.dosing import DIAPHIN, Ward, mg


def preparation(ward: Ward, **other: Any) -> DosePrepared:
    """What prepares a dose that was permitted just now."""
    real = ward.dose(ward.permitted())
    rx = ward.clinic.state(lambda tx: PRESCRIPTIONS.load(tx, ward.prescription))
    assert rx is not None
    told: dict[str, Any] = {
        "dose": real.dose, "patient": ward.patient, "visit": ward.visit, "prescription": ward.prescription,
        "prescription_hash": rx.payload, "prescriber": rx.prescriber, "product": DIAPHIN.product,
        "route": DIAPHIN.routes[0], "draws": real.draws, "mass": mg(15), "surplus": mg(0),
        "relies_on": relied_on(ward), "nonce": bytes(16),
    }  # fmt: skip
    return DosePrepared(**told | other)


def relied_on(ward: Ward) -> tuple[bytes, ...]:
    """Identity and assessment, as checked in the ward's visit."""
    visit = ward.clinic.state(lambda tx: VISITS.load(tx, ward.visit))
    assert visit is not None and visit.identified is not None and visit.assessed_rec is not None
    return (visit.identified, visit.assessed_rec)


def verified(ward: Ward, dose: DoseId) -> DoseVerified:
    """What verifies this preparation."""
    state = ward.dose(dose)
    return DoseVerified(
        dose, ward.patient, state.prepared_payload or b"", state.relies_on[0], state.mass, "0000", bytes(16)
    )


def incident(ward: Ward, dose: DoseId, *rules: str) -> IncidentOpened:
    """What opens an incident about this dose."""
    return IncidentOpened(IncidentId(ward.clinic.ids.uuid7()), rules, ward.patient, dose)
