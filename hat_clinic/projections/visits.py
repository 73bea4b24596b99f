"""Visits of a site: who is here, identified or not, fit or not."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded, SealedEntry
from hat_clinic.domain.entries.visits import FitnessStated, IdentityChecked, PatientArrived, PatientLeft
from hat_clinic.domain.visits import ASSESSED_TAG, Visit, evolve_visit
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_visit
from hat_clinic.store.states import States

VISITS = Keyed(projection_visit, Visit, lambda visit: {"patient_id": visit.patient, "open": int(visit.open)})


def apply(tx: States, recorded: Recorded) -> None:
    """The visits are as this entry leaves them; a sealed assessment is of the patient's open visit."""
    match recorded.entry:
        case PatientArrived() | IdentityChecked() | FitnessStated() | PatientLeft() as entry:
            keys = [entry.visit]
        case SealedEntry(tag=tag, patient=patient) if tag == ASSESSED_TAG:
            keys = [visit.visit for visit in VISITS.find(tx, patient_id=patient, open=1)]
        case _:
            return
    for key in keys:
        state = evolve_visit(VISITS.load(tx, key), recorded)
        if state is not None:
            VISITS.save(tx, key, state)
