"""Who may read what: one table, and the one way in which views of a site are read.

A view that is not in `READS` cannot be served: `read` looks it up by name and knows no default.
Heads, proofs and one's own requests are no views; see `ledger.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from hat_clinic.domain.entries import SIGNERS, tag_of
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.entries.visits import FitnessStated, IdentityChecked, PatientArrived, PatientLeft
from hat_clinic.handlers.identity import Asking
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.projections.staff import PERSONS
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.states import States
from hat_clinic.vocabulary.errors import Finding, NotPermitted
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import EntryClass, Role

T = TypeVar("T")
HOUSE = "house rule on persons"
AT_THE_PATIENT = frozenset({Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER, Role.MEDICAL_LEAD})

READS = MappingProxyType(
    {
        "board": AT_THE_PATIENT,
        "find-patients": AT_THE_PATIENT,
        "patient-identity": AT_THE_PATIENT,
        "dose": AT_THE_PATIENT,
        "product-containers": frozenset({Role.NURSE, Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD}),
        # It shows balances, so it is not for those who count without having seen them.
        "register-pages": frozenset(
            {Role.AUDITOR, Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD, Role.PHARMACIST}
        ),
        "register-page": frozenset(
            {Role.AUDITOR, Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD, Role.PHARMACIST}
        ),
        # Leaves are for everybody; whose the envelopes are, `ENTRIES` says.
        "entries": frozenset(Role),
    }
)

_OVERSIGHT = frozenset({Role.AUDITOR, Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD})
_BY_CLASS = {
    EntryClass.REGISTER: _OVERSIGHT | {Role.PHARMACIST},
    EntryClass.STAFF: _OVERSIGHT | {Role.ADMINISTRATOR},
    EntryClass.SYSTEM: _OVERSIGHT | {Role.ADMINISTRATOR},
    EntryClass.PATIENT: frozenset[Role](),
    EntryClass.CLINICAL: frozenset[Role](),
}
# What of the register's class a board is made of. Deliveries, losses and counts are not: they add
# up to a balance, which nobody may know who counts.
_ON_THE_BOARD = frozenset(
    {
        PrescriptionSigned, PrescriptionEnded, PatientArrived, IdentityChecked, FitnessStated, PatientLeft,
        DosePermitted, DosePrepared, DoseVerified, DoseMismatched, DoseHandedOver, DoseGiven, GivenVerified,
        DoseRemainderAccounted, UnpreparedDoseReported,
    }
)  # fmt: skip
ENTRIES = MappingProxyType(
    {
        tag_of(kind): _BY_CLASS[row.entry_class] | (AT_THE_PATIENT if kind in _ON_THE_BOARD else frozenset())
        for kind, row in SIGNERS.items()
    }
)
"""Who reads which envelopes in the feed, by the entry's tag."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a view is read with: one consistent view of the states, the keys, the moment, who asks.

    `roles` are theirs as they are now.
    """

    tx: States
    keys: SiteKeys
    site: SiteRow
    moment: datetime
    person: PersonId
    roles: frozenset[Role] = frozenset()

    def name_of(self, person: PersonId) -> str:
        """The name of somebody who works or worked here."""
        found = PERSONS.load(self.tx, person)
        return person if found is None else found.name


async def read(runtime: SiteRuntime, asking: Asking, view: str, work: Callable[[Look], T]) -> T:
    """What `work` finds, for somebody whose roles allow them this view now.

    Raises: NotPermitted, SO40; KeyError for a view that nobody may read.
    """
    allowed, moment = READS[view], runtime.clock.now()

    def run(look: Look) -> T:
        person = PERSONS.load(look.tx, asking.person)
        roles = frozenset() if person is None else frozenset(person.roles)
        if not allowed & roles:
            names = ", ".join(sorted(allowed)).replace("_", " ")
            words = f"your roles do not allow you to see this; it takes one of: {names}"
            raise NotPermitted(words, (Finding("SO40", words, HOUSE),))
        return work(replace(look, roles=roles))

    site, keys = runtime.site, runtime.keys
    return await runtime.read(
        lambda conn: run(Look(States(conn, site.site_id), keys, site, moment, asking.person))
    )
