"""The use cases of a visit: arrive, be identified, be assessed, leave."""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.visits import IdentityChecked, PatientArrived, PatientAssessed, PatientLeft
from hat_clinic.domain.visits import (
    ArriveForVisit,
    AssessPatient,
    CheckIdentity,
    LeaveVisit,
    Visit,
    decide_arrival,
    decide_assessment,
    decide_identity,
    decide_leaving,
)
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.handlers.patients import open_identity, require_patient
from hat_clinic.projections.packs import pack_in_force
from hat_clinic.projections.visits import VISITS
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import NotFound
from hat_clinic.vocabulary.ids import PatientId, VisitId
from hat_clinic.vocabulary.terms import Role

ATTENDANTS = frozenset({Role.NURSE, Role.PRESCRIBER, Role.PHARMACIST})
ASSESSORS = frozenset({Role.NURSE, Role.PRESCRIBER})


def require_visit(tx: States, visit: VisitId) -> Visit:
    """The visit.

    Raises: NotFound.
    """
    found = VISITS.load(tx, visit)
    if found is None:
        raise NotFound("no such visit is on record here")
    return found


def open_visits(tx: States, patient: PatientId | None = None) -> list[Visit]:
    """Visits that have not ended, of one patient or of all: who is here."""
    return VISITS.find(tx, open=1) if patient is None else VISITS.find(tx, open=1, patient_id=patient)


def _values(tx: States) -> tuple[PackValue, ...]:
    pack = pack_in_force(tx)
    return () if pack is None else pack.values


def _oneself(tx: Transaction, actor: Actor, patient: PatientId) -> bool:
    return open_identity(tx, tx.keys, patient).enrolled.person == actor.person


def _arrive(tx: Transaction, actor: Actor, command: ArriveForVisit) -> Decision:
    require_patient(tx, command.patient)
    known, here = VISITS.load(tx, command.visit), tuple(open_visits(tx, command.patient))
    return Decision(decide_arrival(known, here, command), command.patient)


def _identify(tx: Transaction, actor: Actor, command: CheckIdentity) -> Decision:
    visit, patient = require_visit(tx, command.visit), require_patient(tx, command.patient)
    oneself = _oneself(tx, actor, command.patient)
    return Decision(decide_identity(visit, patient, oneself, command), command.patient)


def _assess(tx: Transaction, actor: Actor, command: AssessPatient) -> Decision:
    visit, patient = require_visit(tx, command.visit), require_patient(tx, command.patient)
    oneself = _oneself(tx, actor, command.patient)
    return Decision(decide_assessment(visit, patient, oneself, _values(tx), command), command.patient)


def _leave(tx: Transaction, actor: Actor, command: LeaveVisit) -> Decision:
    return Decision(decide_leaving(require_visit(tx, command.visit), command, tx.at), command.patient)


ACTS: tuple[Act[Any], ...] = (
    Act("arrive-for-visit", ArriveForVisit, PatientArrived, ATTENDANTS, _arrive),
    Act("check-identity", CheckIdentity, IdentityChecked, ATTENDANTS, _identify),
    Act("assess-patient", AssessPatient, PatientAssessed, ASSESSORS, _assess),
    Act("leave-visit", LeaveVisit, PatientLeft, ATTENDANTS, _leave),
)
