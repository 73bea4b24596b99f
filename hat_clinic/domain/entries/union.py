"""The closed union of everything that can be in the ledger."""

from __future__ import annotations

from typing import TypeAlias

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
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.entries.register import LineCorrected, PageClosed
from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.entries.system import (
    ActConfirmed,
    ActRefused,
    ClockAccepted,
    ClockAgreed,
    ClockDoubted,
    LedgerOpened,
    SignInFailures,
)
from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)

Entry: TypeAlias = (
    LedgerOpened | ActConfirmed | ActRefused | SignInFailures
    | ClockDoubted | ClockAccepted | ClockAgreed
    | PersonAppointed | RoleGranted | RoleRevoked | KeyGranted | KeyRevoked | LicenceRecorded
    | TerminalEnrolled | TerminalRevoked | PackAdopted
    | PatientEnrolled | PrescriptionSigned | PrescriptionEnded
    | PatientArrived | IdentityChecked | PatientAssessed | FitnessStated | PatientLeft
    | DosePermitted | DosePrepared | DoseVerified | DoseMismatched | DoseHandedOver
    | DoseGiven | GivenVerified | DoseRemainderAccounted | UnpreparedDoseReported
    | ProductListed | StockReceived | OverfillFound | StockAccounted | StockCounted | StockRecounted
    | LineCorrected | PageClosed | IncidentOpened | IncidentClosed
)  # fmt: skip
