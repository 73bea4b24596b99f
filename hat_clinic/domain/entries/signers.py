"""One total table: for every entry its class, who signs it, and whether a second person must.

Handlers, terminals, the offline auditor and the documentation read this table and nothing else.
A new entry type that is not in it fails the import.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

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
from hat_clinic.domain.entries.union import Entry
from hat_clinic.vocabulary.terms import EntryClass, Meaning


class Signer(StrEnum):
    """Whose key signs: a person's own, or the machine's for a signed-in person."""

    PERSON = "person"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Signing:
    """How one type of entry is kept and signed.

    `second`: it counts only from another person's `ActConfirmed` on. What has a second statement of
    its own, such as `DosePrepared` with `DoseVerified`, is not marked: there the domain says what waits.
    """

    entry_class: EntryClass
    signer: Signer
    meaning: Meaning
    second: bool = False


_R, _S, _Y = EntryClass.REGISTER, EntryClass.STAFF, EntryClass.SYSTEM
_P, _C = EntryClass.PATIENT, EntryClass.CLINICAL
_HAND, _MACHINE = Signer.PERSON, Signer.MACHINE
_BY_MACHINE = Meaning.ATTRIBUTED

SIGNERS: dict[type[Any], Signing] = {
    system.LedgerOpened: Signing(_Y, _HAND, Meaning.AUTHORED, second=True),
    system.ActConfirmed: Signing(_Y, _HAND, Meaning.CONFIRMED),
    system.ActRefused: Signing(_Y, _MACHINE, _BY_MACHINE),
    system.SignInFailures: Signing(_Y, _MACHINE, _BY_MACHINE),
    system.ClockDoubted: Signing(_Y, _MACHINE, _BY_MACHINE),
    system.ClockAccepted: Signing(_Y, _HAND, Meaning.AUTHORED),
    system.ClockAgreed: Signing(_Y, _HAND, Meaning.CONFIRMED),
    staff.PersonAppointed: Signing(_S, _HAND, Meaning.AUTHORED, second=True),
    staff.RoleGranted: Signing(_S, _HAND, Meaning.AUTHORED, second=True),
    staff.RoleRevoked: Signing(_S, _HAND, Meaning.AUTHORED),
    staff.KeyGranted: Signing(_S, _HAND, Meaning.AUTHORED, second=True),
    staff.KeyRevoked: Signing(_S, _HAND, Meaning.AUTHORED),
    staff.LicenceRecorded: Signing(_S, _HAND, Meaning.AUTHORED, second=True),
    terminals.TerminalEnrolled: Signing(_S, _HAND, Meaning.AUTHORED, second=True),
    terminals.TerminalRevoked: Signing(_S, _HAND, Meaning.AUTHORED),
    packs.PackAdopted: Signing(_Y, _HAND, Meaning.AUTHORED, second=True),
    patients.PatientEnrolled: Signing(_P, _MACHINE, _BY_MACHINE),
    prescriptions.PrescriptionSigned: Signing(_R, _HAND, Meaning.AUTHORED),
    prescriptions.PrescriptionEnded: Signing(_R, _HAND, Meaning.AUTHORED),
    visits.PatientArrived: Signing(_R, _MACHINE, _BY_MACHINE),
    visits.IdentityChecked: Signing(_R, _MACHINE, _BY_MACHINE),
    visits.PatientAssessed: Signing(_C, _MACHINE, _BY_MACHINE),
    visits.FitnessStated: Signing(_R, _MACHINE, _BY_MACHINE),
    visits.PatientLeft: Signing(_R, _MACHINE, _BY_MACHINE),
    doses.DosePermitted: Signing(_R, _MACHINE, _BY_MACHINE),
    doses.DosePrepared: Signing(_R, _HAND, Meaning.PREPARED),
    doses.DoseVerified: Signing(_R, _HAND, Meaning.VERIFIED),
    doses.DoseMismatched: Signing(_R, _MACHINE, _BY_MACHINE),
    doses.DoseHandedOver: Signing(_R, _MACHINE, _BY_MACHINE),
    doses.DoseGiven: Signing(_R, _HAND, Meaning.GAVE),
    doses.GivenVerified: Signing(_R, _HAND, Meaning.WITNESSED),
    doses.DoseRemainderAccounted: Signing(_R, _HAND, Meaning.AUTHORED, second=True),
    doses.UnpreparedDoseReported: Signing(_R, _HAND, Meaning.GAVE, second=True),
    stock.ProductListed: Signing(_R, _HAND, Meaning.AUTHORED, second=True),
    stock.StockReceived: Signing(_R, _HAND, Meaning.AUTHORED, second=True),
    stock.OverfillFound: Signing(_R, _HAND, Meaning.AUTHORED, second=True),
    stock.StockAccounted: Signing(_R, _HAND, Meaning.AUTHORED, second=True),
    stock.StockCounted: Signing(_R, _HAND, Meaning.COUNTED),
    stock.StockRecounted: Signing(_R, _HAND, Meaning.COUNTED),
    register.LineCorrected: Signing(_R, _HAND, Meaning.AUTHORED, second=True),
    register.PageClosed: Signing(_R, _HAND, Meaning.AUTHORED),
    incidents.IncidentOpened: Signing(_R, _MACHINE, _BY_MACHINE),
    incidents.IncidentClosed: Signing(_R, _HAND, Meaning.AUTHORED),
}

_missing = {each.__name__ for each in set(get_args(Entry)) ^ SIGNERS.keys()}
if _missing:
    raise TypeError(f"SIGNERS and the union of entries differ in {sorted(_missing)}")
