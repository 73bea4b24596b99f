"""Counts: blind, by two people, held against the entries, and never an adjustment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.domain.entries.stock import CountedContainer
from hat_clinic.domain.stock.commands import CountStock, RecountStock
from hat_clinic.domain.stock.decide import decide_count, decide_recount
from hat_clinic.domain.stock.evolve import evolve_count
from hat_clinic.domain.stock.state import Container, Count, held
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import ContainerId, CountId, IncidentId
from hat_clinic.vocabulary.quantities import Expression, Mass
from tests.domain.told_stock import ANA, BO, VIAL, ToldCupboard, draw, mg, prepared

BASE = Mass.mg(10_000, Expression.BASE)
INCIDENT = IncidentId("incident")


@pytest.fixture
def cupboard() -> ToldCupboard:
    return ToldCupboard.with_stock()


def ids(findings: tuple[Finding, ...]) -> list[str]:
    return [each.rule for each in findings]


def counted(**found: int) -> tuple[CountedContainer, ...]:
    return tuple(CountedContainer(ContainerId(name), mg(mass)) for name, mass in found.items())


def counting(cupboard: ToldCupboard, **found: int) -> Count:
    product = cupboard.products[VIAL.product]
    entry = decide_count(product, None, CountStock(CountId("c1"), VIAL.product, counted(**found)))
    count = evolve_count(None, cupboard.tell(entry), vials(cupboard))
    assert count is not None
    return count


def vials(cupboard: ToldCupboard) -> tuple[Container, ...]:
    return tuple(each for each in cupboard.containers.values() if each.product == VIAL.product)


def recounting(cupboard: ToldCupboard, count: Count, by: str = BO, **found: int) -> tuple[str, ...]:
    command = RecountStock(count.count, counted(**found), INCIDENT)
    entries = decide_recount(count, held(vials(cupboard)), command, by)  # type: ignore[arg-type]
    assert entries[0].names == count.payload  # type: ignore[union-attr]
    return entries[1].rules if len(entries) > 1 else ()  # type: ignore[union-attr]


def test_allows_two_counts_that_agree(cupboard: ToldCupboard) -> None:
    count = counting(cupboard, v001=10_000, v002=10_000)
    assert recounting(cupboard, count, v001=10_000, v002=10_000) == ()


def test_allows_a_dose_between_the_counts(cupboard: ToldCupboard) -> None:
    count = counting(cupboard, v001=10_000, v002=10_000)
    cupboard.tell(prepared("d1", draw("v001", mg(300))))
    assert recounting(cupboard, count, v001=9_700, v002=10_000) == ()
    assert recounting(cupboard, count, v001=10_000, v002=10_000) == ("CD34", "CD35")


def test_a_difference_opens_an_incident_and_changes_no_balance(cupboard: ToldCupboard) -> None:
    before = dict(cupboard.containers)
    count = counting(cupboard, v001=10_000)
    assert recounting(cupboard, count, v001=10_000) == ("CD33", "CD34")
    assert recounting(cupboard, count, v001=10_000, v002=10_000) == ("CD33", "CD35")
    assert recounting(cupboard, count, v001=9_999, v002=10_000) == ("CD33", "CD34", "CD35")
    assert cupboard.containers == before


def test_refuses_cd31_the_same_person_twice(cupboard: ToldCupboard) -> None:
    count = counting(cupboard, v001=10_000, v002=10_000)
    with pytest.raises(Refused, match="CD31"):
        recounting(cupboard, count, by=ANA, v001=10_000, v002=10_000)


def test_refuses_cd32_a_third_count(cupboard: ToldCupboard) -> None:
    count = counting(cupboard, v001=10_000, v002=10_000)
    with pytest.raises(Refused, match="CD32"):
        recounting(cupboard, replace(count, recounted_by=BO), v001=10_000, v002=10_000)
    with pytest.raises(Refused, match="CD32"):
        decide_recount(None, (), RecountStock(CountId("c1"), (), INCIDENT), BO)


def test_refuses_a_count_whose_form_is_wrong(cupboard: ToldCupboard) -> None:
    product, count = cupboard.products[VIAL.product], counting(cupboard, v001=10_000, v002=10_000)
    wrong = (CountedContainer(ContainerId("v001"), BASE), *counted(v001=1))
    with pytest.raises(Refused) as refused:
        decide_count(product, count, CountStock(CountId("c1"), VIAL.product, wrong))
    assert ids(refused.value.findings) == ["CD30", "CD36", "CD07"]
    with pytest.raises(Refused) as refused:
        decide_recount(count, (), RecountStock(CountId("c1"), wrong, INCIDENT), BO)
    assert ids(refused.value.findings) == ["CD36", "CD07"]
    with pytest.raises(Refused, match="CD01"):
        decide_count(None, None, CountStock(CountId("c1"), VIAL.product, ()))
