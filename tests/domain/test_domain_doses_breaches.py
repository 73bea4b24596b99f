"""Every report with every rule broken is on record with all of them; doses given without a permit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.doses import Stage, decide
from hat_clinic.domain.entries.doses import DoseGiven, DoseRemainderAccounted, UnpreparedDoseReported
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import DoseId, PatientId, ProductId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import LossReason, Route, Whereabouts
from tests.domain.told_doses import (
    ANA,
    CY,
    INCIDENT,
    NOON,
    ToldDoses,
    acting,
    draw,
    mg,
    of_vial,
    pack,
    step,
)


@pytest.fixture
def clinic() -> ToldDoses:
    return ToldDoses.at_noon()


def last(clinic: ToldDoses, kind: type[Any]) -> Any:
    return next((each.entry for each in reversed(clinic.entries) if isinstance(each.entry, kind)), None)


# --- every rule broken, and on record -----------------------------------------------------------


def test_given_with_every_rule_broken_is_on_record_with_all_of_them(clinic: ToldDoses) -> None:
    clinic.had("d0")
    clinic.pass_time(minutes=30)
    clinic.prepared("d1")
    clinic.pack = pack(minimum_gap=120, late_report=0)
    tight = step(largest_single=mg(1), daily_maximum=mg(1), earliest_after_previous=60)
    clinic.prescribe(tight, ended=True, route=Route.ORAL)
    ended = clinic.moment
    clinic.pass_time(microseconds=1)
    clinic.give("d1", 100, by=CY, at=ended)
    broken = {"SO10", "AD43", "AD24", "AD26", "AD27", "AD28", "AD29", "AD30", "AD42"}
    assert set(last(clinic, DoseGiven).breaches) == broken
    assert set(last(clinic, IncidentOpened).rules) == broken
    assert clinic.doses["d1"].stage is Stage.CLOSED


def test_given_where_nothing_is_known_any_more_is_on_record(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.pack = clinic.patient = clinic.visit = clinic.prescription = None
    clinic.products.clear()
    clinic.containers.clear()
    clinic.give("d1", 100)
    assert set(last(clinic, DoseGiven).breaches) == {"AD24", "AD26"}


def test_a_prescription_that_ended_before_the_dose_did_is_a_breach(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.prescribe(step(ends=NOON))
    clinic.give("d1", 100)
    assert last(clinic, DoseGiven).breaches == ("AD25",)


def test_breaches_are_as_of_when_it_happened_not_of_when_it_is_reported(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.prescribe(step(ends=NOON + timedelta(minutes=5)))
    clinic.pass_time(minutes=10)
    clinic.give("d1", 100, at=NOON)
    assert last(clinic, DoseGiven).breaches == ()


def test_remainder_with_every_rule_broken_is_on_record_with_all_of_them(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.give("d1", 40, 60)
    clinic.pack = pack(late_report=0)
    command = decide.AccountRemainder(
        DoseId("d1"), Whereabouts.UNACCOUNTED, mg(60), NOON, LossReason.NOT_FOUND, INCIDENT
    )
    clinic.pass_time(seconds=1)
    entries = decide.decide_remainder(clinic.facts, clinic.doses["d1"], acting(CY), command, clinic.moment)
    assert isinstance(entries[0], DoseRemainderAccounted)
    assert set(entries[0].breaches) == set(entries[-1].rules) == {"SO10", "AD45", "AD42"}  # type: ignore[union-attr]


def test_unprepared_with_every_rule_broken_is_on_record_with_all_of_them(clinic: ToldDoses) -> None:
    clinic.had("d0")
    clinic.report("d1", of_vial(10, "v002"), given=10)
    clinic.pack = pack(minimum_gap=120, late_report=0)
    tight = step(largest_single=mg(1), daily_maximum=mg(1), earliest_after_previous=60)
    clinic.prescribe(tight, ended=True, route=Route.ORAL, patient=PatientId("x"))
    clinic.visit = clinic.patient = None
    clinic.patient_person = ANA
    ended = clinic.moment
    clinic.pass_time(microseconds=1)
    odd = (draw("v001", Mass(33_333, mg(0).expression), lot="L9"), draw("v001", mg(9_999)))
    given = Mass(33_333 + 9_999_000, mg(0).expression) - mg(1)
    clinic.report("d2", *odd, given=given, surplus=1, happened_at=ended)
    broken = {
        "SO03", "AD43", "AD20", "AD21", "AD22", "AD23", "AD24", "AD26", "AD27", "AD28", "AD29", "AD30",
        "AD31", "AD32", "AD34", "AD35", "AD42", "CD15", "CD17",
    }  # fmt: skip
    assert set(last(clinic, UnpreparedDoseReported).breaches) == broken
    assert set(last(clinic, IncidentOpened).rules) == broken
    assert clinic.containers["v001"].remaining == mg(0) and clinic.containers["v001"].overdrawn is not None


def test_unprepared_where_nothing_is_known_at_all_is_on_record() -> None:
    clinic = ToldDoses()
    clinic.pack = clinic.patient = clinic.visit = clinic.prescription = None
    clinic.report("d1", draw("v009", mg(5)), given=5, product=ProductId("?"), visit=None, prescription=None)
    found = last(clinic, UnpreparedDoseReported)
    assert set(found.breaches) == {"AD43", "AD49", "AD20", "AD21", "AD22", "AD23", "AD24", "AD26"}
    assert clinic.doses["d1"].given == mg(5)


# --- given without a permit ---------------------------------------------------------------------


def test_an_unprepared_dose_is_out_given_and_open_until_a_second_person_confirms(clinic: ToldDoses) -> None:
    first = clinic.report("d1", of_vial(100), given=90, surplus=10)
    dose = clinic.doses["d1"]
    assert (dose.stage, dose.given, dose.drawn) == (Stage.GIVEN, mg(90), mg(100))
    assert dose.awaits_second and clinic.containers["v001"].remaining == mg(9900)
    clinic.pass_time(hours=1)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == {"AD31"}
    clinic.confirm(first)
    assert clinic.doses["d1"].stage is Stage.CLOSED and not clinic.doses["d1"].awaits_second
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == set()


def test_refuses_a_used_id_and_rejects_what_is_no_arithmetic(clinic: ToldDoses) -> None:
    clinic.had("d1")
    assert clinic.refused(clinic.report, "d1", of_vial(10), given=10) == {"AD47"}
    for wrong in ({"given": 9}, {"given": 0, "surplus": 10}, {"given": 10, "surplus": 1}):
        with pytest.raises(Rejected):
            clinic.report("d2", of_vial(10), **wrong)
    with pytest.raises(Rejected):
        clinic.report("d2", given=10)
    with pytest.raises(Rejected):
        clinic.report("d2", replace(of_vial(10), lot="Ana Meier"), given=10)
    with pytest.raises(Rejected):
        clinic.report("d2", of_vial(10), given=10, happened_at=clinic.moment + timedelta(seconds=1))


def test_a_dose_entered_after_a_later_one_stands_too_near_to_it(clinic: ToldDoses) -> None:
    clinic.pass_time(hours=1)
    clinic.had("d1")
    clinic.report("d2", of_vial(10), given=10, happened_at=clinic.moment - timedelta(minutes=29))
    assert "AD28" in last(clinic, UnpreparedDoseReported).breaches
    clinic.report("d3", of_vial(10, "v002"), given=10, happened_at=clinic.moment - timedelta(minutes=59))
    assert "AD28" not in replace(last(clinic, UnpreparedDoseReported)).breaches
