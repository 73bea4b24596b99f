"""Incidents stay open until somebody who took no part in them says what was found."""

from __future__ import annotations

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries.doses import DoseMismatched
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.stock import CountedContainer, StockAccounted, StockCounted, StockRecounted
from hat_clinic.domain.incidents import (
    CloseIncident,
    Incident,
    assess_close,
    decide_close,
    evolve_incident,
    involved,
)
from hat_clinic.domain.stock.evolve import evolve_count
from hat_clinic.vocabulary.errors import Refused
from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, IncidentId, PatientId, PersonId
from hat_clinic.vocabulary.terms import IncidentFinding, LossReason, Whereabouts
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import ANA, BO, CY, DI, NOON, VIAL, draw, mg

COMMAND = CloseIncident(IncidentId("i1"), IncidentFinding.EXPLAINED)


@pytest.fixture
def register() -> ToldRegister:
    found = ToldRegister.with_stock()
    assert isinstance(found, ToldRegister)
    return found


def opened(register: ToldRegister, **about: str) -> Incident:
    entry = IncidentOpened(IncidentId("i1"), ("CD21",), **about)  # type: ignore[arg-type]
    incident = evolve_incident(None, register.tell(entry, ANA))
    assert incident is not None
    return incident


def rules(incident: Incident | None, people: set[str], by: str) -> list[str]:
    everybody = frozenset(PersonId(each) for each in people)
    found = assess_close(incident, everybody, PersonId(by))
    return [each.rule for each in found]


def test_allows_an_outsider_to_close(register: ToldRegister) -> None:
    incident = opened(register, container="v001")
    assert incident.open and incident.opened_by == ANA
    closed = evolve_incident(
        incident, register.tell(decide_close(incident, frozenset({ANA}), COMMAND, DI), DI)
    )
    assert closed is not None and not closed.open
    assert (closed.finding, closed.closed_by) == (IncidentFinding.EXPLAINED, DI)
    assert codec.decode(Incident, codec.encode(closed)) == closed
    assert evolve_incident(closed, register.entries[0]) == closed


def test_refuses_all_at_once(register: ToldRegister) -> None:
    incident = opened(register)
    closed = evolve_incident(incident, register.tell(decide_close(incident, frozenset(), COMMAND, DI), DI))
    assert rules(closed, {ANA}, ANA) == ["CD37", "CD38"]
    assert rules(None, set(), DI) == ["CD37"]
    with pytest.raises(Refused, match="CD37"):
        decide_close(None, frozenset(), COMMAND, DI)


def test_boundary_cd38_who_took_part(register: ToldRegister) -> None:
    incident = opened(register)
    people = involved(incident, None, None, None)
    assert people == {ANA}
    assert rules(incident, set(people), ANA) == ["CD38"]
    assert rules(incident, set(people), DI) == []


def test_whoever_had_the_dose_in_hand_took_part(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    register.tell(DoseMismatched(DoseId("d1"), PatientId("pat"), CY, b"envelope"), CY)
    register.verify("d1", mg(200), BO)
    incident = opened(register, dose="d1")
    assert involved(incident, register.line("d1"), None, None) == {ANA, BO, CY, "dr"}


def test_whoever_accounted_for_a_container_took_part(register: ToldRegister) -> None:
    first = register.tell(
        StockAccounted(
            VIAL.product, ContainerId("v001"), Whereabouts.UNACCOUNTED, mg(1), NOON, LossReason.NOT_FOUND, ()
        ),
        CY,
    )
    register.confirm(first, BO)
    incident = opened(register, container="v001")
    assert involved(incident, None, register.containers["v001"], None) == {ANA, BO, CY}


def test_both_counters_took_part(register: ToldRegister) -> None:
    found = (CountedContainer(ContainerId("v001"), mg(1)),)
    first = register.tell(StockCounted(CountId("c1"), VIAL.product, found), BO)
    count = evolve_count(None, first, ())
    again = register.tell(StockRecounted(CountId("c1"), VIAL.product, first.payload, found, BO), CY)
    count = evolve_count(count, again, ())
    assert involved(opened(register, count="c1"), None, None, count) == {ANA, BO, CY}
