"""Which roles may make which entry, as the offline auditor expects it.

Why a second table: the handlers' own says what the server lets through; this one is what
somebody checks it against who does not trust that server. A test compares the two. What follows
from another person's act, and what anybody may be refused, is in neither.
"""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries import packs, patients, staff, stock, terminals
from hat_clinic.vocabulary.terms import Role

_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
# Whoever leads may stop somebody at once; only administrators give.
_REVOKERS = frozenset({Role.ADMINISTRATOR, Role.MEDICAL_LEAD, Role.CONTROLLED_DRUGS_LEAD})
_STOCK = frozenset({Role.NURSE, Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD})

ROLES: dict[type[Any], frozenset[Role]] = {
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
    stock.ProductListed: frozenset({Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD}),
    stock.StockReceived: _STOCK,
    stock.OverfillFound: _STOCK,
    stock.StockAccounted: _STOCK,
    stock.StockCounted: _STOCK,
    stock.StockRecounted: _STOCK,
}
