"""Can this mass come out of these containers? Rules AD32 to AD35, and the containers' own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hat_clinic.domain.doses import Stage
from hat_clinic.vocabulary.errors import Refused
from hat_clinic.vocabulary.ids import PatientId
from hat_clinic.vocabulary.quantities import Mass, Volume
from tests.domain.told_doses import (
    AMPOULE,
    HYDRATE,
    NOON,
    VIAL,
    ToldDoses,
    draw,
    mg,
    of_vial,
    step,
    whole,
)


@pytest.fixture
def clinic() -> ToldDoses:
    clinic = ToldDoses.at_noon()
    clinic.prescribe(step(largest_single=mg(2000), daily_maximum=mg(20_000), earliest_after_previous=0))
    return clinic


@pytest.fixture
def ampoules() -> ToldDoses:
    clinic = ToldDoses.at_noon()
    clinic.product = AMPOULE
    clinic.prescribe(step())
    return clinic


# --- AD32: what a syringe can measure -----------------------------------------------------------


@pytest.mark.parametrize(
    ("micrograms", "microlitres"), [(185_000, 1850), (33_000, 330), (10_000, 100), (1_000_000, 10_000)]
)
def test_allows_the_volumes_of_100_mg_in_1_ml(clinic: ToldDoses, micrograms: int, microlitres: int) -> None:
    clinic.permit("d1", draw("v001", Mass(micrograms, HYDRATE), Volume(microlitres)))
    assert clinic.doses["d1"].draws[0].volume == Volume(microlitres)


def test_refuses_33_3_mg_and_says_what_can_be_measured(clinic: ToldDoses) -> None:
    with pytest.raises(Refused) as refusal:
        clinic.permit("d1", draw("v001", Mass(33_300, HYDRATE), Volume(333)))
    (finding,) = refusal.value.findings
    assert finding.rule == "AD32"
    assert finding.words == "33.3 mg cannot be measured: take 33 mg, which is 0.33 mL"


@pytest.mark.parametrize("volume", [None, Volume(0), Volume(100), Volume(9990), Volume(10_000)])
def test_refuses_a_volume_that_is_not_that_of_the_mass(clinic: ToldDoses, volume: Volume | None) -> None:
    """Above all a tenfold one: 100 mg of this is 1 mL, not 0.1 and not 10."""
    assert clinic.refused(clinic.permit, "d1", draw("v001", mg(100), volume)) == {"AD32"}


def test_refuses_a_multi_dose_product_without_a_graduation(clinic: ToldDoses) -> None:
    product = clinic.products[VIAL.product]
    clinic.products[VIAL.product] = replace(product, graduation=None)
    assert clinic.refused(clinic.permit, "d1", of_vial(100)) == {"AD32"}


# --- AD33 to AD35, CD16: draws that make the dose -----------------------------------------------


def test_allows_a_dose_out_of_two_containers(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100, "v001"), of_vial(50, "v002"))
    assert clinic.doses["d1"].mass == mg(150)


def test_allows_ampoules_issued_whole_with_the_surplus_named(ampoules: ToldDoses) -> None:
    ampoules.permit("d1", whole("a001"), whole("a002"), mass=mg(185))
    dose = ampoules.doses["d1"]
    assert (dose.mass, dose.surplus) == (mg(185), mg(15))


def test_boundary_draws_make_the_dose_to_the_milligram(ampoules: ToldDoses) -> None:
    assert ampoules.refused(ampoules.permit, "d1", whole("a001"), mass=mg(101)) == {"AD33"}
    assert ampoules.refused(ampoules.permit, "d1", whole("a001"), mass=mg(100)) == set()


def test_refuses_a_dose_and_a_draw_of_nothing(clinic: ToldDoses) -> None:
    assert clinic.refused(clinic.permit, "d1", of_vial(0)) == {"AD33"}
    nothing_beside = (of_vial(100), of_vial(0, "v002"))
    assert clinic.refused(clinic.permit, "d1", *nothing_beside) == {"AD33"}


def test_refuses_part_of_an_ampoule(ampoules: ToldDoses) -> None:
    assert ampoules.refused(ampoules.permit, "d1", draw("a001", mg(60), lot="A1")) == {"CD16"}


def test_refuses_one_container_twice(clinic: ToldDoses, ampoules: ToldDoses) -> None:
    assert clinic.refused(clinic.permit, "d1", of_vial(50), of_vial(50)) == {"AD34"}
    assert ampoules.refused(ampoules.permit, "d1", whole("a001"), whole("a001")) == {"AD34"}


def test_refuses_surplus_out_of_a_container_that_keeps_the_rest(clinic: ToldDoses) -> None:
    assert clinic.refused(clinic.permit, "d1", of_vial(100), mass=mg(90)) == {"AD35"}


# --- the containers' own rules, as a dose meets them --------------------------------------------


def test_refuses_containers_that_are_unknown_or_of_another_product_or_lot(clinic: ToldDoses) -> None:
    assert clinic.refused(clinic.permit, "d1", of_vial(100, "v999")) == {"CD11"}
    assert "CD12" in clinic.refused(clinic.permit, "d1", draw("a001", mg(100), Volume(1000), lot="A1"))
    assert clinic.refused(clinic.permit, "d1", draw("v001", mg(100), Volume(1000), lot="L9")) == {"CD17"}


def test_boundary_the_use_by_date_is_the_last_day_by_the_sites_own_midnight(clinic: ToldDoses) -> None:
    """The clinic's day starts at 4, the label's at midnight."""
    clinic.containers["v001"] = replace(clinic.containers["v001"], use_by=date(2026, 11, 23))
    clinic.moment = datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert clinic.refused(clinic.permit, "d1", of_vial(100)) == set()
    clinic.moment = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert clinic.refused(clinic.prepare, "d1") == {"CD13"}


def test_boundary_an_opened_container_ends_with_its_hours(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.moment = NOON
    clinic.pass_time(hours=12, microseconds=-1)
    assert clinic.refused(clinic.permit, "d2", of_vial(100)) == set()
    clinic.pass_time(microseconds=1)
    assert clinic.refused(clinic.prepare, "d2") == {"CD14"}


def test_boundary_what_is_free_is_what_remains_less_what_others_reserved(clinic: ToldDoses) -> None:
    content = Mass.mg(300, HYDRATE)
    clinic.containers["v001"] = replace(clinic.containers["v001"], remaining=content)
    clinic.permit("d1", of_vial(100))
    others = ToldDoses(containers=dict(clinic.containers), products=clinic.products)
    others.prescribe(step())
    assert others.refused(others.permit, "d2", of_vial(201 - 1)) == set()
    others.containers = dict(clinic.containers)
    others.doses, others.history = {}, None
    others.prescribe(step(largest_single=mg(300)))
    assert others.refused(others.permit, "d3", of_vial(201)) == {"CD15"}
    others.moment = clinic.doses["d1"].permitted_until
    assert others.refused(others.permit, "d3", of_vial(201)) == set()


def test_an_ampoule_reserved_for_one_patient_is_not_free_for_another(ampoules: ToldDoses) -> None:
    ampoules.permit("d1", whole("a001"))
    ampoules.history = None
    assert ampoules.refused(ampoules.permit, "d2", whole("a001")) == {"CD15"}
    assert ampoules.refused(ampoules.permit, "d2", whole("a002")) == set()


def test_a_permit_is_no_reason_against_its_own_preparation(ampoules: ToldDoses) -> None:
    ampoules.permit("d1", whole("a001"))
    assert ampoules.refused(ampoules.prepare, "d1") == set()
    assert ampoules.doses["d1"].stage is Stage.PREPARED
    assert ampoules.containers["a001"].remaining == mg(0)


def test_another_patients_dose_is_seen_only_through_its_reservation(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    other = PatientId("other")
    assert clinic.doses["d1"].patient != other
    assert {each.dose for each in clinic.containers["v001"].reservations} == {"d1"}
