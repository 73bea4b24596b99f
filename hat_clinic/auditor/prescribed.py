"""What each dose was prepared on: a prescription that allowed it.

 1. patient, product and route are the prescription's, which had neither ended nor been replaced;
 2. the mass is no larger than the prescription had allowed at once by then, nor is that over.

Why the largest step begun by then and not the step of the moment: the clock of an entry never
goes back, that of the rules may by a little, and at a boundary an honest dose must not be named.
"""

from __future__ import annotations

from datetime import timedelta

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import DosePrepared
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.vocabulary.errors import LedgerBroken

# A clock behind by more than this is doubted, and nothing is permitted by it.
_CLOCKS_DIFFER = timedelta(minutes=1)


class Prescribed:
    """The prescriptions that permit something."""

    def __init__(self) -> None:
        self._permit: dict[str, PrescriptionSigned] = {}

    def take(self, recorded: Recorded) -> None:
        """The entry is remembered, and a dose prepared was allowed.

        Raises: LedgerBroken.
        """
        match recorded.entry:
            case PrescriptionSigned() as entry:
                if entry.replaces is not None:
                    self._permit.pop(entry.replaces, None)
                self._permit[entry.prescription] = entry
            case PrescriptionEnded(prescription=ended):
                self._permit.pop(ended, None)
            case DosePrepared() as entry:
                self._require_allowed(recorded, entry)
            case _:
                pass  # nothing else says what may be given

    def _require_allowed(self, recorded: Recorded, entry: DosePrepared) -> None:
        """1 and 2."""
        permit = self._permit.get(entry.prescription)
        if permit is None:
            raise LedgerBroken("it was prepared on a prescription that had ended", seq=recorded.seq)
        if (permit.patient, permit.product, permit.route) != (entry.patient, entry.product, entry.route):
            words = "it was prepared on a prescription for another patient, product or route"
            raise LedgerBroken(words, seq=recorded.seq)
        begun = [step.largest_single for step in permit.steps if step.starts <= recorded.at]
        over = all(step.ends + _CLOCKS_DIFFER <= recorded.at for step in permit.steps)
        if over or not any(entry.mass.expression is most.expression and entry.mass <= most for most in begun):
            raise LedgerBroken("it is more than the prescription allowed", seq=recorded.seq)
