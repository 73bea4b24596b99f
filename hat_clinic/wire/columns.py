"""Which new ids each command brings into being; every other id in it is of something that exists.

Two are not here: a person and a terminal may be known at another site before they come to this
one, so their ids are sent. The rules refuse one that is taken.
"""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.doses.commands import (
    AccountRemainder,
    GiveDose,
    PermitDose,
    ReportUnpreparedDose,
    VerifyDose,
)
from hat_clinic.domain.patients import EnrolPatient
from hat_clinic.domain.prescriptions.commands import SignPrescription
from hat_clinic.domain.stock.commands import (
    AccountStock,
    CountStock,
    ReceiveStock,
    RecordOverfill,
    RecountStock,
)
from hat_clinic.domain.visits.commands import ArriveForVisit
from hat_clinic.wire.forms import Form

MAKES: dict[type[Any], tuple[str, ...]] = {
    EnrolPatient: ("patient",),
    SignPrescription: ("prescription",),
    ArriveForVisit: ("visit",),
    PermitDose: ("dose",),
    VerifyDose: ("incident",),
    GiveDose: ("incident",),
    AccountRemainder: ("incident",),
    ReportUnpreparedDose: ("dose", "incident"),
    ReceiveStock: ("receipt",),
    RecordOverfill: ("receipt",),
    AccountStock: ("incident",),
    CountStock: ("count",),
    RecountStock: ("incident",),
}


def form_of(command: type[Any]) -> Form[Any]:
    """The form of this command."""
    return Form(command, MAKES.get(command, ()))
