"""Visits: one attendance, from arrival to leaving. Who it is, and whether a dose is safe now."""

from __future__ import annotations

from hat_clinic.domain.visits.assess import (
    IDENTIFIER_KINDS,
    assess_arrival,
    assess_assessment,
    assess_identity,
    assess_leaving,
)
from hat_clinic.domain.visits.commands import ArriveForVisit, AssessPatient, CheckIdentity, LeaveVisit
from hat_clinic.domain.visits.decide import (
    COMMITMENT_BYTES,
    decide_arrival,
    decide_assessment,
    decide_identity,
    decide_leaving,
)
from hat_clinic.domain.visits.evolve import ASSESSED_TAG, evolve_visit
from hat_clinic.domain.visits.state import Visit

__all__ = [
    "ASSESSED_TAG",
    "COMMITMENT_BYTES",
    "IDENTIFIER_KINDS",
    "ArriveForVisit",
    "AssessPatient",
    "CheckIdentity",
    "LeaveVisit",
    "Visit",
    "assess_arrival",
    "assess_assessment",
    "assess_identity",
    "assess_leaving",
    "decide_arrival",
    "decide_assessment",
    "decide_identity",
    "decide_leaving",
    "evolve_visit",
]
