"""What each signed act is asked with and recorded as: no server passes one act off as another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from hat_clinic.domain.clock import AcceptClock, AgreeClock
from hat_clinic.domain.confirmations import ConfirmAct
from hat_clinic.domain.doses import commands as doses
from hat_clinic.domain.entries import doses as dosed
from hat_clinic.domain.entries import incidents, prescriptions, register, terminals
from hat_clinic.domain.entries import packs as packed
from hat_clinic.domain.entries import staff as staffed
from hat_clinic.domain.entries import stock as stocked
from hat_clinic.domain.entries.system import ActConfirmed, ClockAccepted, ClockAgreed
from hat_clinic.domain.incidents import CloseIncident
from hat_clinic.domain.packs import AdoptPack
from hat_clinic.domain.prescriptions.commands import EndPrescription, SignPrescription
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.staff import commands as staff
from hat_clinic.domain.stock import commands as stock
from hat_clinic.domain.terminals import EnrolTerminal, RevokeTerminal


class SignedAct(NamedTuple):
    """The command that asks for it, and the entry a person signs."""

    command: type[Any]
    entry: type[Any]


SIGNED_ACTS: Mapping[str, SignedAct] = MappingProxyType(
    {
        "confirm-act": SignedAct(ConfirmAct, ActConfirmed),
        "accept-clock": SignedAct(AcceptClock, ClockAccepted),
        "agree-clock": SignedAct(AgreeClock, ClockAgreed),
        "prepare-dose": SignedAct(doses.PrepareDose, dosed.DosePrepared),
        "verify-dose": SignedAct(doses.VerifyDose, dosed.DoseVerified),
        "give-dose": SignedAct(doses.GiveDose, dosed.DoseGiven),
        "verify-given": SignedAct(doses.VerifyGiven, dosed.GivenVerified),
        "account-remainder": SignedAct(doses.AccountRemainder, dosed.DoseRemainderAccounted),
        "report-unprepared-dose": SignedAct(doses.ReportUnpreparedDose, dosed.UnpreparedDoseReported),
        "sign-prescription": SignedAct(SignPrescription, prescriptions.PrescriptionSigned),
        "end-prescription": SignedAct(EndPrescription, prescriptions.PrescriptionEnded),
        "list-product": SignedAct(stock.ListProduct, stocked.ProductListed),
        "receive-stock": SignedAct(stock.ReceiveStock, stocked.StockReceived),
        "record-overfill": SignedAct(stock.RecordOverfill, stocked.OverfillFound),
        "account-stock": SignedAct(stock.AccountStock, stocked.StockAccounted),
        "count-stock": SignedAct(stock.CountStock, stocked.StockCounted),
        "recount-stock": SignedAct(stock.RecountStock, stocked.StockRecounted),
        "close-page": SignedAct(ClosePage, register.PageClosed),
        "correct-line": SignedAct(CorrectLine, register.LineCorrected),
        "close-incident": SignedAct(CloseIncident, incidents.IncidentClosed),
        "adopt-pack": SignedAct(AdoptPack, packed.PackAdopted),
        "appoint-person": SignedAct(staff.AppointPerson, staffed.PersonAppointed),
        "grant-role": SignedAct(staff.GrantRole, staffed.RoleGranted),
        "revoke-role": SignedAct(staff.RevokeRole, staffed.RoleRevoked),
        "grant-key": SignedAct(staff.GrantKey, staffed.KeyGranted),
        "revoke-key": SignedAct(staff.RevokeKey, staffed.KeyRevoked),
        "record-licence": SignedAct(staff.RecordLicence, staffed.LicenceRecorded),
        "enrol-terminal": SignedAct(EnrolTerminal, terminals.TerminalEnrolled),
        "revoke-terminal": SignedAct(RevokeTerminal, terminals.TerminalRevoked),
    }
)
FILLED_IN: Mapping[type[Any], frozenset[str]] = MappingProxyType({CorrectLine: frozenset({"container"})})
"""What may stand in a statement though it was left out, because it follows from what is on record.

The container of a line that has one alone. Nothing that somebody read or decided is ever among them.
"""
