"""What a terminal is asked to do in the tests of it."""

from __future__ import annotations

from typing import Any

from hat_clinic.client.statements import ToSign
from hat_clinic.domain.patients import EnrolPatient
from hat_clinic.domain.staff import GrantRole
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wire.columns import MAKES
from tests.client.at_work import AtWork

GRANT = "grant-role"


def grant(work: AtWork, role: Role = Role.NURSE) -> dict[str, Any]:
    return {"person": work.house.clinic.bo.person, "role": str(role)}


def draw(work: AtWork, role: Role = Role.NURSE) -> ToSign:
    return work.terminal.draw(work.ada, GRANT, grant(work, role))


def patient(work: AtWork) -> dict[str, Any]:
    body = {
        "patient": work.house.clinic.ids.uuid7(),
        "family": "Invented",
        "given": "Ana",
        "born": "1984-02-29",
        "identifiers": [{"system": "invented-number", "value": "756.1"}],
    }
    made = MAKES.get(EnrolPatient, ())
    return {name: value for name, value in body.items() if name not in made}


def may_enrol(work: AtWork) -> AtWork:
    """The same, with ada allowed to enrol patients."""
    clinic = work.house.clinic
    third = clinic.hire("A-03", Role.ADMINISTRATOR)
    clinic.both("grant-role", GrantRole(clinic.ada.person, Role.NURSE), clinic.bo, third)
    return work
