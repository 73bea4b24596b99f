"""Patients of a site: ids and the place of the sealed identity, never a name."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded, SealedEntry
from hat_clinic.domain.patients import IDENTITY_TAG, Patient, evolve_patient
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_patient
from hat_clinic.store.states import States

PATIENTS = Keyed(projection_patient, Patient)


def apply(tx: States, recorded: Recorded) -> None:
    """The patients are as this entry leaves them."""
    match recorded.entry:
        case SealedEntry(tag=tag, patient=patient) if tag == IDENTITY_TAG:
            state = evolve_patient(PATIENTS.load(tx, patient), recorded)
            if state is not None:
                PATIENTS.save(tx, patient, state)
        case _:
            return
