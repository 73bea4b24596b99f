"""Prescriptions: what may be given, by whom it was signed, and how fast it may grow.

Read in this order: `state`, `commands`, `assess` and `titration`, `decide`, `evolve`.
"""

from __future__ import annotations

from hat_clinic.domain.prescriptions.assess import (
    assess_ending,
    assess_prescription,
    notes_on_prescription,
)
from hat_clinic.domain.prescriptions.commands import EndPrescription, SignPrescription
from hat_clinic.domain.prescriptions.decide import decide_ending, decide_prescription
from hat_clinic.domain.prescriptions.evolve import evolve_prescription
from hat_clinic.domain.prescriptions.recent import PastDose, recent_doses
from hat_clinic.domain.prescriptions.state import Circumstances, Prescription, RecentDoses
from hat_clinic.domain.prescriptions.titration import SingleLimit, single_limit

__all__ = [
    "Circumstances",
    "EndPrescription",
    "PastDose",
    "Prescription",
    "RecentDoses",
    "SignPrescription",
    "SingleLimit",
    "assess_ending",
    "assess_prescription",
    "decide_ending",
    "decide_prescription",
    "evolve_prescription",
    "notes_on_prescription",
    "recent_doses",
    "single_limit",
]
