"""The use cases of prescriptions: sign one, which may replace another, and end one."""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.prescriptions import (
    Circumstances,
    EndPrescription,
    Prescription,
    SignPrescription,
    decide_ending,
    decide_prescription,
    recent_doses,
)
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.handlers.patients import open_identity
from hat_clinic.projections.doses import HISTORIES, calendar
from hat_clinic.projections.packs import pack_in_force
from hat_clinic.projections.prescriptions import PRESCRIPTIONS
from hat_clinic.projections.staff import PERSONS
from hat_clinic.projections.stock import PRODUCTS
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import NotFound, NotPermitted
from hat_clinic.vocabulary.ids import PatientId, PrescriptionId
from hat_clinic.vocabulary.terms import Role

PRESCRIBERS = frozenset({Role.PRESCRIBER})
ENDERS = frozenset({Role.PRESCRIBER, Role.MEDICAL_LEAD})


def require_prescription(tx: States, prescription: PrescriptionId) -> Prescription:
    """The prescription.

    Raises: NotFound.
    """
    found = PRESCRIPTIONS.load(tx, prescription)
    if found is None:
        raise NotFound("no such prescription is on record here")
    return found


def prescriptions_of(tx: States, patient: PatientId) -> list[Prescription]:
    """All that were ever signed for this patient here."""
    return PRESCRIPTIONS.find(tx, patient_id=patient)


def _circumstances(tx: Transaction, actor: Actor, command: SignPrescription) -> Circumstances:
    prescriber, product = PERSONS.load(tx, actor.person), PRODUCTS.load(tx, command.product)
    if prescriber is None:
        raise NotPermitted("only people who work here sign prescriptions")
    if product is None:
        raise NotFound("no such product is listed here")
    identity, days = open_identity(tx, tx.keys, command.patient), calendar(tx)
    history = HISTORIES.load(tx, command.patient)
    # What the patient had is looked at from the day on which the first step begins to permit.
    begins = max([tx.now, *(step.starts for step in command.steps[:1])])
    past = () if history is None else history.for_titration
    return Circumstances(
        prescriber=prescriber,
        patient_person=identity.enrolled.person,
        product=product,
        known=PRESCRIPTIONS.load(tx, command.prescription),
        others=tuple(prescriptions_of(tx, command.patient)),
        pack=pack_in_force(tx),
        zone=days.zone,
        day_starts_minutes=days.day_starts_minutes,
        recent=recent_doses(past, days.day(begins), product.content.expression),
    )


def _sign(tx: Transaction, actor: Actor, command: SignPrescription) -> Decision:
    around = _circumstances(tx, actor, command)
    return Decision(decide_prescription(around, command, tx.now), command.patient)


def _end(tx: Transaction, actor: Actor, command: EndPrescription) -> Decision:
    known = require_prescription(tx, command.prescription)
    return Decision(decide_ending(known, command), command.patient)


ACTS: tuple[Act[Any], ...] = (
    Act("sign-prescription", SignPrescription, PrescriptionSigned, PRESCRIBERS, _sign, permit=True),
    Act("end-prescription", EndPrescription, PrescriptionEnded, ENDERS, _end),
)
