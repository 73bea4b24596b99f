"""The fold of one prescription. It ends by its own entry, or by the one that replaces it."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.prescriptions.state import Prescription
from hat_clinic.vocabulary.ids import PersonId, PrescriptionId
from hat_clinic.vocabulary.replacing import replace


def evolve_prescription(state: Prescription | None, recorded: Recorded) -> Prescription | None:
    """The prescription after this entry; a first end is the one that stands."""
    match recorded.entry:
        case PrescriptionSigned() as entry if state is None:
            return _signed(entry, recorded)
        case PrescriptionSigned(prescription=newer, replaces=old) if state and old == state.prescription:
            return _ended(state, recorded, newer)
        case PrescriptionEnded(prescription=ended) if state and ended == state.prescription:
            return _ended(state, recorded, None)
        case _:
            return state


def _signed(entry: PrescriptionSigned, recorded: Recorded) -> Prescription:
    return Prescription(
        prescription=entry.prescription,
        patient=entry.patient,
        product=entry.product,
        route=entry.route,
        steps=entry.steps,
        prescriber=PersonId(recorded.person),
        payload=recorded.payload,
        signed_at=recorded.at,
        ended=False,
    )


def _ended(state: Prescription, recorded: Recorded, newer: PrescriptionId | None) -> Prescription:
    if state.ended:
        return state
    return replace(state, ended=True, ended_at=recorded.at, replaced_by=newer)
