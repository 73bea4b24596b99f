"""The fold of one visit."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.domain.visits.state import Visit
from hat_clinic.vocabulary.replacing import replace

ASSESSED_TAG = tag_of(PatientAssessed)


def evolve_visit(state: Visit | None, recorded: Recorded) -> Visit | None:
    """The visit after this entry. A new assessment stands without a conclusion until it has its own."""
    match recorded.entry:
        case PatientArrived(visit=visit, patient=patient):
            return Visit(visit, patient, recorded.at, open=True)
        case IdentityChecked(identity=identity) if state is not None:
            return replace(state, identified=identity)
        case SealedEntry(tag=tag) if state is not None and tag == ASSESSED_TAG:
            return replace(state, assessed_rec=recorded.rec, assessed_at=recorded.at, fit=None)
        case FitnessStated(fit=fit) if state is not None:
            return replace(state, fit=fit)
        case PatientLeft(happened_at=happened_at) if state is not None:
            return replace(state, open=False, left_at=happened_at)
        case _:
            return state
