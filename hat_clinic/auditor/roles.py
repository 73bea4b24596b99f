"""Which roles may make which entry, as the offline auditor expects it.

Why a second table: the handlers' own says what the server lets through; this one is what
somebody checks it against who does not trust that server. A test compares the two. What follows
from another person's act, and what anybody may be refused, is in neither.
"""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries import (
    doses,
    incidents,
    packs,
    patients,
    prescriptions,
    register,
    staff,
    stock,
    system,
    terminals,
    visits,
)
from hat_clinic.vocabulary.terms import Role

_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
# Why: see `REVOKERS` in handlers/staff.py.
_REVOKERS = frozenset({Role.ADMINISTRATOR, Role.MEDICAL_LEAD, Role.CONTROLLED_DRUGS_LEAD})
_STOCK = frozenset({Role.NURSE, Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD})
_ATTENDANTS = frozenset({Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER})
_PREPARERS = frozenset({Role.NURSE, Role.PHARMACIST})
_REPORTERS = _ATTENDANTS | {Role.MEDICAL_LEAD}
_ALL_WHO_ACT = frozenset(Role) - {Role.AUDITOR}

ROLES: dict[type[Any], frozenset[Role]] = {
    system.ClockAccepted: _ALL_WHO_ACT,
    system.ClockAgreed: _ALL_WHO_ACT,
    staff.PersonAppointed: _ADMINISTRATOR,
    staff.RoleGranted: _ADMINISTRATOR,
    staff.RoleRevoked: _REVOKERS,
    staff.KeyGranted: _ADMINISTRATOR,
    staff.KeyRevoked: _REVOKERS,
    staff.LicenceRecorded: _ADMINISTRATOR,
    terminals.TerminalEnrolled: _ADMINISTRATOR,
    terminals.TerminalRevoked: _REVOKERS,
    packs.PackAdopted: frozenset({Role.MEDICAL_LEAD}),
    patients.PatientEnrolled: frozenset({Role.NURSE, Role.PRESCRIBER, Role.MEDICAL_LEAD}),
    prescriptions.PrescriptionSigned: frozenset({Role.PRESCRIBER}),
    prescriptions.PrescriptionEnded: frozenset({Role.PRESCRIBER, Role.MEDICAL_LEAD}),
    visits.PatientArrived: _ATTENDANTS,
    visits.IdentityChecked: _ATTENDANTS,
    visits.PatientAssessed: frozenset({Role.NURSE, Role.PRESCRIBER}),
    visits.FitnessStated: frozenset({Role.NURSE, Role.PRESCRIBER}),
    visits.PatientLeft: _ATTENDANTS,
    doses.DosePermitted: _PREPARERS,
    doses.DosePrepared: _PREPARERS,
    doses.DoseVerified: _ATTENDANTS,
    doses.DoseMismatched: _ATTENDANTS,
    doses.DoseHandedOver: _ATTENDANTS,
    doses.DoseGiven: _REPORTERS,
    doses.GivenVerified: _ATTENDANTS,
    doses.DoseRemainderAccounted: _REPORTERS,
    doses.UnpreparedDoseReported: _REPORTERS,
    stock.ProductListed: frozenset({Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD}),
    stock.StockReceived: _STOCK,
    stock.OverfillFound: _STOCK,
    stock.StockAccounted: _STOCK,
    stock.StockCounted: _STOCK,
    stock.StockRecounted: _STOCK,
    register.LineCorrected: _STOCK,
    register.PageClosed: frozenset({Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD}),
    incidents.IncidentClosed: frozenset({Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD, Role.PHARMACIST}),
}
