"""Prescriptions of a site, found by id or by patient."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.prescriptions import Prescription, evolve_prescription
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_prescription
from hat_clinic.store.states import States

PRESCRIPTIONS: Keyed[Prescription] = Keyed(
    projection_prescription, Prescription, lambda one: {"patient_id": one.patient}
)


def apply(tx: States, recorded: Recorded) -> None:
    """The prescriptions are as this entry leaves them: a new one ends what it replaces."""
    match recorded.entry:
        case PrescriptionSigned(prescription=key, replaces=None) | PrescriptionEnded(prescription=key):
            keys = [key]
        case PrescriptionSigned(prescription=key, replaces=str() as replaced):
            keys = [key, replaced]
        case _:
            return
    for each in keys:
        state = evolve_prescription(PRESCRIPTIONS.load(tx, each), recorded)
        if state is not None:
            PRESCRIPTIONS.save(tx, each, state)
