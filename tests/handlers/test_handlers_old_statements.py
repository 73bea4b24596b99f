"""What was signed, or never will be, does not stay for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.doses import GiveDose
from hat_clinic.domain.staff import GrantRole
from hat_clinic.handlers import old_statements
from hat_clinic.handlers.acts import Drawn
from hat_clinic.handlers.old_statements import KEPT, LATE, drop_statements
from hat_clinic.handlers.unread import has_report
from hat_clinic.vocabulary.ids import DoseId, IncidentId
from hat_clinic.vocabulary.terms import Role
from tests.clinic import Clinic
from tests.handlers.dosing import Ward, mg


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = Clinic.open(engine)
    yield one
    one.close()


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    yield one
    one.clinic.close()


def test_boundary_a_statement_goes_a_while_after_its_time(clinic: Clinic) -> None:
    nia = clinic.hire("N-01")
    assert clinic.in_one(drop_statements) > 0, "what was signed to hire her"
    drawn = clinic.draw(clinic.ada, "grant-role", GrantRole(nia.person, Role.NURSE))
    assert isinstance(drawn, Drawn)
    clinic.clock.shows = drawn.expires_at + LATE - timedelta(microseconds=1)
    assert clinic.in_one(drop_statements) == 0
    clinic.clock.shows = drawn.expires_at + LATE
    assert clinic.in_one(drop_statements) == 1


def report(ward: Ward, dose: DoseId, milligrams: int) -> Drawn:
    """Noa, who has not read the dose, was shown a statement on how much of it was given."""
    incident, now = IncidentId(ward.clinic.ids.uuid7()), ward.clinic.clock.now()
    command = GiveDose(dose, mg(milligrams), mg(0), now, incident)
    drawn = ward.clinic.draw(ward.noa, "give-dose", command)
    assert isinstance(drawn, Drawn)
    return drawn


def counts(ward: Ward, dose: DoseId) -> bool:
    return ward.clinic.in_one(lambda tx: has_report(tx, ward.noa.person, dose))


def test_boundary_a_report_goes_a_day_after_its_time(ward: Ward) -> None:
    dose = ward.prepared()
    ward.clinic.in_one(drop_statements)
    drawn = report(ward, dose, 15)
    ward.clinic.clock.shows = drawn.expires_at + KEPT - timedelta(microseconds=1)
    assert ward.clinic.in_one(drop_statements) == 0 and counts(ward, dose)
    ward.clinic.clock.shows = drawn.expires_at + KEPT
    assert ward.clinic.in_one(drop_statements) == 1 and not counts(ward, dose)


def test_of_reports_on_a_dose_the_last_of_each_person_is_kept(ward: Ward) -> None:
    doses = [ward.prepared(), ward.another().prepared()]
    ward.clinic.in_one(drop_statements)
    for milligrams in (13, 14, 15):
        for dose in doses:
            report(ward, dose, milligrams)
        ward.clinic.clock.pass_time(seconds=1)
    assert ward.clinic.in_one(drop_statements) == 0, "they may yet be signed"
    ward.clinic.clock.pass_time(hours=2)
    assert ward.clinic.in_one(drop_statements) == 4
    assert ward.clinic.in_one(drop_statements) == 0
    assert counts(ward, doses[0]) and counts(ward, doses[1])


def test_no_more_are_dropped_at_once_than_nobody_notices(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia = clinic.hire("N-01")
    clinic.in_one(drop_statements)
    for _ in range(5):
        clinic.draw(clinic.ada, "grant-role", GrantRole(nia.person, Role.NURSE))
    clinic.clock.pass_time(hours=2)
    monkeypatch.setattr(old_statements, "MOST_DROPPED", 2)
    assert [clinic.in_one(drop_statements) for _ in range(4)] == [2, 2, 1, 0]
