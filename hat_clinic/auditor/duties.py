"""Separation of duties: who verified, witnessed or counted again was somebody else.

Checked for every entry, whatever the server let through at the time:

 1. a dose was prepared on a prescription that its prescriber signed, and says by whom;
 2. the verifier of a dose is neither its performer nor, unless the pack in force says so, the
    prescriber; a mismatch too is another person's reading;
 3. whoever saw it given is another person than who says it was given;
 4. the second count is another person's than the first;
 5. whoever agreed with the clock is another person than who read it;
 6. no dose is verified that was prepared with a key revoked since, and none handed over that was
    not verified, or whose preparation or reading was signed with one;
 7. a dose relies on the identity that was compared at its visit, which is one that was enrolled, of
    no other patient as far as it can be read, and on the visit's newest assessment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from hat_clinic.domain.confirmations import in_force
from hat_clinic.domain.entries import Recorded, tag_of
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePrepared,
    DoseVerified,
    GivenVerified,
)
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.prescriptions import PrescriptionSigned
from hat_clinic.domain.entries.staff import KeyRevoked
from hat_clinic.domain.entries.stock import StockCounted, StockRecounted
from hat_clinic.domain.entries.system import ClockAccepted, ClockAgreed, ClockDoubted
from hat_clinic.domain.entries.visits import FitnessStated, IdentityChecked, PatientArrived, PatientAssessed
from hat_clinic.ledger.leaf import Leaf
from hat_clinic.vocabulary.errors import LedgerBroken

PRESCRIBER_MAY_VERIFY = "prescriber_may_verify"
T = TypeVar("T")
_ENROLLED, _ASSESSED = tag_of(PatientEnrolled), tag_of(PatientAssessed)


@dataclass(frozen=True, slots=True)
class _Said:
    """Who made a statement, and the hash by which another names it."""

    person: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Preparation:
    said: _Said
    key: str
    prescriber: str


@dataclass(frozen=True, slots=True)
class _Visit:
    """Who came, the identity that was compared, the newest assessment with a conclusion."""

    patient: str
    identity: bytes | None = None
    assessment: bytes | None = None


class Duties:
    """Who did what to each dose and count that somebody else must still answer for."""

    def __init__(self) -> None:
        self._prescriptions: dict[str, _Said] = {}
        self._prepared: dict[str, _Preparation] = {}
        self._verified: dict[str, tuple[str, str]] = {}  # the keys of both statements
        self._revoked: set[str] = set()
        self._identities: dict[bytes, str | None] = {}  # whose, where the envelope can be read
        self._assessments: dict[str, bytes] = {}  # by the request they came with
        self._visits: dict[str, _Visit] = {}
        self._given: dict[str, _Said] = {}
        self._counted: dict[str, _Said] = {}
        self._clock: _Said | None = None
        self._prescriber_may_verify = False

    def saw(self, leaf: Leaf, entry: object) -> None:
        """The hash of a sealed entry that a dose may rely on, whether or not it can be read."""
        if leaf.tag == _ENROLLED:
            self._identities[leaf.rec] = entry.patient if isinstance(entry, PatientEnrolled) else None
        elif leaf.tag == _ASSESSED:
            self._assessments = {leaf.request: leaf.rec}

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
            case PatientArrived(visit=visit, patient=patient):
                self._visits[visit] = _Visit(patient)
            case IdentityChecked() as entry:
                self._checked(recorded.seq, entry)
            case FitnessStated(visit=visit, patient=patient):
                before = self._visits.get(visit, _Visit(patient))
                rec = self._assessments.get(recorded.request)
                self._visits[visit] = replace(before, assessment=rec)
            case DoseVerified() as entry:
                first_key = self._verify(recorded, entry.dose, entry.prepared).key
                self._require_speaks(recorded.seq, first_key)
                self._verified[entry.dose] = (first_key, recorded.key)
            case DoseMismatched() as entry:
                self._verify(recorded, entry.dose, None)
            case DoseHandedOver(dose=dose):
                self._hand_over(recorded.seq, dose)
            case KeyRevoked(key=key):
                self._revoked.add(key)
            case DoseGiven(dose=dose):
                self._given[dose] = said
            case GivenVerified(dose=dose, names=names):
                first = _named(recorded.seq, self._given.pop(dose, None), names, "a dose given")
                _require_another(recorded, first, "saw the dose given")
            case StockCounted(count=count):
                self._counted[count] = said
            case StockRecounted(count=count, names=names):
                first = _named(recorded.seq, self._counted.pop(count, None), names, "a count")
                _require_another(recorded, first, "counted again")
            case ClockAccepted():
                self._clock = said
            case ClockDoubted():
                self._clock = None  # it jumped again: what was read before says nothing
            case ClockAgreed(names=names):
                first, self._clock = _named(recorded.seq, self._clock, names, "a reading of the clock"), None
                _require_another(recorded, first, "agreed with it")
            case _:
                self._take_pack(recorded)

    def _take_pack(self, recorded: Recorded) -> None:
        said = in_force(recorded)
        if said is not None and isinstance(said.entry, PackAdopted):
            values = {each.name: each.number for each in said.entry.values}
            self._prescriber_may_verify = bool(values.get(PRESCRIBER_MAY_VERIFY))

    def _prepare(self, recorded: Recorded, entry: DosePrepared, said: _Said) -> None:
        """1 and 7."""
        prescribed = self._prescriptions.get(entry.prescription)
        if prescribed is None or prescribed != _Said(entry.prescriber, entry.prescription_hash):
            raise LedgerBroken("the dose was prepared on a prescription nobody signed so", seq=recorded.seq)
        visit = self._visits.get(entry.visit)
        if visit is None or visit.patient != entry.patient:
            raise LedgerBroken(
                "the dose was prepared for a visit that is not its patient's", seq=recorded.seq
            )
        if entry.relies_on != (visit.identity, visit.assessment):
            words = "it relies on another identity or assessment than its visit has"
            raise LedgerBroken(words, seq=recorded.seq)
        self._prepared[entry.dose] = _Preparation(said, recorded.key, entry.prescriber)

    def _checked(self, seq: int, entry: IdentityChecked) -> None:
        """7."""
        if self._identities.get(entry.identity, "nobody's") not in (entry.patient, None):
            raise LedgerBroken("it names an identity that was never enrolled, or another's", seq=seq)
        before = self._visits.get(entry.visit, _Visit(entry.patient))
        self._visits[entry.visit] = replace(before, identity=entry.identity)

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
        """6."""
        keys = self._verified.pop(dose, None)
        if keys is None:
            raise LedgerBroken("a dose was handed over that nobody had verified", seq=seq)
        for key in keys:
            self._require_speaks(seq, key)

    def _require_speaks(self, seq: int, key: str) -> None:
        """6."""
        if key in self._revoked:
            raise LedgerBroken("it relies on a signature whose key was revoked since", seq=seq)


def _named(seq: int, said: _Said | None, names: bytes, what: str) -> _Said:
    if said is None or said.payload != names:
        raise LedgerBroken(f"it names {what} that is not there", seq=seq)
    return said


def _require_another(recorded: Recorded, first: _Said, did: str) -> None:
    """2 to 5."""
    if recorded.person == first.person:
        raise LedgerBroken(f"the same person did it and {did}", seq=recorded.seq)
