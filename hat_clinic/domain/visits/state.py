"""What is known of one attendance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.vocabulary.ids import PatientId, VisitId


@dataclass(frozen=True, slots=True)
class Visit:
    """One attendance as far as it has come.

    `identified` is the hash of the identity envelope that was compared with the person;
    `assessed_rec` that of the newest assessment's, and `fit` what its assessor concluded.
    """

    visit: VisitId
    patient: PatientId
    arrived_at: datetime
    open: bool
    identified: bytes | None = None
    assessed_rec: bytes | None = None
    assessed_at: datetime | None = None
    fit: bool | None = None
    left_at: datetime | None = None
