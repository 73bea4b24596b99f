"""What follows from a command about a prescription, or the reasons against it."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.prescriptions.assess import assess_ending, assess_prescription
from hat_clinic.domain.prescriptions.commands import EndPrescription, SignPrescription
from hat_clinic.domain.prescriptions.state import Circumstances, Prescription
from hat_clinic.vocabulary.errors import Refused


def decide_prescription(
    around: Circumstances, command: SignPrescription, moment: datetime
) -> tuple[PrescriptionSigned]:
    """The prescription permits doses; what it replaces permits none.

    Refuses: RX01 to RX14, TI01 to TI07.
    """
    findings = assess_prescription(around, command, moment)
    if findings:
        raise Refused(findings)
    return (
        PrescriptionSigned(
            command.prescription,
            command.patient,
            command.product,
            command.route,
            command.steps,
            command.replaces,
        ),
    )


def decide_ending(known: Prescription, command: EndPrescription) -> tuple[PrescriptionEnded]:
    """The prescription permits nothing more.

    Refuses: RX15.
    """
    findings = assess_ending(known, command)
    if findings:
        raise Refused(findings)
    return (PrescriptionEnded(command.prescription, command.patient, command.reason),)
