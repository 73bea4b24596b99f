"""Reports are never refused for a rule, so a log may hold any of them: all the same it verifies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.doses import GiveDose, ReportUnpreparedDose, VerifyGiven
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.incidents import CloseIncident
from hat_clinic.domain.prescriptions import EndPrescription
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.domain.stock.commands import AccountStock
from hat_clinic.domain.visits import LeaveVisit
from hat_clinic.handlers import incidents
from hat_clinic.handlers import register as register_acts
from hat_clinic.handlers.verdict import Code
from hat_clinic.projections.incidents import INCIDENTS
from hat_clinic.projections.register import LINES
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import (
    ContainerId,
    IncidentId,
    PageId,
    PatientId,
    PrescriptionId,
    ProductId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.vocabulary.terms import (
    CorrectionReason,
    EndingReason,
    IncidentFinding,
    LossReason,
    Role,
    Whereabouts,
)
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import DIAPHIN, Ward, mg


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    one.clinic.acts.update({act.name: act for act in (*register_acts.ACTS, *incidents.ACTS)})
    yield one
    one.clinic.close()


def require_holds(ward: Ward) -> None:
    found = Inspector(ward.clinic).verify()
    assert found.code is Code.HOLDS, found.text()


def unplanned(ward: Ward, report: ReportUnpreparedDose) -> None:
    outcome = ward.clinic.signed(ward.nia, "report-unprepared-dose", report)
    assert outcome.accepted, outcome


REPORTS: dict[str, Callable[[Ward, ReportUnpreparedDose], ReportUnpreparedDose]] = {
    "of a product nobody listed": lambda ward, told: replace(told, product=ProductId("unlisted")),
    "out of a container nobody received": lambda ward, told: replace(
        told, draws=(replace(told.draws[0], container=ContainerId("PAPER-1")),)
    ),
    "of more than was in it": lambda ward, told: replace(
        told, draws=(replace(told.draws[0], mass=mg(20_000)),), given=mg(20_000)
    ),
    "out of one container twice": lambda ward, told: replace(
        told, draws=(*told.draws, *told.draws), given=mg(20)
    ),
    "for nobody's visit and prescription": lambda ward, told: replace(
        told,
        visit=VisitId(ward.clinic.ids.uuid7()),
        prescription=PrescriptionId(ward.clinic.ids.uuid7()),
        patient=PatientId(ward.clinic.ids.uuid7()),
    ),
    "long ago": lambda ward, told: replace(told, happened_at=told.happened_at - timedelta(days=9)),
    "with a surplus": lambda ward, told: replace(told, given=mg(4), surplus=mg(6)),
}


@pytest.mark.parametrize("told", REPORTS)
def test_an_unplanned_dose_holds(ward: Ward, told: str) -> None:
    unplanned(ward, REPORTS[told](ward, ward.reporting()))
    require_holds(ward)


@pytest.mark.parametrize("product", ["diaphin-iv", "unlisted"])
def test_an_unplanned_dose_in_another_expression_is_rejected_before_anything_is_written(
    ward: Ward, product: str
) -> None:
    drawn = Draw(ward.vials[1], "L1", Mass.mg(10, Expression.BASE))
    base, none = Mass.mg(10, Expression.BASE), Mass.mg(0, Expression.BASE)
    told = replace(ward.reporting(), product=ProductId(product), draws=(drawn,), given=base, surplus=none)
    with pytest.raises(Rejected, match="hydrochloride monohydrate") as caught:
        ward.clinic.signed(ward.nia, "report-unprepared-dose", told)
    assert caught.value.field == "given"
    require_holds(ward)


def test_an_unplanned_dose_that_somebody_saw_holds(ward: Ward) -> None:
    told = ward.reporting()
    unplanned(ward, told)
    payload = ward.dose(told.dose).given_payload or b""
    assert ward.clinic.signed(ward.noa, "verify-given", VerifyGiven(told.dose, payload)).accepted
    require_holds(ward)


def test_a_dose_given_without_being_verified_or_handed_over_holds(ward: Ward) -> None:
    first = ward.prepared()
    assert ward.give(first, 10, 5).accepted
    ward.account(first, 5, Whereabouts.UNACCOUNTED)
    second = ward.another()
    verified = second.prepared(10)
    assert second.verify(verified, 10).accepted
    assert second.give(verified, 10, 0, by=ward.dan).accepted
    third = ward.another()
    mismatched = third.prepared(10)
    assert third.verify(mismatched, 9).accepted
    assert third.give(mismatched, 10, 0).accepted
    require_holds(ward)


def test_a_dose_of_which_some_was_lost_before_it_was_verified_holds(ward: Ward) -> None:
    dose = ward.prepared()
    ward.account(dose, 5, Whereabouts.SPILLED)
    assert not ward.clinic.signed(ward.noa, "verify-dose", ward.reading(dose)).accepted
    assert ward.give(dose, 10, 5).accepted
    require_holds(ward)


def test_a_dose_that_nobody_wanted_and_one_that_lapsed_hold(ward: Ward) -> None:
    ward.permitted()
    ward.clinic.clock.pass_time(minutes=20)
    dose = ward.handed_over()
    assert ward.give(dose, 0, 15, by=ward.noa).accepted
    assert ward.saw_given(dose, by=ward.dan).accepted
    ward.account(dose, 15, Whereabouts.RETURNED)
    require_holds(ward)


def test_a_dose_whose_ground_went_away_in_the_middle_holds(ward: Ward) -> None:
    clinic, dose = ward.clinic, ward.handed_over()
    ended = EndPrescription(ward.prescription, ward.patient, EndingReason.COMPLETED)
    assert clinic.signed(ward.dan, "end-prescription", ended).accepted
    left = LeaveVisit(ward.visit, ward.patient, clinic.clock.now())
    assert clinic.do(ward.nia, "leave-visit", left).accepted
    clinic.clock.pass_time(hours=5)
    late = GiveDose(dose, mg(15), mg(0), clinic.clock.now(), IncidentId(clinic.ids.uuid7()))
    assert clinic.signed(ward.nia, "give-dose", late).accepted
    assert ward.saw_given(dose).accepted
    require_holds(ward)


def test_a_loss_of_more_than_there_was_holds(ward: Ward) -> None:
    told = AccountStock(
        ward.vials[0], Whereabouts.UNACCOUNTED, mg(10_001), ward.clinic.clock.now(), LossReason.DROPPED,
        IncidentId(ward.clinic.ids.uuid7()), Volume(1),
    )  # fmt: skip
    ward.clinic.both("account-stock", told, ward.nia, ward.noa)
    require_holds(ward)


def correction(ward: Ward, line: int, was: int, is_now: int, dose: object = None) -> CorrectLine:
    return CorrectLine(
        PageId(f"{DIAPHIN.product}/1"), line, Footnoted.MASS, CorrectionReason.MISREAD,
        recorded=mg(was), actual=mg(is_now), dose=dose,
    )  # type: ignore[call-arg]  # fmt: skip


def test_a_dose_corrected_in_line_and_part_and_twice_holds(ward: Ward) -> None:
    dose = ward.handed_over()
    assert ward.give(dose, 10, 5).accepted and ward.saw_given(dose).accepted
    ward.account(dose, 5)
    line = ward.clinic.state(lambda tx: LINES.load(tx, dose))
    assert line is not None
    for seq, was, is_now in ((line.seq, 15, 14), (line.seq, 14, 16), (line.sub_lines[0].seq, 10, 11)):
        ward.clinic.both("correct-line", correction(ward, seq, was, is_now, dose), ward.nia, ward.noa)
    require_holds(ward)


def test_an_incident_closed_by_an_outsider_holds(ward: Ward) -> None:
    clinic, dose = ward.clinic, ward.prepared()
    assert ward.give(dose, 0, 15, by=ward.noa).accepted
    lead = clinic.hire("L-01", Role.CONTROLLED_DRUGS_LEAD)
    opened = clinic.state(lambda tx: INCIDENTS.find(tx, open=1))
    assert opened
    for each in opened:
        closing = CloseIncident(each.incident, next(iter(IncidentFinding)))
        assert clinic.signed(lead, "close-incident", closing).accepted
    require_holds(ward)
