"""Prescriptions: who may sign what, and how they end. Titration has a file of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned, Step
from hat_clinic.domain.prescriptions import (
    EndPrescription,
    Prescription,
    assess_ending,
    assess_prescription,
    decide_ending,
    decide_prescription,
    notes_on_prescription,
)
from hat_clinic.domain.staff.state import Licence
from hat_clinic.vocabulary.errors import Refused
from hat_clinic.vocabulary.ids import PrescriptionId, ProductId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import EndingReason, Role, Route
from tests.domain.prescribing import (
    ANA,
    AROUND,
    BASE,
    BEN,
    DAN,
    DAY,
    DIAPHIN,
    HCL,
    HOUR,
    LICENCE,
    NEVER,
    NINE,
    P1,
    P2,
    PACK,
    PRESCRIBER,
    prescription,
    rules,
    signing,
    step,
    with_values,
)

MICROSECOND = timedelta(microseconds=1)
REQUIRED = with_values(
    PackValue("prescriber_licence_required", 1, "yes_or_no", "made up for this test", True)
)
LICENSED = replace(AROUND, pack=REQUIRED)


def licensed(*licences: Licence) -> list[str]:
    around = replace(LICENSED, prescriber=replace(PRESCRIBER, licences=licences))
    return rules(signing(step(starts=NINE, ends=NINE + 3 * DAY)), around)


def test_allows_a_plain_prescription() -> None:
    assert decide_prescription(AROUND, signing(), NINE) == (
        PrescriptionSigned(P1, ANA, DIAPHIN.product, Route.INTRAVENOUS, (step(),), None),
    )


def test_refuses_RX01_everybody_but_prescribers() -> None:
    for role in Role:
        around = replace(AROUND, prescriber=replace(PRESCRIBER, roles=(role,)))
        assert rules(around=around) == ([] if role is Role.PRESCRIBER else ["RX01"])


def test_allows_RX02_a_licence_on_every_day() -> None:
    assert licensed(LICENCE) == []


def test_refuses_RX02_no_licence_where_one_is_required() -> None:
    assert licensed() == ["RX02"]
    assert licensed(replace(LICENCE, drug="methadone")) == ["RX02"]


@pytest.mark.parametrize(
    "days, wanted",
    [
        ([(23, 26)], []),
        ([(24, 26)], ["RX02"]),
        ([(23, 25)], ["RX02"]),
        ([(20, 24), (25, 30)], []),
        ([(20, 24), (22, 23), (24, 30)], []),
        ([(20, 23), (25, 30)], ["RX02"]),
    ],
)
def test_boundary_RX02_days_of_licences(days: list[tuple[int, int]], wanted: list[str]) -> None:
    """The prescription runs from 23 November at nine to 26 November at nine."""
    spans = [(date(2026, 11, first), date(2026, 11, last)) for first, last in days]
    assert licensed(*(Licence("L", "diamorphine", *span) for span in spans)) == wanted


def test_boundary_RX02_a_step_that_ends_at_midnight_needs_no_licence_for_the_next_day() -> None:
    until = replace(LICENCE, valid_to=date(2026, 11, 23))
    around = replace(LICENSED, prescriber=replace(PRESCRIBER, licences=(until,)))
    midnight = datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert rules(signing(step(ends=midnight)), around) == []
    assert rules(signing(step(ends=midnight + MICROSECOND)), around) == ["RX02"]


def test_RX02_asks_for_no_licence_where_none_is_required_and_says_where_nobody_knows() -> None:
    nobody = replace(PRESCRIBER, licences=())
    no = with_values(PackValue("prescriber_licence_required", 0, "yes_or_no", "made up", True))
    assert rules(around=replace(AROUND, prescriber=nobody, pack=no)) == []
    assert rules(around=replace(AROUND, prescriber=nobody)) == []
    assert any("licence" in note for note in notes_on_prescription(AROUND, signing(), NINE))
    assert not any("licence" in note for note in notes_on_prescription(LICENSED, signing(), NINE))


def test_refuses_RX03_no_steps() -> None:
    assert rules(replace(signing(), steps=())) == ["RX03"]


def test_boundary_RX03_a_step_lasts_and_the_next_begins_where_it_ends() -> None:
    first, second = step(ends=NINE + HOUR), step(starts=NINE + HOUR)
    assert rules(signing(first, second)) == []
    assert rules(signing(first, replace(second, starts=NINE + HOUR - MICROSECOND))) == ["RX03"]
    assert rules(signing(second, first)) == ["RX03"]
    assert "RX03" in rules(signing(step(ends=NINE), second))


@pytest.mark.parametrize("daily, wanted", [(200, []), (199, ["RX04"])])
def test_boundary_RX04_a_single_mass_within_the_day(daily: int, wanted: list[str]) -> None:
    assert rules(signing(step(200, daily))) == wanted


@pytest.mark.parametrize("field", ["largest_single", "daily_maximum"])
def test_refuses_RX05_another_expression(field: str) -> None:
    changed: Step = replace(step(200, 200), **{field: Mass.mg(200, BASE)})  # type: ignore[arg-type]
    assert rules(signing(changed)) == ["RX05"]


def test_refuses_RX06_a_route_the_product_is_not_for() -> None:
    assert rules(replace(signing(), route=Route.ORAL)) == ["RX06"]
    assert rules(replace(signing(), route=Route.INTRAMUSCULAR)) == []


def test_boundary_RX07_more_than_nothing() -> None:
    assert rules(signing(step(0))) == ["RX07"]
    assert rules(signing(replace(step(), largest_single=Mass(1, HCL)))) == []


def test_refuses_RX08_two_in_force_of_one_product() -> None:
    assert rules(around=replace(AROUND, others=(prescription(),))) == ["RX08"]


def test_allows_a_second_of_another_product() -> None:
    other = replace(prescription(), product=ProductId("tablets"))
    assert rules(around=replace(AROUND, others=(other,))) == []


def test_allows_one_that_replaces_and_one_after_an_end() -> None:
    around = replace(AROUND, others=(prescription(),))
    assert rules(signing(replaces=P2), around) == []
    ended = replace(prescription(), ended=True)
    assert rules(around=replace(AROUND, others=(ended,))) == []


def test_boundary_RX08_one_whose_steps_are_over_is_not_in_force() -> None:
    until = prescription().steps[-1].ends
    around = replace(AROUND, others=(prescription(),))
    command = signing(step(starts=until))
    assert rules(command, around, until - MICROSECOND) == ["RX08"]
    assert rules(command, around, until) == []


def test_refuses_RX08_a_third_beside_the_one_replaced() -> None:
    third = prescription(PrescriptionId("p3"))
    assert rules(signing(replaces=P2), replace(AROUND, others=(prescription(), third))) == ["RX08"]


@pytest.mark.parametrize(
    "others",
    [
        (),
        (prescription(patient=BEN),),
        (replace(prescription(), product=ProductId("tablets")),),
        (replace(prescription(), ended=True),),
    ],
)
def test_refuses_RX09_replacing_what_is_not_in_force(others: tuple[Prescription, ...]) -> None:
    assert rules(signing(replaces=P2), replace(AROUND, others=others)) == ["RX09"]


def test_refuses_RX10_prescribing_for_oneself() -> None:
    assert rules(around=replace(AROUND, patient_person=DAN)) == ["RX10"]
    assert rules(around=replace(AROUND, patient_person="somebody else")) == []


def test_boundary_RX11_something_is_yet_to_come() -> None:
    ends = step().ends
    assert rules(moment=ends - MICROSECOND) == []
    assert rules(moment=ends) == ["RX11"]


def test_refuses_RX12_without_a_pack() -> None:
    assert rules(around=replace(AROUND, pack=None)) == ["RX12"]
    assert notes_on_prescription(replace(AROUND, pack=None), signing(), NINE) == ()


def test_refuses_RX13_an_id_that_was_used() -> None:
    assert rules(around=replace(AROUND, known=prescription(P1))) == ["RX13"]


def test_refuses_RX14_a_gap_below_nothing() -> None:
    assert rules(signing(step(gap=-1)), replace(AROUND, pack=replace(PACK, values=()))) == ["RX14"]


def test_refuses_with_every_reason_at_once() -> None:
    around = replace(
        LICENSED,
        prescriber=replace(PRESCRIBER, roles=(Role.NURSE,), licences=()),
        patient_person=DAN,
        known=prescription(P1),
        others=(prescription(),),
        recent=NEVER,
    )
    early = step(0, starts=NINE - 2 * HOUR, ends=NINE - HOUR)
    bad = (step(200, 100, gap=-1), replace(early, daily_maximum=Mass.mg(1, BASE)))
    command = replace(signing(*bad), route=Route.ORAL, replaces=PrescriptionId("p9"))
    with pytest.raises(Refused) as refused:
        decide_prescription(around, command, NINE + 2 * DAY)
    found = [finding.rule for finding in refused.value.findings]
    assert found == [f"RX{number:02d}" for number in range(1, 15) if number != 12]
    assert all(finding.source and finding.words for finding in refused.value.findings)


def test_allows_an_end_for_each_reason() -> None:
    for reason in EndingReason:
        assert decide_ending(prescription(), EndPrescription(P2, ANA, reason)) == (
            PrescriptionEnded(P2, ANA, reason),
        )


def test_refuses_RX15_an_end_of_the_ended_and_of_anothers() -> None:
    ended = replace(prescription(), ended=True)
    command = EndPrescription(P2, ANA, EndingReason.STOPPED)
    assert [each.rule for each in assess_ending(ended, command)] == ["RX15"]
    assert [each.rule for each in assess_ending(prescription(), replace(command, patient=BEN))] == ["RX15"]


def test_every_finding_tells_what_to_do_in_plain_words() -> None:
    for finding in assess_prescription(replace(AROUND, pack=None), replace(signing(), steps=()), NINE):
        assert len(finding.words) > 20
