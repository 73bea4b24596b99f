"""Doses: one amount from the question whether it may be prepared to its last milligram.

Read in this order: `state`, `hidden`, `commands`, `facts`, `form`, the four files of rules, `assess`,
`decide`, `evolve`, `history`. Other columns import state from here, so this names nothing that looks at them.
"""

from __future__ import annotations

from hat_clinic.domain.doses.commands import (
    AccountRemainder,
    GiveDose,
    HandOverDose,
    PermitDose,
    PrepareDose,
    ReportUnpreparedDose,
    VerifyDose,
    VerifyGiven,
)
from hat_clinic.domain.doses.evolve import evolve_dose
from hat_clinic.domain.doses.history import evolve_history
from hat_clinic.domain.doses.state import (
    Accounted,
    ClockAcceptance,
    Dose,
    DoseHistory,
    HistoryDose,
    SiteCalendar,
    Stage,
    counted,
    open_mass,
)

__all__ = [
    "AccountRemainder",
    "Accounted",
    "ClockAcceptance",
    "Dose",
    "DoseHistory",
    "GiveDose",
    "HandOverDose",
    "HistoryDose",
    "PermitDose",
    "PrepareDose",
    "ReportUnpreparedDose",
    "SiteCalendar",
    "Stage",
    "VerifyDose",
    "VerifyGiven",
    "counted",
    "evolve_dose",
    "evolve_history",
    "open_mass",
]
