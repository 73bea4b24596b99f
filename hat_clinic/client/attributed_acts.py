"""The acts that the machine signs for a person, and the entry each becomes.

Why a table of its own: whoever asked to hand a dose over must not be told that something else,
recorded under the same request, was the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from hat_clinic.domain.doses.commands import HandOverDose, PermitDose
from hat_clinic.domain.entries.doses import DoseHandedOver, DosePermitted
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.visits import IdentityChecked, PatientArrived, PatientAssessed, PatientLeft
from hat_clinic.domain.patients import EnrolPatient
from hat_clinic.domain.visits.commands import ArriveForVisit, AssessPatient, CheckIdentity, LeaveVisit


class AttributedAct(NamedTuple):
    """The command that asks for it, and the entry that is made of it."""

    command: type[Any]
    entry: type[Any]


ATTRIBUTED_ACTS: Mapping[str, AttributedAct] = MappingProxyType(
    {
        "enrol-patient": AttributedAct(EnrolPatient, PatientEnrolled),
        "arrive-for-visit": AttributedAct(ArriveForVisit, PatientArrived),
        "check-identity": AttributedAct(CheckIdentity, IdentityChecked),
        "assess-patient": AttributedAct(AssessPatient, PatientAssessed),
        "leave-visit": AttributedAct(LeaveVisit, PatientLeft),
        "permit-dose": AttributedAct(PermitDose, DosePermitted),
        "hand-over-dose": AttributedAct(HandOverDose, DoseHandedOver),
    }
)
