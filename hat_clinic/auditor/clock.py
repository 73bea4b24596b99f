"""The clock of the site: two people put it right, and while it is in doubt nothing is permitted.

1. whoever agreed with the clock is another person than who read it, and agreed to that reading;
2. the entry at which the clock may go back bears a moment near the one that was read and signed;
3. between a doubt and the next such entry nothing is permitted, prescribed or granted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hat_clinic.domain.clock import AGREED_WITHIN, READ_WITHIN
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import (
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseVerified,
)
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.prescriptions import PrescriptionSigned
from hat_clinic.domain.entries.staff import KeyGranted, LicenceRecorded, PersonAppointed, RoleGranted
from hat_clinic.domain.entries.system import ClockAccepted, ClockAgreed, ClockDoubted
from hat_clinic.domain.entries.terminals import TerminalEnrolled
from hat_clinic.vocabulary.errors import LedgerBroken

# Why a table of its own: the handlers' says what the server closes; a test compares the two.
PERMITS: frozenset[type[Any]] = frozenset(
    {
        DosePermitted, DosePrepared, DoseVerified, DoseMismatched, DoseHandedOver, PrescriptionSigned,
        PersonAppointed, RoleGranted, KeyGranted, LicenceRecorded, PackAdopted, TerminalEnrolled,
    }
)  # fmt: skip
# The moment of an entry may be that of the one before it, by which the clock is not yet doubted.
CLOCKS_DIFFER = timedelta(minutes=1)


class SiteClock:
    """Whether the clock is in doubt, and the reading that waits for its second person."""

    def __init__(self) -> None:
        self._doubted = False
        self._read: tuple[bytes, str, datetime] | None = None  # payload, by whom, what was read

    def take(self, recorded: Recorded) -> None:
        """The entry may be made by the clock as it stands.

        Raises: LedgerBroken.
        """
        entry = recorded.entry
        match entry:
            case ClockDoubted():
                self._doubted, self._read = True, None  # what was read before says nothing any more
            case ClockAccepted(wall=wall):
                if wall > recorded.at + READ_WITHIN + CLOCKS_DIFFER:
                    raise LedgerBroken("a time was read that had not come yet", seq=recorded.seq)
                self._read = recorded.payload, recorded.person, wall
            case ClockAgreed():
                self._agree(recorded, entry)
            case _:
                if self._doubted and type(entry) in PERMITS:
                    raise LedgerBroken("it was permitted while the clock was in doubt", seq=recorded.seq)

    def _agree(self, recorded: Recorded, entry: ClockAgreed) -> None:
        """1 and 2."""
        read, self._read, self._doubted = self._read, None, False
        if read is None or read[0] != entry.names:
            raise LedgerBroken("it names a reading of the clock that is not there", seq=recorded.seq)
        if read[1] == recorded.person:
            raise LedgerBroken("the same person did it and agreed with it", seq=recorded.seq)
        if abs(recorded.at - read[2]) > AGREED_WITHIN:
            raise LedgerBroken("the clock was put to another time than was read", seq=recorded.seq)
