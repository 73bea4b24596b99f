"""Separation of duties: who verified, witnessed or counted again was somebody else.

Checked for every entry, whatever the server let through at the time:

 1. a dose was prepared on a prescription that its prescriber signed, and says by whom;
 2. the verifier of a dose is neither its performer nor, unless the pack in force says so, the
    prescriber; a mismatch too is another person's reading;
 3. whoever saw it given is another person than who says it was given;
 4. the second count is another person's than the first;
 5. no dose is verified that was prepared with a key revoked since, and none handed over that was
    not verified, or whose preparation or reading was signed with one, or whose two have lost the
    role for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hat_clinic.auditor.roles import ROLES
from hat_clinic.domain.confirmations import in_force
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePrepared,
    DoseVerified,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.prescriptions import PrescriptionSigned
from hat_clinic.domain.entries.staff import KeyRevoked
from hat_clinic.domain.entries.stock import StockCounted, StockRecounted
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.terms import Role

PRESCRIBER_MAY_VERIFY = "prescriber_may_verify"


@dataclass(frozen=True, slots=True)
class _Said:
    """Who made a statement, and the hash by which another names it."""

    person: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Signed:
    """Who signed, with which key."""

    person: str
    key: str


@dataclass(frozen=True, slots=True)
class _Preparation:
    said: _Said
    key: str
    prescriber: str


class Duties:
    """Who did what to each dose and count that somebody else must still answer for."""

    def __init__(self, roles_of: Callable[[str], frozenset[Role]]) -> None:
        self._roles_of = roles_of
        self._prescriptions: dict[str, _Said] = {}
        self._prepared: dict[str, _Preparation] = {}
        self._verified: dict[str, tuple[_Signed, _Signed]] = {}
        self._revoked: set[str] = set()
        self._given: dict[str, _Said] = {}
        self._counted: dict[str, _Said] = {}
        self._prescriber_may_verify = False

    def take(self, recorded: Recorded) -> None:
        """Whoever checked another person's work is another person.

        Raises: LedgerBroken.
        """
        said = _Said(recorded.person, recorded.payload)
        match recorded.entry:
            case PrescriptionSigned(prescription=prescription):
                self._prescriptions[prescription] = said
            case DosePrepared() as entry:
                self._prepare(recorded, entry, said)
            case DoseVerified() as entry:
                first = self._verify(recorded, entry.dose, entry.prepared)
                self._require_speaks(recorded.seq, first.key)
                second = _Signed(recorded.person, recorded.key)
                self._verified[entry.dose] = (_Signed(first.said.person, first.key), second)
            case DoseMismatched() as entry:
                self._verify(recorded, entry.dose, None)
            case DoseHandedOver(dose=dose):
                self._hand_over(recorded.seq, dose)
            case KeyRevoked(key=key):
                self._revoked.add(key)
            case DoseGiven(dose=dose) | UnpreparedDoseReported(dose=dose):
                self._given[dose] = said
            case GivenVerified(dose=dose, names=names):
                given = _named(recorded.seq, self._given.pop(dose, None), names, "a dose given")
                _require_another(recorded, given, "saw the dose given")
            case StockCounted(count=count):
                self._counted[count] = said
            case StockRecounted(count=count, names=names):
                counted = _named(recorded.seq, self._counted.pop(count, None), names, "a count")
                _require_another(recorded, counted, "counted again")
            case _:
                self._take_pack(recorded)

    def _take_pack(self, recorded: Recorded) -> None:
        said = in_force(recorded)
        if said is not None and isinstance(said.entry, PackAdopted):
            values = {each.name: each.number for each in said.entry.values}
            self._prescriber_may_verify = bool(values.get(PRESCRIBER_MAY_VERIFY))

    def _prepare(self, recorded: Recorded, entry: DosePrepared, said: _Said) -> None:
        """1."""
        prescribed = self._prescriptions.get(entry.prescription)
        if prescribed is None or prescribed != _Said(entry.prescriber, entry.prescription_hash):
            raise LedgerBroken("the dose was prepared on a prescription nobody signed so", seq=recorded.seq)
        self._prepared[entry.dose] = _Preparation(said, recorded.key, entry.prescriber)

    def _verify(self, recorded: Recorded, dose: str, names: bytes | None) -> _Preparation:
        """2."""
        preparation = self._prepared.pop(dose, None)
        if preparation is None or (names is not None and preparation.said.payload != names):
            raise LedgerBroken("it names a preparation that is not there", seq=recorded.seq)
        _require_another(recorded, preparation.said, "verified the dose")
        if recorded.person == preparation.prescriber and not self._prescriber_may_verify:
            raise LedgerBroken("the prescriber verified the dose", seq=recorded.seq)
        return preparation

    def _hand_over(self, seq: int, dose: str) -> None:
        """5."""
        both = self._verified.pop(dose, None)
        if both is None:
            raise LedgerBroken("a dose was handed over that nobody had verified", seq=seq)
        for signed, kind in zip(both, (DosePrepared, DoseVerified), strict=True):
            self._require_speaks(seq, signed.key)
            if not ROLES[kind] & self._roles_of(signed.person):
                raise LedgerBroken("it relies on somebody who had lost the role for it since", seq=seq)

    def _require_speaks(self, seq: int, key: str) -> None:
        """5."""
        if key in self._revoked:
            raise LedgerBroken("it relies on a signature whose key was revoked since", seq=seq)


def _named(seq: int, said: _Said | None, names: bytes, what: str) -> _Said:
    if said is None or said.payload != names:
        raise LedgerBroken(f"it names {what} that is not there", seq=seq)
    return said


def _require_another(recorded: Recorded, first: _Said, did: str) -> None:
    """2 to 4."""
    if recorded.person == first.person:
        raise LedgerBroken(f"the same person did it and {did}", seq=recorded.seq)
