"""What was signed, or never will be, does not stay for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.staff import GrantRole
from hat_clinic.handlers.acts import Drawn
from hat_clinic.handlers.old_statements import drop_statements
from hat_clinic.vocabulary.terms import Role
from tests.clinic import Clinic


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = Clinic.open(engine)
    yield one
    one.close()


def test_boundary_a_statement_goes_a_day_after_its_time(clinic: Clinic) -> None:
    nia = clinic.hire("N-01")
    assert clinic.in_one(drop_statements) > 0, "what was signed to hire her"
    drawn = clinic.draw(clinic.ada, "grant-role", GrantRole(nia.person, Role.NURSE))
    assert isinstance(drawn, Drawn)
    clinic.clock.pass_time(hours=24)
    assert clinic.in_one(drop_statements) == 0
    clinic.clock.pass_time(minutes=2)
    assert clinic.in_one(drop_statements) == 1
