"""Whatever the clinic lets people do verifies, and the register adds up: no false alarm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hat_clinic.auditor.roles import ROLES
from hat_clinic.domain.clock import AcceptClock, AgreeClock
from hat_clinic.domain.entries import SIGNERS
from hat_clinic.domain.entries.doses import DoseMismatched
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import CountedContainer
from hat_clinic.domain.entries.system import (
    ActConfirmed,
    ActRefused,
    ClockDoubted,
    LedgerOpened,
    SignInFailures,
)
from hat_clinic.domain.entries.visits import FitnessStated
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.register.state import LineKind
from hat_clinic.domain.stock.commands import AccountStock, CountStock, RecordOverfill, RecountStock
from hat_clinic.handlers import clock
from hat_clinic.handlers import register as register_acts
from hat_clinic.handlers.acts import Drawn
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.verdict import Code
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.projections import register
from hat_clinic.projections.register import lines_of
from hat_clinic.vocabulary.ids import CountId, IncidentId, PageId, ReceiptId
from hat_clinic.vocabulary.quantities import Volume
from hat_clinic.vocabulary.terms import CorrectionReason, LossReason, Role, Whereabouts
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import DIAPHIN, Ward, mg


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    one.clinic.acts.update({act.name: act for act in (*register_acts.ACTS, *clock.ACTS)})
    yield one
    one.clinic.close()


def test_the_auditor_expects_the_roles_that_the_server_lets_through() -> None:
    by_kind = {act.kind: act.roles for act in ACTS.values() if act.kind is not ActConfirmed}
    follows = {DoseMismatched: ACTS["verify-dose"].roles, FitnessStated: ACTS["assess-patient"].roles}
    assert {**by_kind, **follows} == ROLES
    # These follow from something else, or anybody may come upon them.
    free = {ActConfirmed, ActRefused, LedgerOpened, SignInFailures, IncidentOpened, ClockDoubted}
    assert set(ROLES) | free == set(SIGNERS)


def test_a_day_with_everything_that_happens_to_doses_holds(ward: Ward) -> None:
    dose = ward.handed_over()
    assert ward.give(dose, 10, 5).accepted
    assert ward.saw_given(dose).accepted
    ward.account(dose, 5)
    assert not ward.verify(ward.prepared(10), 10, by=ward.nia).accepted
    second = ward.another()
    mismatched = second.prepared(10)
    second.verify(mismatched, 9)
    second.account(mismatched, 10, Whereabouts.RETURNED)
    third = ward.another()
    late = third.handed_over(10)
    assert third.give(late, 4, 6, by=ward.noa).accepted  # by the verifier: marked, not refused
    assert not third.saw_given(late, by=ward.noa).accepted
    assert third.saw_given(late, by=ward.nia).accepted
    third.account(late, 6, Whereabouts.UNACCOUNTED)
    ward.clinic.both("report-unprepared-dose", ward.reporting(), ward.nia, ward.noa)
    found = Inspector(ward.clinic).verify()
    assert found.code is Code.HOLDS, found.text()


def test_stock_counted_accounted_and_corrected_and_a_page_closed_holds(ward: Ward) -> None:
    clinic, found = ward.clinic, ward.vials[0]
    lead = clinic.hire("L-01", Role.CONTROLLED_DRUGS_LEAD)
    incident = IncidentId(clinic.ids.uuid7())
    spilled = AccountStock(
        found, Whereabouts.SPILLED, mg(100), clinic.clock.now(), LossReason.DROPPED, incident, Volume(1000)
    )
    clinic.both("account-stock", spilled, ward.nia, ward.noa)
    overfill = RecordOverfill(ReceiptId(clinic.ids.uuid7()), found, mg(7), Volume(70))
    clinic.both("record-overfill", overfill, ward.nia, ward.noa)
    count = CountId(clinic.ids.uuid7())
    counted = (CountedContainer(found, mg(9_907)), CountedContainer(ward.vials[1], mg(9_999)))
    assert clinic.signed(ward.nia, "count-stock", CountStock(count, DIAPHIN.product, counted)).accepted
    again = RecountStock(count, counted, IncidentId(clinic.ids.uuid7()))
    assert clinic.signed(ward.noa, "recount-stock", again).accepted
    page = PageId(f"{DIAPHIN.product}/1")
    lines = clinic.state(lambda tx: lines_of(tx, page))
    wrong = next(line for line in lines if line.kind is LineKind.ACCOUNTED)
    correction = CorrectLine(
        page,
        wrong.seq,
        Footnoted.MASS,
        CorrectionReason.MISREAD,
        recorded=mg(100),
        actual=mg(90),
        container=found,
    )
    clinic.both("correct-line", correction, ward.nia, ward.noa)
    assert clinic.signed(lead, "close-page", ClosePage(page)).accepted
    dose = ward.handed_over()
    assert ward.give(dose).accepted and ward.saw_given(dose).accepted
    verdict = Inspector(clinic).verify()
    assert verdict.code is Code.HOLDS, verdict.text()
    pages = clinic.state(lambda tx: {each.page: each.balance for each in register.pages(tx)})
    assert pages == {page: mg(19_917), PageId(f"{DIAPHIN.product}/2"): mg(19_902)}


def test_a_clock_that_was_put_right_holds(ward: Ward) -> None:
    clinic = ward.clinic
    clinic.clock.jump(timedelta(hours=3))
    assert not clinic.do(ward.nia, "permit-dose", ward.asking()).accepted
    clinic.clock.jump(timedelta(hours=-3))
    for one in (ward.nia, ward.noa):
        clinic.clock_in(one)
    accepted = clinic.draw(ward.nia, "accept-clock", AcceptClock(clinic.clock.now()))
    assert isinstance(accepted, Drawn) and clinic.sign(ward.nia, accepted).accepted
    agree = AgreeClock(payload_hash(accepted.payload))
    assert clinic.signed(ward.noa, "agree-clock", agree).accepted
    found = Inspector(clinic).verify()
    assert found.code is Code.HOLDS, found.text()
