"""A clinic full of patients who are each due for one dose, one transaction each.

People, pack, product and stock come in through the acts themselves. The patients' entries are
appended as those acts would append them, without asking the rules for each: the measurement is
of doses, and its preparation must be over soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine

from hat_clinic.domain.entries import SIGNERS, Entry, body_of, tag_of
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.domain.entries.prescriptions import PrescriptionSigned, Step
from hat_clinic.domain.entries.stock import ReceivedContainer
from hat_clinic.domain.entries.visits import FitnessStated, IdentityChecked, PatientArrived, PatientAssessed
from hat_clinic.domain.packs import AdoptPack, FilledHole
from hat_clinic.domain.stock.commands import ListProduct, ReceiveStock
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.packs import require_pack
from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import MACHINE, Statement, payload_hash, payload_type
from hat_clinic.projections.replay import fold
from hat_clinic.store.record import Outgoing, record
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.ids import (
    ContainerId,
    PatientId,
    PrescriptionId,
    ProductId,
    ReceiptId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Consciousness, ContainerKind, ReceiptKind, Role, Route
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.clinic import Clinic, Member

AT_ONCE = 25
SINGLE = Mass.mg(15, Expression.HYDROCHLORIDE_MONOHYDRATE)
AMPOULE = ListProduct(
    product=ProductId("ampoule"),
    drug="diamorphine",
    form="powder for solution for injection",
    strength="15 mg",
    kind=ContainerKind.SINGLE_USE,
    routes=(Route.INTRAVENOUS,),
    content=SINGLE,
    source="invented for a measurement",
)


@dataclass
class Ward:
    """A founded clinic, its staff, and what each dose to come will be about."""

    clinic: Clinic
    performer: Member
    verifier: Member
    prescriber: Member
    doses: list[dict[str, Any]]


def open_ward(engine: Engine, patients: int) -> Ward:
    """The clinic, with this many patients in a visit, found fit, prescribed for, each with an ampoule."""
    clock: Any = SystemClock()
    ids: Any = SystemIds()
    clinic = Clinic(engine, dict(ACTS), clock, ids)
    performer, verifier = clinic.hire("N-01", Role.NURSE), clinic.hire("N-02", Role.NURSE)
    prescriber = clinic.hire("D-01", Role.PRESCRIBER, Role.MEDICAL_LEAD)
    file, today = require_pack("swissmedic-diaphin-iv"), clock.now().date()
    filled = tuple(
        FilledHole(each.name, 15 if each.unit == "minute" else 0, "invented for a measurement", today)
        for each in file.holes
        if not each.optional
    )
    adopt = AdoptPack(file.pack, file.version, file.sha256, filled)
    clinic.both("adopt-pack", adopt, prescriber, performer)
    clinic.both("list-product", AMPOULE, prescriber, performer)
    ward = Ward(clinic, performer, verifier, prescriber, [])
    for first in range(0, patients, AT_ONCE):
        count = min(AT_ONCE, patients - first)
        ampoules = [ContainerId(clinic.ids.uuid7()) for _ in range(count)]
        _receive(ward, ampoules, today + timedelta(days=365))
        for number, ampoule in enumerate(ampoules, first):
            ward.doses.append(clinic.in_one(_Filling(ward, number, ampoule).append))
    return ward


def _receive(ward: Ward, ampoules: Sequence[ContainerId], use_by: date) -> None:
    containers = tuple(ReceivedContainer(each, "L1", use_by, SINGLE) for each in ampoules)
    receipt = ReceiptId(ward.clinic.ids.uuid7())
    delivery = ReceiveStock(receipt, ReceiptKind.DELIVERY, AMPOULE.product, "Invented", receipt, containers)
    ward.clinic.both("receive-stock", delivery, ward.performer, ward.verifier)


class _Filling:
    """The entries of one patient, from enrolment to prescription, as one transaction appends them.

    Why one: a decision speaks of one patient, or `verify` calls the record tampered with.
    """

    def __init__(self, ward: Ward, number: int, ampoule: ContainerId) -> None:
        self._ward, self._number, self._ampoule = ward, number, ampoule
        self._outgoing: list[Outgoing] = []

    def append(self, tx: Transaction) -> dict[str, Any]:
        """The entries are in the log; returns what the dose to come is about."""
        person, terminal = self._ward.performer.person, self._ward.clinic.terminal
        digest = sha256(b"a measurement").digest()
        stamp = RequestStamp(tx.ids.uuid7(), person, terminal, digest)
        dose = self._patient(tx, stamp, self._number, self._ampoule)
        record(tx, stamp, self._outgoing, "accepted", fold)
        return dose

    def _patient(
        self, tx: Transaction, stamp: RequestStamp, number: int, ampoule: ContainerId
    ) -> dict[str, Any]:
        uuid7, now = tx.ids.uuid7, tx.now
        patient, visit, prescription = PatientId(uuid7()), VisitId(uuid7()), PrescriptionId(uuid7())
        identifiers = (Identifier("clinic", f"{number:06}"),)
        enrolled = PatientEnrolled(patient, "Invented", "Ana", date(1980, 2, 29), identifiers)
        identity = self._add(tx, stamp, enrolled, patient)
        self._add(tx, stamp, PatientArrived(visit, patient), patient)
        self._add(tx, stamp, IdentityChecked(visit, patient, identity, ("name", "born")), patient)
        secret = tx.ids.random(32)
        alert = PatientAssessed(visit, patient, Consciousness.ALERT, breathing_rate=12, commitment=secret)
        self._add(tx, stamp, alert, patient)
        self._add(tx, stamp, FitnessStated(visit, patient, secret, True), patient)
        step = Step(now - timedelta(hours=1), now + timedelta(hours=8), SINGLE, 30, SINGLE)
        signed = PrescriptionSigned(prescription, patient, AMPOULE.product, Route.INTRAVENOUS, (step,))
        self._add(tx, stamp, signed, patient)
        return {
            "patient": patient,
            "visit": visit,
            "prescription": prescription,
            "container": ampoule,
            "identity": b64(identity),
        }

    def _add(self, tx: Transaction, stamp: RequestStamp, entry: Entry, patient: PatientId) -> bytes:
        row, tag, doctor = SIGNERS[type(entry)], tag_of(type(entry)), self._ward.prescriber
        by_hand = isinstance(entry, PrescriptionSigned)
        payload = Statement(
            salt=tx.ids.random(16),
            origin=tx.site.origin,
            request=stamp.request_id,
            terminal=stamp.terminal,
            person=doctor.person if by_hand else stamp.actor,
            key=doctor.key.key_id if by_hand else MACHINE,
            meaning=row.meaning,
            body=body_of(entry),
            body_sha256=stamp.body_sha256,
        ).payload()
        if by_hand:
            envelope = make_envelope(payload_type(tag), payload, doctor.key.key_id, doctor.key.sign)
        else:
            envelope = tx.keys.attribute(tag, payload)
        self._outgoing.append(Outgoing(tag, row.entry_class, envelope, patient, payload_hash(payload)))
        return envelope_hash(envelope)
