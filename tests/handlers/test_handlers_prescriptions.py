"""Prescribing through the one way of every act, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.doses.state import DoseHistory, HistoryDose
from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.packs import AdoptPack, FilledHole
from hat_clinic.domain.prescriptions import EndPrescription, SignPrescription
from hat_clinic.domain.stock.commands import ListProduct
from hat_clinic.handlers import packs, patients, prescriptions, stock
from hat_clinic.handlers.acts import Drawn
from hat_clinic.handlers.packs import require_pack
from hat_clinic.handlers.prescriptions import prescriptions_of, require_prescription
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.projections.doses import HISTORIES
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import NotFound
from hat_clinic.vocabulary.ids import DoseId, PatientId, PrescriptionId, ProductId
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.vocabulary.terms import ContainerKind, EndingReason, Role, Route
from tests.clinic import Clinic, Member
from tests.handlers.enrolling import enrolled, rules

HCL = Expression.HYDROCHLORIDE_MONOHYDRATE
DIAPHIN = ListProduct(
    product=ProductId("diaphin-iv"),
    drug="diamorphine",
    form="powder for solution for injection",
    strength="100 mg/mL",
    kind=ContainerKind.MULTI_DOSE,
    routes=(Route.INTRAVENOUS,),
    content=Mass.mg(10_000, HCL),
    source="invented for a test",
    content_volume=Volume(100_000),
    graduation=Volume(10),
    container_hours=24,
)


@dataclass
class Ward:
    """A clinic with a product, a pack, a nurse, a prescriber and a patient."""

    clinic: Clinic
    nia: Member
    dan: Member
    patient: PatientId

    def first_day(self, single: int = 15, daily: int = 30, gap: int = 30) -> SignPrescription:
        """A fresh prescription from now until an hour from now."""
        now = self.clinic.clock.now()
        step = Step(now, now + timedelta(hours=1), Mass.mg(single, HCL), gap, Mass.mg(daily, HCL))
        name = PrescriptionId(self.clinic.ids.uuid7())
        return SignPrescription(name, self.patient, DIAPHIN.product, Route.INTRAVENOUS, (step,))

    def had(self, *milligrams: int, days_ago: int = 1) -> None:
        """The patient had these doses, as the history of doses would say."""
        day = (self.clinic.clock.now() - timedelta(days=days_ago)).date()
        past = tuple(
            HistoryDose(DoseId(f"d{place}"), day, Mass.mg(each, HCL), Mass.mg(each, HCL), False, 1)
            for place, each in enumerate(milligrams)
        )

        def save(tx: Transaction) -> None:
            HISTORIES.save(tx, self.patient, DoseHistory(self.patient, past))
            tx.flush()

        self.clinic.in_one(save)


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    clinic = Clinic.open(engine, packs.ACTS, patients.ACTS, prescriptions.ACTS, stock.ACTS)
    nia = clinic.hire("N-01", Role.NURSE)
    dan = clinic.hire("D-01", Role.PRESCRIBER, Role.MEDICAL_LEAD)
    file, today = require_pack("swissmedic-diaphin-iv"), clinic.clock.now().date()
    filled = tuple(
        FilledHole(each.name, 1, "invented for a test", today) for each in file.holes if not each.optional
    )
    clinic.both("adopt-pack", AdoptPack(file.pack, file.version, file.sha256, filled), dan, nia)
    clinic.both("list-product", DIAPHIN, dan, nia)
    yield Ward(clinic, nia, dan, enrolled(clinic, nia))
    clinic.close()


def test_a_prescription_is_signed_by_hand_and_named_by_its_hash(ward: Ward) -> None:
    command = ward.first_day()
    drawn = ward.clinic.draw(ward.dan, "sign-prescription", command)
    assert isinstance(drawn, Drawn)
    assert ward.clinic.sign(ward.dan, drawn).accepted
    found = ward.clinic.state(lambda tx: require_prescription(tx, command.prescription))
    assert (found.prescriber, found.payload, found.ended) == (
        ward.dan.person,
        payload_hash(drawn.payload),
        False,
    )
    assert found.step_at(ward.clinic.clock.now()) == command.steps[0]


def test_a_nurse_signs_none(ward: Ward) -> None:
    assert rules(ward.clinic.draw(ward.nia, "sign-prescription", ward.first_day())) == ["SO40"]


def test_refuses_RX08_a_second_and_allows_one_that_replaces(ward: Ward) -> None:
    first, second = ward.first_day(), ward.first_day()
    assert ward.clinic.signed(ward.dan, "sign-prescription", first).accepted
    assert rules(ward.clinic.signed(ward.dan, "sign-prescription", second)) == ["RX08"]
    third = ward.first_day()
    third = SignPrescription(
        third.prescription, third.patient, third.product, third.route, third.steps, first.prescription
    )
    assert ward.clinic.signed(ward.dan, "sign-prescription", third).accepted
    found = ward.clinic.state(lambda tx: prescriptions_of(tx, ward.patient))
    assert [(each.prescription, each.ended, each.replaced_by) for each in found] == [
        (first.prescription, True, third.prescription),
        (third.prescription, False, None),
    ]


def test_refuses_what_changed_between_reading_and_signing(ward: Ward) -> None:
    drawn = ward.clinic.draw(ward.dan, "sign-prescription", ward.first_day())
    assert isinstance(drawn, Drawn)
    assert ward.clinic.signed(ward.dan, "sign-prescription", ward.first_day()).accepted
    assert rules(ward.clinic.sign(ward.dan, drawn)) == ["RX08"]


def test_refuses_RX10_a_prescriber_who_is_the_patient(ward: Ward) -> None:
    myself = enrolled(ward.clinic, ward.nia, Identifier("ahv", "1"), person=ward.dan.person)
    ward.patient = myself
    assert rules(ward.clinic.draw(ward.dan, "sign-prescription", ward.first_day())) == ["RX10"]


def test_refuses_TI01_until_there_is_a_history_and_TI04_from_it(ward: Ward) -> None:
    over = ward.first_day(46, 180)
    assert rules(ward.clinic.draw(ward.dan, "sign-prescription", over)) == ["TI01"]
    ward.had(30, 30, 30)
    assert rules(ward.clinic.draw(ward.dan, "sign-prescription", ward.first_day(46, 180))) == ["TI04"]
    assert ward.clinic.signed(ward.dan, "sign-prescription", ward.first_day(45, 180)).accepted


def test_the_day_before_is_told_from_the_day_on_which_it_begins(ward: Ward) -> None:
    ward.had(30, 30, 30, days_ago=0)
    today, start = ward.first_day(46, 180), ward.clinic.clock.now() + timedelta(days=1)
    assert rules(ward.clinic.draw(ward.dan, "sign-prescription", today)) == ["TI02"]
    step = Step(start, start + timedelta(hours=1), Mass.mg(46, HCL), 30, Mass.mg(180, HCL))
    name = PrescriptionId(ward.clinic.ids.uuid7())
    tomorrow = SignPrescription(name, ward.patient, DIAPHIN.product, Route.INTRAVENOUS, (step,))
    assert rules(ward.clinic.draw(ward.dan, "sign-prescription", tomorrow)) == ["TI04"]


def test_the_prescriber_hears_every_finding_before_signing_anything(ward: Ward) -> None:
    drawn = ward.clinic.draw(ward.dan, "sign-prescription", ward.first_day(16, 700, 0))
    assert rules(drawn) == ["TI01", "TI03"]
    assert ward.clinic.state(lambda tx: prescriptions_of(tx, ward.patient)) == []


def test_an_end_ends_once(ward: Ward) -> None:
    command, clinic = ward.first_day(), ward.clinic
    assert clinic.signed(ward.dan, "sign-prescription", command).accepted
    end = EndPrescription(command.prescription, ward.patient, EndingReason.STOPPED)
    assert clinic.signed(ward.dan, "end-prescription", end).accepted
    assert clinic.state(lambda tx: require_prescription(tx, command.prescription)).ended
    assert rules(clinic.signed(ward.dan, "end-prescription", end)) == ["RX15"]
    assert clinic.signed(ward.dan, "sign-prescription", ward.first_day()).accepted


def test_what_nobody_knows_is_not_found(ward: Ward) -> None:
    stray = EndPrescription(PrescriptionId("p9"), ward.patient, EndingReason.STOPPED)
    with pytest.raises(NotFound, match="no such prescription"):
        ward.clinic.draw(ward.dan, "end-prescription", stray)
    command = ward.first_day()
    nothing = SignPrescription(
        command.prescription, ward.patient, ProductId("none"), command.route, command.steps
    )
    with pytest.raises(NotFound, match="no such product"):
        ward.clinic.draw(ward.dan, "sign-prescription", nothing)
    nobody = SignPrescription(
        command.prescription, PatientId("nobody"), command.product, command.route, command.steps
    )
    with pytest.raises(NotFound, match="no such patient"):
        ward.clinic.draw(ward.dan, "sign-prescription", nobody)
