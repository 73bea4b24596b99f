"""Visits through the one way of every act, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.visits import ArriveForVisit, AssessPatient, CheckIdentity, LeaveVisit, Visit
from hat_clinic.handlers import patients, visits
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.visits import VISITS
from hat_clinic.store import sealed
from hat_clinic.store.schema import envelope
from hat_clinic.vocabulary.errors import NotFound
from hat_clinic.vocabulary.ids import PatientId, VisitId
from hat_clinic.vocabulary.terms import Consciousness, Role
from tests.clinic import Clinic, Member
from tests.handlers.enrolling import enrolled, identity, rules


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = Clinic.open(engine, patients.ACTS, visits.ACTS)
    yield one
    one.close()


@pytest.fixture
def nia(clinic: Clinic) -> Member:
    return clinic.hire("N-01", Role.NURSE)


def arrived(clinic: Clinic, nia: Member, patient: PatientId) -> VisitId:
    visit = VisitId(clinic.ids.uuid7())
    assert clinic.do(nia, "arrive-for-visit", ArriveForVisit(visit, patient)).accepted
    return visit


def visit_of(clinic: Clinic, visit: VisitId) -> Visit:
    found = clinic.state(lambda tx: VISITS.load(tx, visit))
    assert found is not None
    return found


def checking(clinic: Clinic, visit: VisitId, patient: PatientId) -> CheckIdentity:
    return CheckIdentity(visit, patient, identity(clinic, patient).rec, ("name", "born"))


def assessing(clinic: Clinic, visit: VisitId, patient: PatientId, fit: bool = True) -> AssessPatient:
    secret = clinic.ids.random(32)
    return AssessPatient(
        visit, patient, Consciousness.ALERT, fit, secret, breathing_rate=12, note="slept badly"
    )


def _opened(clinic: Clinic, seq: int) -> bytes:
    found = clinic.state(lambda tx: sealed.get(tx.conn, tx.site_id, clinic.keys, seq, "patient-assessed"))
    assert found is not None
    return found


def test_a_whole_visit(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    visit = arrived(clinic, nia, patient)
    assert rules(clinic.do(nia, "assess-patient", assessing(clinic, visit, patient))) == ["AD12"]
    assert clinic.do(nia, "check-identity", checking(clinic, visit, patient)).accepted
    for fit in (False, True):
        clinic.clock.pass_time(minutes=5)
        command = assessing(clinic, visit, patient, fit)
        outcome = clinic.do(nia, "assess-patient", command)
        assert outcome.accepted and outcome.count == 2
        found = visit_of(clinic, visit)
        opened = _opened(clinic, outcome.first_seq)
        body = parse_statement(parse_envelope(opened).payload).body
        assert body["commitment"] and body["note"] == "slept badly"
        assert (found.assessed_rec, found.assessed_at, found.fit) == (
            envelope_hash(opened), clinic.clock.now(), fit,
        )  # fmt: skip
    assert [each.visit for each in clinic.state(visits.open_visits)] == [visit]
    left = LeaveVisit(visit, patient, clinic.clock.now())
    assert clinic.do(nia, "leave-visit", left).accepted
    assert clinic.state(visits.open_visits) == []
    assert not visit_of(clinic, visit).open


def test_what_was_measured_is_nowhere_in_clear(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    visit = arrived(clinic, nia, patient)
    assert clinic.do(nia, "check-identity", checking(clinic, visit, patient)).accepted
    assert clinic.do(nia, "assess-patient", assessing(clinic, visit, patient)).accepted
    for raw in clinic.state(lambda tx: list(tx.conn.execute(select(envelope.c.bytes)).scalars())):
        assert b"slept badly" not in parse_envelope(bytes(raw)).payload


def test_refuses_AD08_a_second_visit_and_allows_one_after_the_first(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    first = arrived(clinic, nia, patient)
    second = ArriveForVisit(VisitId(clinic.ids.uuid7()), patient)
    assert rules(clinic.do(nia, "arrive-for-visit", second)) == ["AD08"]
    assert clinic.do(nia, "leave-visit", LeaveVisit(first, patient, clinic.clock.now())).accepted
    assert clinic.do(nia, "arrive-for-visit", second).accepted
    assert rules(clinic.do(nia, "arrive-for-visit", ArriveForVisit(first, patient)))[0] == "AD07"


def test_an_assessment_is_of_the_open_visit_and_not_of_one_that_was(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    first = arrived(clinic, nia, patient)
    assert clinic.do(nia, "leave-visit", LeaveVisit(first, patient, clinic.clock.now())).accepted
    second = arrived(clinic, nia, patient)
    assert clinic.do(nia, "check-identity", checking(clinic, second, patient)).accepted
    assert clinic.do(nia, "assess-patient", assessing(clinic, second, patient)).accepted
    assert visit_of(clinic, first).assessed_rec is None
    assert visit_of(clinic, second).fit is True


def test_refuses_AD11_the_identity_of_somebody_else(clinic: Clinic, nia: Member) -> None:
    ana, ben = enrolled(clinic, nia), enrolled(clinic, nia, Identifier("ahv", "1"))
    right = checking(clinic, arrived(clinic, nia, ana), ana)
    wrong = replace(right, identity=identity(clinic, ben).rec)
    assert rules(clinic.do(nia, "check-identity", wrong)) == ["AD11"]


def test_refuses_AD17_a_nurse_who_is_the_patient(clinic: Clinic, nia: Member) -> None:
    bob = clinic.hire("N-02", Role.NURSE)
    patient = enrolled(clinic, nia, person=bob.person)
    visit = arrived(clinic, nia, patient)
    assert rules(clinic.do(bob, "check-identity", checking(clinic, visit, patient))) == ["AD17"]
    assert clinic.do(nia, "check-identity", checking(clinic, visit, patient)).accepted
    assert rules(clinic.do(bob, "assess-patient", assessing(clinic, visit, patient))) == ["AD17"]


def test_a_visit_nobody_knows_is_not_found(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    with pytest.raises(NotFound, match="no such visit"):
        clinic.do(nia, "leave-visit", LeaveVisit(VisitId("v009"), patient, clinic.clock.now()))
    with pytest.raises(NotFound, match="no such patient"):
        clinic.do(nia, "arrive-for-visit", ArriveForVisit(VisitId("v009"), PatientId("nobody")))
