"""Visits, and what a dose needs of its own.

1. a patient has one open visit at a time; each step of it is of that patient, and before its end;
2. the identity compared there is one that was enrolled, of no other patient as far as it can be read;
3. a conclusion was drawn beside an assessment, the one it names, as far as that can be read;
4. a dose is permitted, prepared and handed over in an open visit of its patient, who was identified
   and found fit there; it relies on that identity and on the newest assessment, then and at hand-over;
5. nobody who works here identifies, assesses, doses, verifies or prescribes for themself, as far as
   the identity that says so can be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hat_clinic.domain.entries import Recorded, tag_of
from hat_clinic.domain.entries.doses import (
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseVerified,
    GivenVerified,
)
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.prescriptions import PrescriptionSigned
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.ledger.leaf import Leaf
from hat_clinic.vocabulary.errors import LedgerBroken

_ENROLLED, _ASSESSED = tag_of(PatientEnrolled), tag_of(PatientAssessed)
_BY_ANOTHER = (
    IdentityChecked | FitnessStated | DosePermitted | DosePrepared | DoseVerified | DoseMismatched
    | GivenVerified | PrescriptionSigned
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Visit:
    """Who came, the identity that was compared, the newest assessment and what followed from it."""

    patient: str
    open: bool = True
    identity: bytes | None = None
    assessment: bytes | None = None
    fit: bool = False


@dataclass(frozen=True, slots=True)
class _Assessed:
    """The sealed assessment of the decision that goes by; its commitment where it can be read."""

    request: str
    rec: bytes
    commitment: bytes | None


class Visits:
    """Who is here, and how they were found."""

    def __init__(self) -> None:
        self._identities: dict[bytes, str | None] = {}  # whose, where the envelope can be read
        self._staff: dict[str, str] = {}  # patients who work here, and as whom
        self._assessed = _Assessed("", b"", None)
        self._visits: dict[str, _Visit] = {}
        self._here: dict[str, str] = {}
        self._prepared: dict[str, DosePrepared] = {}

    def saw(self, leaf: Leaf, entry: object) -> None:
        """The hash of a sealed entry that a dose may rely on, whether or not it can be read."""
        if leaf.tag == _ENROLLED:
            known = entry if isinstance(entry, PatientEnrolled) else None
            self._identities[leaf.rec] = None if known is None else known.patient
            if known is not None and known.person is not None:
                self._staff[known.patient] = known.person
        elif leaf.tag == _ASSESSED:
            commitment = entry.commitment if isinstance(entry, PatientAssessed) else None
            self._assessed = _Assessed(leaf.request, leaf.rec, commitment)

    def take(self, recorded: Recorded) -> None:
        """The entry is a step of a visit that was open, or of a dose that its visit allows.

        Raises: LedgerBroken.
        """
        entry, seq = recorded.entry, recorded.seq
        if isinstance(entry, _BY_ANOTHER) and self._staff.get(entry.patient) == recorded.person:
            raise LedgerBroken("it was done by the patient, who works here", seq=seq)
        match entry:
            case PatientArrived(visit=visit, patient=patient):
                if visit in self._visits or patient in self._here:
                    raise LedgerBroken("a visit of this id or this patient was there already", seq=seq)
                self._visits[visit], self._here[patient] = _Visit(patient), visit
            case IdentityChecked() as entry:
                if self._identities.get(entry.identity, "nobody's") not in (entry.patient, None):
                    raise LedgerBroken("it names an identity that was never enrolled, or another's", seq=seq)
                known = self._of(seq, entry.visit, entry.patient)
                self._visits[entry.visit] = replace(known, identity=entry.identity)
            case FitnessStated() as entry:
                self._conclude(recorded, entry)
            case PatientLeft() as entry:
                self._leave(recorded, entry)
            case DosePermitted(visit=visit, patient=patient):
                self._require_ready(seq, visit, patient)
            case DosePrepared() as entry:
                self._require_relied_on(seq, entry)
                self._prepared[entry.dose] = entry
            case DoseHandedOver(dose=dose):
                prepared = self._prepared.pop(dose, None)
                if prepared is not None:
                    self._require_relied_on(seq, prepared)
            case DoseMismatched(dose=dose):
                self._prepared.pop(dose, None)
            case _:
                pass  # nothing else is part of a visit

    def _of(self, seq: int, visit: str, patient: str) -> _Visit:
        """1."""
        found = self._visits.get(visit)
        if found is None or found.patient != patient:
            raise LedgerBroken("it is of a visit that is not its patient's", seq=seq)
        if not found.open:
            raise LedgerBroken("it is of a visit that had ended", seq=seq)
        return found

    def _conclude(self, recorded: Recorded, entry: FitnessStated) -> None:
        """3."""
        visit, beside = self._of(recorded.seq, entry.visit, entry.patient), self._assessed
        if beside.request != recorded.request or beside.commitment not in (None, entry.assessment):
            raise LedgerBroken("there is no such assessment beside this conclusion", seq=recorded.seq)
        self._visits[entry.visit] = replace(visit, assessment=beside.rec, fit=entry.fit)

    def _leave(self, recorded: Recorded, entry: PatientLeft) -> None:
        visit = self._of(recorded.seq, entry.visit, entry.patient)
        if entry.happened_at > recorded.at:
            raise LedgerBroken("it had not happened yet", seq=recorded.seq)
        self._visits[entry.visit] = replace(visit, open=False)
        del self._here[entry.patient]

    def _require_ready(self, seq: int, visit: str, patient: str) -> _Visit:
        """4."""
        found = self._of(seq, visit, patient)
        if found.identity is None or found.assessment is None:
            raise LedgerBroken("the patient had not been identified and assessed at this visit", seq=seq)
        if not found.fit:
            raise LedgerBroken("the patient had been found not fit for a dose", seq=seq)
        return found

    def _require_relied_on(self, seq: int, prepared: DosePrepared) -> None:
        """4."""
        visit = self._require_ready(seq, prepared.visit, prepared.patient)
        if prepared.relies_on != (visit.identity, visit.assessment):
            raise LedgerBroken("it relies on another identity or assessment than its visit has", seq=seq)
