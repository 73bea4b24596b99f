"""Whatever the clinic lets people do verifies, and the register adds up: no false alarm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.auditor.roles import ROLES
from hat_clinic.domain.entries import SIGNERS
from hat_clinic.domain.entries.doses import DoseMismatched
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.system import (
    ActConfirmed,
    ActRefused,
    ClockAccepted,
    LedgerOpened,
    SignInFailures,
)
from hat_clinic.domain.entries.visits import FitnessStated
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.verdict import Code
from hat_clinic.vocabulary.terms import Whereabouts
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import Ward


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    yield one
    one.clinic.close()


def test_the_auditor_expects_the_roles_that_the_server_lets_through() -> None:
    by_kind = {act.kind: act.roles for act in ACTS.values() if act.kind is not ActConfirmed}
    follows = {DoseMismatched: ACTS["verify-dose"].roles, FitnessStated: ACTS["assess-patient"].roles}
    assert {**by_kind, **follows} == ROLES
    # These follow from something else, or anybody may come upon them.
    free = {ActConfirmed, ActRefused, LedgerOpened, SignInFailures, IncidentOpened, ClockAccepted}
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
