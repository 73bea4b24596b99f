"""What each dose was permitted on: a prescription that allowed it, then and as long as it was not given.

 1. patient, product and route are the prescription's, which had neither ended nor been replaced;
 2. the mass is no larger than the step of that moment allows at once, and there is such a step;
 3. a patient has one prescription of a product at a time: a new one names the one it replaces, and
    ends it; each has an id of its own, and ends once.

Asked of the permit, of the preparation and of the hand-over. Why a minute is left at each end of a
step: the clock of an entry never goes back, that of the rules may by a little, and at a boundary an
honest dose must not be named.
"""

from __future__ import annotations

from hat_clinic.auditor.clock import CLOCKS_DIFFER
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import DoseHandedOver, DoseMismatched, DosePermitted, DosePrepared
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.vocabulary.errors import LedgerBroken


class Prescribed:
    """The prescriptions that permit something."""

    def __init__(self) -> None:
        self._permit: dict[str, PrescriptionSigned] = {}
        self._signed: set[str] = set()
        self._newest: dict[tuple[str, str], str] = {}  # by patient and product
        self._doses: dict[str, DosePermitted | DosePrepared] = {}  # not handed over yet

    def take(self, recorded: Recorded) -> None:
        """The entry is remembered, and a dose was allowed.

        Raises: LedgerBroken.
        """
        match recorded.entry:
            case PrescriptionSigned() as entry:
                self._sign(recorded, entry)
            case PrescriptionEnded(prescription=ended, patient=patient):
                known = self._permit.pop(ended, None)
                if known is None or known.patient != patient:
                    raise LedgerBroken("it ends a prescription that was not in force", seq=recorded.seq)
            case DosePermitted() as entry:
                self._require_allowed(recorded, entry)
            case DosePrepared() as entry:
                permit = self._require_allowed(recorded, entry)
                if permit.route != entry.route:
                    raise LedgerBroken("it was prepared for another route than prescribed", seq=recorded.seq)
                self._doses[entry.dose] = entry
            case DoseHandedOver(dose=dose):
                prepared = self._doses.pop(dose, None)
                if prepared is not None:
                    self._require_allowed(recorded, prepared)
            case DoseMismatched(dose=dose):
                self._doses.pop(dose, None)
            case _:
                pass  # nothing else says what may be given

    def _sign(self, recorded: Recorded, entry: PrescriptionSigned) -> None:
        """3."""
        if entry.prescription in self._signed:
            raise LedgerBroken("there was a prescription of this id before", seq=recorded.seq)
        self._signed.add(entry.prescription)
        same = (entry.patient, entry.product)
        if entry.replaces is not None:
            old = self._permit.pop(entry.replaces, None)
            if old is None or (old.patient, old.product) != same:
                raise LedgerBroken("it replaces a prescription that was not in force", seq=recorded.seq)
        other = self._permit.get(self._newest.get(same, ""))
        if other is not None and any(recorded.at < step.ends for step in other.steps):
            raise LedgerBroken("another prescription of this product was in force", seq=recorded.seq)
        self._permit[entry.prescription], self._newest[same] = entry, entry.prescription

    def _require_allowed(
        self, recorded: Recorded, entry: DosePermitted | DosePrepared
    ) -> PrescriptionSigned:
        """1 and 2."""
        permit, at = self._permit.get(entry.prescription), recorded.at
        if permit is None:
            raise LedgerBroken("the prescription it relies on had ended", seq=recorded.seq)
        if (permit.patient, permit.product) != (entry.patient, entry.product):
            raise LedgerBroken("the prescription is for another patient or product", seq=recorded.seq)
        now = [
            step.largest_single
            for step in permit.steps
            if step.starts <= at and at < step.ends + CLOCKS_DIFFER
        ]
        if not any(entry.mass.expression is most.expression and entry.mass <= most for most in now):
            raise LedgerBroken("it is more than the prescription allowed", seq=recorded.seq)
        return permit
